#!lua flags=allow-oom
-- confirm.lua: tells the ingest nodes that this Redis process has been compared with the ledger, and keeps the
-- partition's clock awake.
--
-- KEYS  1 epoch  2 opening  3 clock  4 run
-- ARGV  1 the pointer the caller compared  2 opening in the ledger  3 run id  4 the database's second
--       5 most seconds by which the two clocks may differ
--
-- Reply {status}:
--   confirmed     the run id stands; the clock is moved on (never back), unless Redis' clock differs from the database's
--                 by more than allowed
--   other         the pointer is not the one the caller compared; nothing has changed

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
    return {'other'}
end
if tonumber(redis.call('GET', KEYS[2]) or '0') < tonumber(ARGV[2]) then
    redis.call('SET', KEYS[2], ARGV[2])
end
redis.call('SET', KEYS[4], ARGV[3])
local now = tonumber(redis.call('TIME')[1])
local highest = tonumber(redis.call('GET', KEYS[3]) or '0')
if now > highest and math.abs(now - tonumber(ARGV[4])) <= tonumber(ARGV[5]) then
    redis.call('SET', KEYS[3], now)
end
return {'confirmed'}
