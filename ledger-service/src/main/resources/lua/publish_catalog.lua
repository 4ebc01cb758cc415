#!lua flags=allow-oom
-- Publishes a catalogue snapshot, unless Redis holds a newer one or another one of the same revision.
--
-- KEYS[1]  catalog
-- ARGV[1]  revision of the snapshot, a whole number below 2^53
-- ARGV[2]  the snapshot, JSON
--
-- Reply    '' when Redis holds the snapshot now. Otherwise nothing was written, and the reply is the revision that Redis
--          holds, as a string: a higher one, or the same one with other content.
--
-- Snapshots are compared by what they say: two instances write the fields of an object in different orders.
--
-- Atomic because two instances of the service publish: between one's look at the stored revision and its write the other
-- could write a newer snapshot, and a revoked key would live again. Runs when memory is full, too: revoking a key can't wait.
local catalog = KEYS[1]
local revision, snapshot = tonumber(ARGV[1]), ARGV[2]

local function same(one, other)
    if type(one) ~= 'table' or type(other) ~= 'table' then
        return one == other
    end
    for key, value in pairs(one) do
        if not same(value, other[key]) then
            return false
        end
    end
    for key in pairs(other) do
        if one[key] == nil then
            return false
        end
    end
    return true
end

local stored = redis.call('TYPE', catalog).ok == 'string' and redis.call('GET', catalog) or ''
if stored == snapshot then
    return ''
end
local readable, held = pcall(cjson.decode, stored)
local before = readable and type(held) == 'table' and type(held.revision) == 'number' and held.revision

if not before or before < revision then
    redis.call('SET', catalog, snapshot)
    return ''
end
if before == revision and same(held, cjson.decode(snapshot)) then
    return ''
end
return string.format('%.0f', before)
