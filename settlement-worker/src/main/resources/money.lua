#!lua flags=no-writes
-- money.lua: what one partition has counted in all and what of it is not settled, at one moment.
--
-- KEYS  1 epoch  2 total, then earn:<e> of the epochs from the first unsettled one up
-- ARGV  1 the epoch of the first of them
--
-- Reply {pointer or '', micros in all, Σ micros of the epochs up to the pointer, number of sealed epochs among them,
--        events in all}; sums as decimal text. A pointer beyond the last key makes the sum short: the caller compares.

local pointer = redis.call('GET', KEYS[1])
local micros, events = unpack(redis.call('HMGET', KEYS[2], '#micros', '#events'))
local parts, sealed = {}, 0
for i = 3, #KEYS do
    local part = redis.call('HMGET', KEYS[i], '#micros', '#sealed')
    parts[#parts + 1] = part[1] or '0'
    if part[2] then
        sealed = sealed + 1
    end
end
return {pointer or '', micros or '0', table.concat(parts, ' '), sealed, events or '0'}
