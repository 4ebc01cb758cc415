#!lua flags=no-writes
-- pending.lua: what creators of one partition have earned in the epochs above the settled one, at one moment.
--
-- KEYS  1 ctl, then earn:<e> of the epochs from the first unsettled one up
-- ARGV  1 the epoch of the first of them  2 process the caller is connected to, then the creators
--
-- Reply {status, …}:
--   read, pointer, lineage, epochs    each epoch up to the pointer: {whether it is sealed (1 or 0), micros of each creator, '-' where there is no field}
--   closed                            no epoch is open
--   unconfirmed                       this Redis process has not been compared with the ledger yet
--   beyond, pointer, lineage          the pointer is not among the keys: behind the first or beyond the last

local pointer, lineage, process = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'lineage', 'process'))
if not pointer then
    return {'closed'}
end
if process ~= ARGV[2] then
    return {'unconfirmed'}
end
local open = tonumber(pointer) or 0
local epochs = open - tonumber(ARGV[1]) + 1
if epochs < 1 or epochs > #KEYS - 1 then
    return {'beyond', pointer, lineage or ''}
end
local names = {'#sealed'}
for i = 3, #ARGV do
    names[i - 1] = ARGV[i]
end
local read = {}
for e = 1, epochs do
    local values = redis.call('HMGET', KEYS[e + 1], unpack(names))
    values[1] = values[1] and 1 or 0
    for i = 2, #values do
        values[i] = values[i] or '-' -- no number, so no field can hold it and be taken for one
    end
    read[e] = values
end
return {'read', pointer, lineage or '', read}
