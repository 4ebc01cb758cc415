#!lua flags=allow-oom
-- note.lua: notes what publishers have spent in the settled epochs of a partition, for spent.lua. It runs with a full memory too: without a note no
-- event of a publisher with a budget is counted, and it takes the place of the one before.
--
-- Atomic because Redis runs a script alone. A worker that slept writes no note of a history that was given up, and none that is older than what stands
-- there.
--
-- KEYS  1 ctl  2 spent
-- ARGV  1 lineage in the ledger  2 the settled epoch
--       then two for each field: <publisher> or <publisher>|<day>, micros in all or of that day
--
-- Reply {status}:
--   noted
--   other    lineage or pointer are not those of that settlement, or there is a newer note; nothing has changed

local ctl, spent = KEYS[1], KEYS[2]
local lineage, pointer, opened = unpack(redis.call('HMGET', ctl, 'lineage', 'epoch', 'opened'))
if lineage ~= ARGV[1] or not opened or (tonumber(pointer) or 0) <= tonumber(ARGV[2]) then
    return {'other'}
end
if redis.call('TYPE', spent).ok == 'hash' then
    local epoch, under = unpack(redis.call('HMGET', spent, '#epoch', '#opened'))
    if under == opened and (tonumber(epoch) or 0) > tonumber(ARGV[2]) then
        return {'other'}
    end
end
redis.call('DEL', spent)
redis.call('HSET', spent, '#epoch', ARGV[2], '#opened', opened)
for i = 3, #ARGV, 2 do
    redis.call('HSET', spent, ARGV[i], ARGV[i + 1])
end
return {'noted'}
