#!lua flags=allow-oom
-- forget.lua: owns up to having forgotten which events were counted, because Redis' clock leapt ahead and its keys expired.
-- Tokens that are out are refused from now on, the counters stay as they are, and a new opening tells the ingest nodes that the
-- sets they know are gone.
--
-- Atomic because Redis runs a script alone; of two workers only one finds pointer and opening as they were.
--
-- KEYS  1 epoch  2 opening  3 since  4 total  5 canary  6 canary-until
-- ARGV  1 the pointer and 2 the opening the caller saw  3 new opening  4 its first epoch: the one after the pointer
--       5 the second before which tokens must not have been issued  6 the database's second until which the canary lives
--       7 so many seconds
--
-- Reply {status}:
--   forgotten    done
--   other        pointer or opening is not the one the caller saw; nothing has changed

if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then
    return {'other'}
end
local since = math.max(tonumber(redis.call('GET', KEYS[3]) or '0'), tonumber(ARGV[5]))
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[3], string.format('%.0f', since))
redis.call('HSET', KEYS[4], '#opening', ARGV[3], '#first', ARGV[4])
redis.call('SET', KEYS[5], '', 'EX', ARGV[7])
redis.call('SET', KEYS[6], ARGV[6])
return {'forgotten'}
