#!lua flags=allow-oom
-- tick.lua: moves the clock of a partition on in which nothing is counted, as an event that counts would. Workers do the same, but need the database
-- for it: while that is away, a partition without events would look as if Redis' clock had leapt.
--
-- KEYS  1 ctl
-- ARGV  1 process the caller is connected to  2 lineage that the caller believes in  3 most seconds the clock may leap ahead
--
-- Reply {status}:
--   ticked
--   other      process or lineage is another, or the clock leapt or fell back; nothing has changed

local confirmed, lineage, clock = unpack(redis.call('HMGET', KEYS[1], 'process', 'lineage', 'clock'))
local now, highest = tonumber(redis.call('TIME')[1]), tonumber(clock)
if confirmed ~= ARGV[1] or lineage ~= ARGV[2] or not highest or not (now > highest and now <= highest + tonumber(ARGV[3])) then
    return {'other'}
end
redis.call('HSET', KEYS[1], 'clock', now)
return {'ticked'}
