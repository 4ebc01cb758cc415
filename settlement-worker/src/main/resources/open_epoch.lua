#!lua flags=no-writes
-- open_epoch.lua: the two hashes of the open epoch at one moment. It holds Redis up for as long as reading them takes, so
-- not where they are large; a sealed epoch is read piece by piece.
--
-- KEYS  1 earn:<open epoch>  2 engage:<open epoch>
-- ARGV  1 most fields of both together
--
-- Reply {status, …}:
--   read, earn, engage   each a flat list of fields and values
--   large, fields        nothing was read

local fields = redis.call('HLEN', KEYS[1]) + redis.call('HLEN', KEYS[2])
if fields > tonumber(ARGV[1]) then
    return {'large', fields}
end
return {'read', redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}
