#!lua flags=allow-oom
-- open.lua: opens a partition that has lost something the ledger knows of, under a new lineage; it quarantines the counters that are in its way.
-- The logs stay: what they hold was counted. It counts nothing yet: confirm.lua lets it, once the ledger has noted the lineage.
--
-- Atomic because Redis runs a script alone; it compares pointer and lineage with those its caller decided by, so that of two workers only one opens.
--
-- KEYS  1 ctl  2 log:short  3 log:long
--       then pairs: a key to quarantine, the name it gets; those of earnings first in each three (earn, engage, folded of an epoch)
-- ARGV  1 the pointer and 2 the lineage the caller saw, '' for none  3 new epoch  4 new lineage
--       5 seconds from now, by the clock that is ahead, before which tokens must not have been issued; 0 at the first opening
--       6 micros and 7 events that the ledger has settled of this partition since the beginning
--       8 the last second, by Redis' clock, at which this may happen: a worker that was frozen since it read the cursor must not
--         open by what was settled then
--       9 the lineage that what lies here was counted in   10 the last epoch of that time which was settled
--      11 the database's second  12 most seconds by which the two clocks may differ
--
-- Quarantined earnings say what a person needs to decide about them: #origin, the lineage they were counted in; #settled, the last
-- epoch of that time which was settled (what is beyond it has never been paid); #aside, Redis' second at which it was done.
-- ctl remembers the lineage of this opening and its first epoch for the ledger, where the caller dies before it has told it.
--
-- Reply {status, …}:
--   opened, n        n keys were quarantined
--   other, pointer   pointer or lineage is not the one the caller saw; nothing has changed
--   late             the last second is over; nothing has changed
--   clock, seconds   Redis' clock is ahead of the database's by so much, or behind; nothing has changed

local ctl = KEYS[1]
if redis.call('TYPE', ctl).ok ~= 'hash' then
    redis.call('DEL', ctl)
end
local pointer, lineage, since, clock = unpack(redis.call('HMGET', ctl, 'epoch', 'lineage', 'since', 'clock'))
if (pointer or '') ~= ARGV[1] or (lineage or '') ~= ARGV[2] then
    return {'other', pointer or ''}
end
local now = tonumber(redis.call('TIME')[1])
if now > tonumber(ARGV[8]) then
    return {'late'}
end
local ahead = now - tonumber(ARGV[11])
if math.abs(ahead) > tonumber(ARGV[12]) then
    return {'clock', ahead}
end
local aside = 0
for i = 4, #KEYS, 2 do
    if redis.call('EXISTS', KEYS[i]) == 1 then
        redis.call('RENAME', KEYS[i], KEYS[i + 1])
        aside = aside + 1
        if (i - 4) % 6 == 0 and redis.call('TYPE', KEYS[i + 1]).ok == 'hash' then
            redis.call('HSET', KEYS[i + 1], '#origin', ARGV[9], '#settled', ARGV[10], '#aside', now)
        end
    end
end
local delay = tonumber(ARGV[5])
local refused = delay > 0 and math.max(now, tonumber(ARGV[11])) + delay or 0
for i, class in ipairs({'short', 'long'}) do
    local log = KEYS[i + 1]
    local last, length, floor, logged =
        unpack(redis.call('HMGET', ctl, class .. '.last', class .. '.length', class .. '.floor', class .. '.logged'))
    if not is_sound(log, since, last, length, floor, logged) then
        redis.call('DEL', log)
        redis.call('HSET', ctl, class .. '.last', '0-0', class .. '.length', 0, class .. '.logged', 0,
            class .. '.floor', string.format('%.0f', math.max(refused, whole(floor))))
    end
end
redis.call('HSET', ctl, 'epoch', ARGV[3], 'lineage', ARGV[4], 'since', string.format('%.0f', math.max(refused, whole(since))), 'clock', now,
    'micros', ARGV[6], 'events', ARGV[7], 'opened', ARGV[4], 'first', ARGV[3])
redis.call('HDEL', ctl, 'process')
return {'opened', aside}
