#!lua flags=no-writes
-- spent.lua: what publishers have spent in one partition, settled or not, at one moment.
--
-- What is settled stands in the note of the worker (note.lua); the rest is in the epochs above it. The note counts only under the opening that it was
-- written under, and where all epochs above it are there.
--
-- KEYS  1 ctl  2 spent, then earn:<e> of the epochs from the first one above the note up
-- ARGV  1 the epoch of the first of them  2 process the caller is connected to, then the publishers
--
-- Reply {status, …}:
--   read, day, sums            the day since 1970, UTC; for each publisher two numbers as decimal text: micros on that day, micros in all
--   closed                     no epoch is open
--   unconfirmed                this Redis process has not been compared with the ledger yet
--   unknown                    there is no note, or none that meets the epochs
--   beyond, first, pointer     the keys begin or end elsewhere: the first epoch above the note, and the open one

-- Values that Lua unpacks at a time: fewer than its stack holds.
local MOST_UNPACKED = 6000

-- An epoch is no older: a day's sums are read for each day of it.
local MOST_DAYS = 100

local DAY = 86400

local function is_whole(field)
    return field and #field <= 18 and field:find('^%d+$')
end

local pointer, opened, process, clock = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'opened', 'process', 'clock'))
if not pointer then
    return {'closed'}
elseif process ~= ARGV[2] then
    return {'unconfirmed'}
end
local epoch, under = unpack(redis.call('HMGET', KEYS[2], '#epoch', '#opened'))
if not is_whole(epoch) or under ~= opened or not is_whole(pointer) or not is_whole(clock) or tonumber(pointer) <= tonumber(epoch) then
    return {'unknown'}
end
local first, open = tonumber(epoch) + 1, tonumber(pointer)
if first ~= tonumber(ARGV[1]) or open - first + 1 > #KEYS - 2 then
    return {'beyond', string.format('%.0f', first), pointer}
end

local today = math.floor(math.max(tonumber(redis.call('TIME')[1]), tonumber(clock)) / DAY)
local publishers = #ARGV - 2
local days, totals = {}, {}
for i = 1, publishers do
    days[i], totals[i] = 0, 0
end

-- Adds the fields of a hash, one a publisher, to sums.
local function add(key, name, ...)
    for from = 1, publishers, MOST_UNPACKED do
        local names = {}
        for i = from, math.min(from + MOST_UNPACKED - 1, publishers) do
            names[#names + 1] = name(ARGV[i + 2])
        end
        for n, value in ipairs(redis.call('HMGET', key, unpack(names))) do
            if value then
                for _, sums in ipairs({...}) do
                    sums[from + n - 1] = sums[from + n - 1] + tonumber(value)
                end
            end
        end
    end
end

add(KEYS[2], function(publisher) return publisher end, totals)
add(KEYS[2], function(publisher) return publisher .. '|' .. today end, days)
for e = first, open do
    local earn = KEYS[e - first + 3]
    local sealed, from = unpack(redis.call('HMGET', earn, '#sealed', '#day'))
    if e < open and not sealed then
        return {'unknown'}
    end
    from = tonumber(from) or today + 1
    if today - from > MOST_DAYS then
        return {'unknown'}
    end
    for day = from, today do
        local name = function(publisher) return '$' .. day .. '|' .. publisher end
        if day == today then
            add(earn, name, totals, days)
        else
            add(earn, name, totals)
        end
    end
end

local sums = {}
for i = 1, publishers do
    sums[2 * i - 1] = string.format('%.0f', days[i])
    sums[2 * i] = string.format('%.0f', totals[i])
end
return {'read', today, sums}
