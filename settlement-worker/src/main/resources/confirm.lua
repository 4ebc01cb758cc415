#!lua flags=allow-oom
-- confirm.lua: tells the ingest nodes that this Redis process has been compared with the ledger, and keeps the
-- partition's clock awake and its canary alive: a key that expires by Redis' clock beside the second, by the database's, until
-- which it must live. Where it died before, Redis' clock has leapt ahead, and keys that matter have expired with it.
--
-- KEYS  1 epoch  2 opening  3 clock  4 run  5 canary  6 canary-until
-- ARGV  1 the pointer the caller compared  2 opening in the ledger  3 run id  4 the database's second
--       5 most seconds by which the two clocks may differ  6 seconds that the canary lives
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
redis.call('SET', KEYS[5], '', 'EX', ARGV[6])
redis.call('SET', KEYS[6], string.format('%.0f', ARGV[4] + ARGV[6]))
local now = tonumber(redis.call('TIME')[1])
local highest = tonumber(redis.call('GET', KEYS[3]) or '0')
if now > highest and math.abs(now - tonumber(ARGV[4])) <= tonumber(ARGV[5]) then
    redis.call('SET', KEYS[3], now)
end
return {'confirmed'}
