#!lua flags=allow-oom
-- fold.lua: replaces the oldest records of the open epoch by their sums, so that memory follows the number of names, not of calls. It runs with a
-- full memory too: it is what frees it while nothing is settled.
--
-- Atomic because Redis runs a script alone. It compares lineage, first and last entry with those its caller summed, so that
-- nothing is folded twice, and a worker that slept folds nothing of another history.
--
-- KEYS  1 ctl  2 earn:<open epoch>  3 engage:<open epoch>  4 folded:<open epoch>
-- ARGV  1 lineage  2 open epoch  3 ID of the first and 4 of the last entry that were summed
--       then two for each record: its name, units (decimal, may be negative)
--
-- Reply {status}:
--   folded
--   other             it is not as the caller read it; nothing has changed
--   corrupt, what     what is to be added to holds no number; nothing has changed

local ctl, earn, engage, folded = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local lineage, epoch = unpack(redis.call('HMGET', ctl, 'lineage', 'epoch'))
if lineage ~= ARGV[1] or epoch ~= ARGV[2] or redis.call('HEXISTS', earn, '#sealed') == 1 then
    return {'other'}
end
local entries = redis.call('XRANGE', engage, '-', '+', 'COUNT', 1)
if not entries[1] or entries[1][1] ~= ARGV[3] or #redis.call('XRANGE', engage, ARGV[4], ARGV[4]) ~= 1 then
    return {'other'}
end
local function is_number(text)
    return #text <= 18 and (text:find('^-?[1-9]%d*$') or text == '0')
end

-- One more field than names: there may be none.
local names = {''}
for i = 5, #ARGV, 2 do
    names[#names + 1] = ARGV[i]
end
local values = redis.pcall('HMGET', folded, unpack(names))
if values.err then
    return {'corrupt', folded}
end
for i = 2, #names do
    if values[i] and not is_number(values[i]) or not is_number(ARGV[2 * i + 2]) then
        return {'corrupt', names[i]}
    end
end
local last_ms, last_sequence = ARGV[4]:match('^(%d+)%-(%d+)$')
local behind = last_ms .. '-' .. string.format('%.0f', tonumber(last_sequence) + 1)
for i = 5, #ARGV, 2 do
    redis.call('HINCRBY', folded, ARGV[i], ARGV[i + 1])
end
redis.call('XTRIM', engage, 'MINID', behind)
return {'folded'}
