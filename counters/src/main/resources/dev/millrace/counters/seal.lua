#!lua flags=allow-oom
-- seal.lua: closes the open epoch, so that what it holds never changes again, and forgets identities that are old enough. It runs with a full
-- memory too: it is what frees it in the end.
--
-- Atomic because Redis runs a script alone: no event is counted between the mark and the move.
--
-- It seals, and tells of what is sealed, only in a process and a lineage that have been compared with the ledger: in one that came back from an older copy, a worker that
-- slept until then would move the pointer past what is settled, and nobody would see any more that something is lost.
--
-- KEYS  1 ctl  2 earn:<expected epoch>  3 log:short  4 log:long
-- ARGV  1 expected epoch  2 the one after it  3 lineage in the ledger  4 the database's second
--       5 seconds for which the short class is remembered  6 the same of the long class  7 most entries to trim, roughly
--       8 '1' where a WAIT follows: then something is written also where it was sealed before, maybe by another connection
--
-- Trimming: what was logged before the lesser of the two clocks less the span goes, and the floor rises to there. An event counts only if it
-- could not have counted below the floor, so whatever is trimmed, by whatever clock, is never paid again.
--
-- Reply {status, …}:
--   sealed            the pointer was at the expected epoch, and is now at the next
--   missing           there is no pointer: never opened, or lost
--   other, pointer    it is elsewhere, at the next too when it was sealed before; nothing has changed
--   unconfirmed       this process or lineage has not been compared with the ledger yet; nothing has changed

local ctl, earn = KEYS[1], KEYS[2]
local epoch, lineage, process, clock = unpack(redis.call('HMGET', ctl, 'epoch', 'lineage', 'process', 'clock'))
if not epoch then
    return {'missing'}
end
local this = redis.call('INFO', 'server'):match('run_id:(%w+)') .. '/' ..
    redis.call('INFO', 'replication'):match('master_replid:(%w+)')
if this ~= process or lineage ~= ARGV[3] then
    return {'unconfirmed'}
end
if epoch ~= ARGV[1] then
    if ARGV[8] == '1' then
        redis.call('HSET', ctl, 'epoch', epoch)
    end
    return {'other', epoch}
end
local time = redis.call('TIME')
redis.call('HSET', earn, '#sealed', time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000)))
redis.call('HSET', ctl, 'epoch', ARGV[2])

local second = math.min(tonumber(time[1]), tonumber(ARGV[4]))
for i, class in ipairs({'short', 'long'}) do
    local log = KEYS[i + 2]
    local cut = second - tonumber(ARGV[i + 4])
    local length, floor = unpack(redis.call('HMGET', ctl, class .. '.length', class .. '.floor'))
    local found = redis.pcall('XLEN', log)
    -- One that is not the log that ctl describes is left for the watch to begin anew.
    if cut > 0 and type(found) == 'number' and found == tonumber(length) and tonumber(floor) then
        if found > 0 then
            redis.call('XTRIM', log, 'MINID', '~', string.format('%.0f', cut * 1000), 'LIMIT', ARGV[7])
        end
        redis.call('HSET', ctl, class .. '.length', redis.call('XLEN', log),
            class .. '.floor', string.format('%.0f', math.max(cut, tonumber(floor))))
    end
end
return {'sealed'}
