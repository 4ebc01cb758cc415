#!lua
-- tally.lua: counts events, each exactly once. A call has one section a partition and class (short or long); in a Redis Cluster it
-- has one section, since the keys of two partitions need not share a slot.
--
-- Atomic because Redis runs a script alone: between the comparison of the position and the write nothing else happens. Redis does not
-- roll back, so whatever could make a write fail is read before the first write, which is the log's. Without the flag allow-oom Redis
-- refuses the script before its first line when memory is full.
--
-- ARGV  1 process the caller is connected to     2 fingerprint of the caller's identity key
--       3 most seconds the clock may leap ahead  4 '1' where a WAIT follows: then something is written even where nothing counts
--       then the sections, one after the other
--
-- Each section:
-- KEYS  1 ctl  2 log:<class>  3 earn:<epoch>  4 engage:<epoch>
-- ARGV  1 class, 'short' or 'long'
--       2 lineage, 3 epoch the caller believes in
--       4 position: ID of the last entry of the log that the caller has read, '0-0' for none
--       5 the events' identities, 8 bytes each, n of them; none of them in the log up to the position; no two the same
--       6 the first second at which all of the events may count   7 the first at which one of their tokens is expired
--       8 the least iat of them
--       9 details, 30 bytes an event, little-endian: u32 iat, u32 exp, u32 first second at which it may count, u16 index of its
--         creator, u16 index of its publisher, u16 index of its record, u32 units, u64 micros
--      10 the records that the events add up to, as the worker reads them (Records.java); opaque here
--      11 number c of creators, 12 number p of publishers, then two for each: its name, Σ micros of the section (decimal); creators first
--
-- The earnings have, besides each creator's, for each publisher the micros counted on a day: field $<day>|<publisher>, the day a number since
-- 1970, UTC. #day is the first day that the epoch has.
--
-- Reply: Redis' second, then one a section: {status, …}. Nothing of a section has changed unless its status is "counted".
--   counted, position, logged, verdicts, tail     the caller's position now; identities logged up to there; '' where all are accepted, else
--       one letter an event: A accepted, D duplicate, X expired, E too early, S superseded; the entries between the caller's position and
--       its own new one: ID, identities, ID, identities, …
--   behind, tail       the caller is more than MOST_BEHIND identities or MOST_ENTRIES entries behind: the next entries, from its position on
--   trimmed            the entry at the position is no longer in the log: the caller reads the log anew
--   lineage            the caller's lineage is not this partition's
--   moved, epoch       another epoch is open
--   closed             no epoch is open: never opened, or the counters were lost
--   unconfirmed        this Redis process has not been compared with the ledger yet
--   key                identities of another key are remembered here
--   clock, highest     the clock fell back by more than 5 s, or leapt ahead further than can be believed
--   sealed             the open epoch is marked as sealed: the pointer was set back by hand
--   corrupt, what, creator   a counter holds no number, or the log is not the one that ctl describes; the creator where it is one's counter
--
-- Sums stay below 2^53 (an event pays at most 10^12 micros, a section has at most 4,096), so Lua's numbers hold them exactly.

-- Below 2^63 with room for what is added; Lua's tonumber would take more for a number than HINCRBY does.
local MOST_DIGITS = 18

-- Of a sum that Lua may add to: below 2^53 whatever a section adds.
local MOST_EXACT_DIGITS = 15

-- Identities. As many nodes as there are may each be a section's events behind; comparing them takes 7 ms.
local MOST_BEHIND = 32768

-- Entries of one identity take longer to read than to compare: 1 us each.
local MOST_ENTRIES = 4096

-- Entries read at a time, at first and later: the first may have 4,096 identities each.
local FIRST_PAGE, PAGE = 16, 128

-- An event may count from so many seconds before its iat on (CLOCK_TOLERANCE of ingest-api): before that it can't have counted.
local TOLERANCE = 60

local FIXED_ARGUMENTS, SECTION_KEYS, SECTION_ARGUMENTS = 4, 4, 12

-- Control fields that are read before those of creators and publishers.
local CONTROL_FIELDS = 4

-- Values that Lua unpacks at a time: fewer than its stack holds.
local MOST_UNPACKED = 6000

local DAY = 86400
local DETAIL, DETAIL_FORMAT = 30, '<I4I4I4I2I2I2I4I8'

local time = redis.call('TIME')
local says = tonumber(time[1])
local milliseconds = says * 1000 + math.floor(tonumber(time[2]) / 1000)
local process, identity_key, leap, waits = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'

local function exact(sum)
    return string.format('%.0f', sum)
end

local function is_number(text)
    return #text <= MOST_DIGITS and (text:find('^-?[1-9]%d*$') or text == '0')
end

-- Whether a control field is there and holds digits alone; "nan" and "inf" are numbers to Lua's tonumber, and compare as it pleases them.
local function is_whole(field)
    return field and #field <= MOST_DIGITS and field:find('^%d+$')
end

-- The ID after this one, of the second that events are judged by or a later one: trimming by the ID never forgets what that second lets count.
local function next_id(last, second)
    local ms, sequence = last:match('^(%d+)%-(%d+)$')
    local latest = math.max(milliseconds, second * 1000)
    if tonumber(ms) < latest then
        return exact(latest) .. '-0'
    end
    return ms .. '-' .. exact(tonumber(sequence) + 1)
end

-- Whether the log is the one that ctl describes: so many entries, none behind the last.
local function is_sound(log, last, length)
    if not last or not last:find('^%d+%-%d+$') or not is_whole(length) or redis.pcall('XLEN', log) ~= tonumber(length) then
        return false
    end
    local behind = redis.pcall('XRANGE', log, '(' .. last, '+', 'COUNT', 1)
    return not behind.err and #behind == 0
end

-- The entries of the log behind a position, flat: ID, identities, …; nil where the position's own is no longer there. And whether these
-- are all, and no more than can be compared.
local function tail_of(log, position)
    local tail, from, identities, first, entries = {}, position, 0, position ~= '0-0', FIRST_PAGE
    if not first then
        from = '-'
    end
    while identities <= MOST_BEHIND and #tail <= 2 * MOST_ENTRIES do
        local page = redis.call('XRANGE', log, from, '+', 'COUNT', entries)
        local begin = 1
        if first then
            if not page[1] or page[1][1] ~= position then
                return nil
            end
            begin, first = 2, false
        end
        for i = begin, #page do
            tail[#tail + 1] = page[i][1]
            tail[#tail + 1] = page[i][2][2]
            identities = identities + #page[i][2][2] / 8
        end
        if #page < entries then
            return tail, identities <= MOST_BEHIND and #tail <= 2 * MOST_ENTRIES
        end
        from = '(' .. page[#page][1]
        entries = math.min(2 * entries, PAGE)
    end
    return tail, false
end

-- Marks the events whose identities are among the tail's as duplicates.
local function find_duplicates(identities, tail, verdicts)
    local own, found = {}, 0
    for i = 1, #identities, 8 do
        own[identities:sub(i, i + 7)] = (i + 7) / 8
    end
    for t = 2, #tail, 2 do
        local entry = tail[t]
        for i = 1, #entry, 8 do
            local event = own[entry:sub(i, i + 7)]
            if event and not verdicts[event] then
                verdicts[event] = 'D'
                found = found + 1
            end
        end
    end
    return found
end

-- What one HSET will set: sums of fields that have just been read, since nothing else happens meanwhile. Sums too large for Lua
-- are left to HINCRBY, at once. What is added is a number.
local function add_to(sums, field, value, added)
    if value and #value > MOST_EXACT_DIGITS then
        redis.call('HINCRBY', sums[2], field, exact(added))
    else
        sums[#sums + 1] = field
        sums[#sums + 1] = exact((value or 0) + added)
    end
end

-- The fields of a hash, in their order; nil and the error where it is none.
local function read_fields(key, names)
    local values = {}
    for from = 1, #names, MOST_UNPACKED do
        local part = redis.pcall('HMGET', key, unpack(names, from, math.min(from + MOST_UNPACKED - 1, #names)))
        if part.err then
            return nil
        elseif #names <= MOST_UNPACKED then
            return part
        end
        for i, value in ipairs(part) do
            values[from + i - 1] = value
        end
    end
    return values
end

-- Sets fields of a hash, from the third place on: field, value, …
local function write_fields(command)
    if #command <= MOST_UNPACKED then
        return #command > 2 and redis.call(unpack(command))
    end
    for from = 3, #command, MOST_UNPACKED do
        redis.call(command[1], command[2], unpack(command, from, math.min(from + MOST_UNPACKED - 1, #command)))
    end
end

-- Counts one section, whose keys come after index k and whose arguments after index a.
local function count(k, a)
    local ctl, log, earn, engage = KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4]
    local class, position, identities = ARGV[a + 1], ARGV[a + 4], ARGV[a + 5]
    local creators, publishers = tonumber(ARGV[a + 11]), tonumber(ARGV[a + 12])
    local fields = redis.pcall('HMGET', ctl, 'lineage', 'epoch', 'process', 'since', 'clock', 'key', 'micros', 'events',
        class .. '.last', class .. '.length', class .. '.floor', class .. '.logged')
    if fields.err then
        return {'corrupt', ctl}
    end
    local lineage, epoch, confirmed, since, clock, key, total_micros, total_events, last, length, floor, logged = unpack(fields)

    -- Nothing is believed of counters that are not open, of a process that was not compared, of another history.
    if not epoch then
        return {'closed'}
    elseif confirmed ~= process then
        return {'unconfirmed'}
    elseif lineage ~= ARGV[a + 2] then
        return {'lineage'}
    elseif key and key ~= identity_key then
        return {'key'}
    elseif epoch ~= ARGV[a + 3] then
        return {'moved', epoch}
    end
    if not is_whole(since) or not is_whole(clock) or not is_whole(floor) or not is_whole(logged) then
        return {'corrupt', ctl}
    end
    local highest = tonumber(clock)
    if says < highest - 5 or says > highest + leap then
        return {'clock', highest}
    end
    local now = math.max(says, highest)
    since, floor, logged = tonumber(since), tonumber(floor), tonumber(logged)
    if not is_sound(log, last, length) then
        return {'corrupt', log}
    end

    -- What others have counted since.
    local tail = {}
    if last ~= position then
        local whole
        tail, whole = tail_of(log, position)
        if not tail then
            return {'trimmed'}
        elseif not whole then
            return {'behind', tail}
        end
    end

    -- Whatever would make a write fail.
    local day = exact(math.floor(now / DAY))
    local names, first_publisher = {'#sealed', '#micros', '#events', '#day'}, CONTROL_FIELDS + creators
    for i = 1, creators do
        names[CONTROL_FIELDS + i] = ARGV[a + 11 + 2 * i]
    end
    for i = 1, publishers do
        names[first_publisher + i] = '$' .. day .. '|' .. ARGV[a + 11 + 2 * (creators + i)]
    end
    local values = read_fields(earn, names)
    if not values then
        return {'corrupt', earn}
    elseif values[1] then
        return {'sealed'}
    end
    for i, value in ipairs(values) do
        if value and not is_number(value) then
            local of_creator = i > CONTROL_FIELDS and i <= first_publisher
            return of_creator and {'corrupt', earn .. ' ' .. names[i], names[i]} or {'corrupt', earn .. ' ' .. names[i]}
        end
    end
    if total_micros and not is_number(total_micros) or total_events and not is_number(total_events) then
        return {'corrupt', ctl}
    end
    if type(redis.pcall('XLEN', engage)) ~= 'number' then
        return {'corrupt', engage}
    end

    -- Who counts.
    local events = #identities / 8
    local verdicts, back = {}, 0
    if #tail > 0 and events > 0 then
        back = find_duplicates(identities, tail, verdicts)
    end
    local least = tonumber(ARGV[a + 8])
    local timely = now >= tonumber(ARGV[a + 6]) and now < tonumber(ARGV[a + 7]) and least >= since and least - TOLERANCE >= floor
    local taken_back, publishers_back, records_back = {}, {}, {}
    if back > 0 or not timely then
        local kept = {}
        for i = 1, events do
            local iat, exp, earliest, creator, publisher, record, units, micros =
                struct.unpack(DETAIL_FORMAT, ARGV[a + 9], (i - 1) * DETAIL + 1)
            if not verdicts[i] then
                if now >= exp then
                    verdicts[i] = 'X'
                elseif now < earliest then
                    verdicts[i] = 'E'
                elseif iat < since or iat - TOLERANCE < floor then
                    verdicts[i] = 'S'
                end
                back = back + (verdicts[i] and 1 or 0)
            end
            if verdicts[i] then
                taken_back[creator] = (taken_back[creator] or 0) + micros
                publishers_back[publisher] = (publishers_back[publisher] or 0) + micros
                records_back[#records_back + 1] = struct.pack('<I2I4', record, units)
            else
                verdicts[i] = 'A'
                kept[#kept + 1] = identities:sub(8 * i - 7, 8 * i)
            end
        end
        identities = table.concat(kept)
    end

    -- The writes.
    local accepted = events - back
    local sums = {'HSET', ctl, 'clock', exact(now)}
    if accepted > 0 then
        last = next_id(last, now)
        local added = redis.pcall('XADD', log, last, 'f', identities)
        if type(added) == 'table' then
            return {'corrupt', log}
        end
        logged = logged + accepted
        if #records_back > 0 then
            redis.call('XADD', engage, '*', 'r', ARGV[a + 10], 't', table.concat(records_back))
        else
            redis.call('XADD', engage, '*', 'r', ARGV[a + 10])
        end
        local all = 0
        for i = 1, creators do
            local micros = ARGV[a + 12 + 2 * i]
            if taken_back[i - 1] then
                micros = exact(micros - taken_back[i - 1])
            end
            if micros ~= '0' then
                redis.call('HINCRBYFLOAT', earn, names[CONTROL_FIELDS + i], micros)
                all = all + micros
            end
        end
        local counted = {'HSET', earn}
        add_to(counted, '#micros', values[2], all)
        add_to(counted, '#events', values[3], accepted)
        if not values[4] then
            counted[#counted + 1] = '#day'
            counted[#counted + 1] = day
        end
        for i = 1, publishers do
            local micros = ARGV[a + 12 + 2 * (creators + i)] - (publishers_back[i - 1] or 0)
            if micros ~= 0 then
                add_to(counted, names[first_publisher + i], values[first_publisher + i], micros)
            end
        end
        write_fields(counted)
        add_to(sums, 'micros', total_micros, all)
        add_to(sums, 'events', total_events, accepted)
        for name, value in pairs({last = last, length = exact(length + 1), logged = exact(logged)}) do
            sums[#sums + 1] = class .. '.' .. name
            sums[#sums + 1] = value
        end
        if not key then
            sums[#sums + 1] = 'key'
            sums[#sums + 1] = identity_key
        end
    end
    if accepted > 0 or waits then
        redis.call(unpack(sums))
    end
    return {'counted', last, exact(logged), back > 0 and table.concat(verdicts) or '', tail}
end

local replies = {says}
local k, a = 0, FIXED_ARGUMENTS
while k < #KEYS do
    replies[#replies + 1] = count(k, a)
    k = k + SECTION_KEYS
    a = a + SECTION_ARGUMENTS + 2 * (tonumber(ARGV[a + 11]) + tonumber(ARGV[a + 12]))
end
return replies
