#!lua flags=allow-oom
-- seal.lua: closes the open epoch, so that what it holds never changes again.
--
-- Atomic because Redis runs a script alone: no event is counted between the mark and the move. It runs with a full memory
-- too: sealing is what frees it in the end.
--
-- It seals only in a process that has been compared with the ledger (run): in one that came back from an older copy, a worker
-- that slept until then would move the pointer past what is settled, and nobody would see any more that something is lost
-- (docs/model, no-seal-confirmed).
--
-- KEYS  1 epoch  2 earn:<expected epoch>  3 run
-- ARGV  1 expected epoch  2 the one after it
--
-- Reply {status, …}:
--   sealed            the pointer was at the expected epoch, and is now at the next
--   missing           there is no pointer: never opened, or lost
--   other, pointer    it is elsewhere, at the next too when it was sealed before; nothing has changed
--   unconfirmed       this process has not been compared with the ledger yet; nothing has changed

local pointer = redis.call('GET', KEYS[1])
if not pointer then
    return {'missing'}
end
if pointer ~= ARGV[1] then
    return {'other', pointer}
end
if redis.call('INFO', 'server'):match('run_id:(%w+)') ~= redis.call('GET', KEYS[3]) then
    return {'unconfirmed'}
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[2], '#sealed', time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000)))
redis.call('GETSET', KEYS[1], ARGV[2])
return {'sealed'}
