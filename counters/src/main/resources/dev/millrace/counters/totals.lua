#!lua flags=no-writes
-- totals.lua: what one partition has counted in all and what of it is not settled, at one moment.
--
-- KEYS  1 ctl, then earn:<e> of the epochs from the first unsettled one up
--
-- Reply {pointer or '', micros in all, events in all, number of sealed epochs among the keys, Σ micros of each of the epochs}; sums as
-- decimal text. A pointer beyond the last key makes the sum short: the caller compares.

local pointer, micros, events = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'micros', 'events'))
local parts, sealed = {}, 0
for i = 2, #KEYS do
    local part = redis.call('HMGET', KEYS[i], '#micros', '#sealed')
    parts[#parts + 1] = part[1] or '0'
    if part[2] then
        sealed = sealed + 1
    end
end
return {pointer or '', micros or '0', events or '0', sealed, parts}
