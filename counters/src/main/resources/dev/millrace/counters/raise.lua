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

local function is_whole(field)
    return field and #field <= 18 and field:find('^%d+$')
end

-- A number that stands in ctl; 0 where there is none, or somebody has written something else.
local function whole(field)
    return is_whole(field) and tonumber(field) or 0
end

-- The highest ID that was ever in the log; nil where there is no log.
local function last_generated(log)
    local stream = redis.pcall('XINFO', 'STREAM', log)
    for i = 1, #stream, 2 do
        if stream[i] == 'last-generated-id' then
            return stream[i + 1]
        end
    end
end

-- As tally.lua judges, which finds an ID from the future when its own is refused.
local function is_sound(log, since, last, length, floor, logged)
    if not (last and last:find('^%d+%-%d+$') and is_whole(since) and is_whole(length) and is_whole(floor) and is_whole(logged))
        or redis.pcall('XLEN', log) ~= tonumber(length) then
        return false
    end
    return (last_generated(log) or last) == last
end

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
