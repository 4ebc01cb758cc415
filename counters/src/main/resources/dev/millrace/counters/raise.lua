#!lua flags=allow-oom
-- raise.lua: begins a new lineage of a partition whose counters are whole: this process has not been compared with the ledger, or a log is not
-- the one that ctl describes. Such a log is begun anew, and tokens that are out are refused. It counts nothing until confirm.lua lets it, once
-- the ledger has noted the lineage.
--
-- Atomic because Redis runs a script alone; of two workers only one finds pointer and lineage as they were.
--
-- KEYS  1 ctl  2 log:short  3 log:long
-- ARGV  1 the pointer and 2 the lineage the caller saw  3 new lineage
--       4 seconds from now before which tokens must not have been issued, where a log is begun anew
--       5 the database's second: the later of the two clocks counts for that
--
-- Reply {status, …}:
--   raised, n    n logs were begun anew
--   other        pointer or lineage is not the one the caller saw; nothing has changed

local ctl = KEYS[1]
local pointer, lineage, since = unpack(redis.call('HMGET', ctl, 'epoch', 'lineage', 'since'))
if pointer ~= ARGV[1] or lineage ~= ARGV[2] then
    return {'other'}
end
local refused = math.max(tonumber(redis.call('TIME')[1]), tonumber(ARGV[5])) + tonumber(ARGV[4])
local latest, anew = whole(since), 0
for i, class in ipairs({'short', 'long'}) do
    local log = KEYS[i + 1]
    local last, length, floor, logged =
        unpack(redis.call('HMGET', ctl, class .. '.last', class .. '.length', class .. '.floor', class .. '.logged'))
    if not is_sound(log, since, last, length, floor, logged) then
        redis.call('DEL', log)
        redis.call('HSET', ctl, class .. '.last', '0-0', class .. '.length', 0, class .. '.logged', 0,
            class .. '.floor', string.format('%.0f', math.max(refused, whole(floor))))
        latest = math.max(latest, refused)
        anew = anew + 1
    end
end
redis.call('HSET', ctl, 'lineage', ARGV[3], 'since', string.format('%.0f', latest))
redis.call('HDEL', ctl, 'process')
return {'raised', anew}
