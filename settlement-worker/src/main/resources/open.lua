#!lua flags=allow-oom
-- open.lua: opens a partition that has lost something the ledger knows of; what is in its way is set aside.
--
-- Atomic because Redis runs a script alone; it compares pointer and opening with those its caller decided by, so that of two
-- workers only one opens.
--
-- KEYS  1 epoch  2 opening  3 since  4 clock  5 run  6 total  7 earn:<new epoch>  8 engage:<new epoch>
--       then fours: an earnings' hash to set aside, the name it gets, its engagement's hash, the name that gets
-- ARGV  1 the pointer the caller saw, or '' for none  2 new epoch  3 new opening  4 run id
--       5 seconds from now before which tokens must not have been issued; 0 at the first opening
--       6 micros and 7 events that the ledger has settled of this partition since the beginning
--       8 the last second, by Redis' clock, at which this may happen: a worker that was frozen since it read the cursor must not
--         open by what was settled then
--       9 the opening the caller saw, or '' for none
--      10 the opening that what lies here was counted in   11 the last epoch of that time which was settled
--      12 the database's second  13 most seconds by which the two clocks may differ
--
-- Earnings set aside say what a person needs to decide about them: #origin, the opening they were counted in; #settled, the last
-- epoch of that time which was settled (what is beyond it has never been paid); #aside, Redis' second at which it was done.
-- The total remembers the opening and its first epoch for the ledger, where the caller dies before it has told it.
--
-- Reply {status, …}:
--   opened, n        n hashes were set aside
--   other, pointer   pointer or opening is not the one the caller saw; nothing has changed
--   late             the last second is over; nothing has changed
--   clock, seconds   Redis' clock is ahead of the database's by so much, or behind; by it, tokens would be refused for ever
--                    or paid again; nothing has changed

local pointer = redis.call('GET', KEYS[1]) or ''
if pointer ~= ARGV[1] or (redis.call('GET', KEYS[2]) or '') ~= ARGV[9] then
    return {'other', pointer}
end
local now = tonumber(redis.call('TIME')[1])
if now > tonumber(ARGV[8]) then
    return {'late'}
end
local ahead = now - tonumber(ARGV[12])
if math.abs(ahead) > tonumber(ARGV[13]) then
    return {'clock', ahead}
end
local aside = 0
for i = 9, #KEYS, 2 do
    if redis.call('EXISTS', KEYS[i]) == 1 then
        redis.call('RENAME', KEYS[i], KEYS[i + 1])
        aside = aside + 1
        if (i - 9) % 4 == 0 and redis.call('TYPE', KEYS[i + 1]).ok == 'hash' then
            redis.call('HSET', KEYS[i + 1], '#origin', ARGV[10], '#settled', ARGV[11], '#aside', now)
        end
    end
end
local delay = tonumber(ARGV[5])
local since = tonumber(redis.call('GET', KEYS[3]) or '0')
if delay > 0 and now + delay > since then
    since = now + delay
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[3], string.format('%.0f', since))
redis.call('SET', KEYS[4], now)
redis.call('SET', KEYS[5], ARGV[4])
redis.call('DEL', KEYS[6])
redis.call('HSET', KEYS[6], '#micros', ARGV[6], '#events', ARGV[7], '#opening', ARGV[3], '#first', ARGV[2])
return {'opened', aside}
