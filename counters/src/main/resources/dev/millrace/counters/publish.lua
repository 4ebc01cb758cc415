#!lua flags=allow-oom
-- publish.lua: replaces the catalogue, if it is still the one that the caller has read: compare and set. It runs with a full memory too: revoking a
-- key can't wait.
--
-- Atomic because two instances of ledger-service publish: between one's look and its write the other could write, and a revoked key would live again.
--
-- KEYS  1 catalog  2 {catalog}:revision
-- ARGV  1 the text the caller has read, '' for none  2 the new text  3 its revision
--
-- Reply {status}:
--   published
--   other       another text is there; nothing has changed

local stored = redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GET', KEYS[1]) or ''
if stored ~= ARGV[1] then
    return {'other'}
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[3])
return {'published'}
