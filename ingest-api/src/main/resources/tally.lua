#!lua
-- tally.lua: counts batches of events, each event exactly once. A call has a section for each partition it counts in; a Redis
-- Cluster takes calls of one section only, since the keys of a partition share a slot and those of two need not.
--
-- Atomic because Redis runs a script alone: between "not seen" and "counted" nothing else happens, and a batch whose
-- answer was lost comes back as duplicates. Without the flag allow-oom Redis refuses the script before its first line
-- when memory is full. What could make a counter's write fail is read before the first write, since Redis does not roll back.
--
-- ARGV  1 run id of the caller's connection       2 most seconds the clock may leap ahead
--       3 short span, seconds                     4 its current generation
--       5 long span, seconds                      6 its current generation
--       then the sections, one after the other
--
-- Each section:
-- KEYS  1 epoch  2 opening  3 since  4 clock  5 run  6 spans  7 total  8 earn:<epoch>  9 engage:<epoch>
--       then two for each event: its set of seen fingerprints in the previous and in the current generation
-- ARGV  1 epoch the caller believes is open       2 opening it belongs to
--       3 number n of events                      4 number f of earn fields        5 number g of engage fields
--       6 the first second at which all of the events may count   7 the first at which one of their tokens is expired
--       8 the least iat of them
--       9 the events' details, each "earn engage micros units iat exp earliest;": index of its earn field, of its engage
--         field, what it adds to them, the token's times, the first second at which it may count
--      10 number k of sets without an expiry, as far as the caller knows
--       then for each of these two: the index of an event in it, the second at which it expires
--       then for each event its fingerprint (decimal, 64 bits; never a Lua number)
--       then for each earn field two: name, Σ micros of the batch
--       then for each engage field two: name, Σ units of the batch
--
-- The caller sums the batch up; here only what does not count is taken back. So the details are looked at only where one of
-- the events is untimely or a duplicate.
--
-- Reply, one a section: {status, second, …}: Redis' second, or the highest this partition has seen where that is later. Nothing
-- of the section has changed unless the status is "counted":
--   closed                     no epoch is open: never opened, or the counters were lost
--   unconfirmed                this Redis process has not been compared with the ledger yet
--   spans, remembered          identities are remembered for other spans: counting now would pay them twice
--   moved, epoch, opening      another epoch or generation is current: send again with the right keys
--   clock, highest second      the clock fell back, or leapt ahead further than can be believed
--   sealed                     the pointer names an epoch that is sealed: it was set back by hand
--   corrupt, field             a counter holds no number
--   counted, verdicts          one letter an event: A accepted, D duplicate, X expired, E too early, S superseded,
--                              U unreadable: its set is of another type; it is neither seen nor counted
--
-- Sums stay below 2^53 (a section pays at most 1.03 * 10^15 micros), so Lua's numbers hold them exactly; '%.0f' prints all digits. A sum that
-- is written as it was sent stays the string it came as, which spares reading and printing a number.

-- Below 2^63 with room for what is added; Lua's tonumber would take more for a number than HINCRBY does.
local MOST_DIGITS = 18

-- Of a sum that Lua may add to: below 2^53 whatever a section adds.
local MOST_EXACT_DIGITS = 15

local FIXED_ARGUMENTS, SECTION_KEYS, SECTION_ARGUMENTS = 6, 9, 10

local says = tonumber(redis.call('TIME')[1]) -- what the clock says
local run_id, leap = ARGV[1], tonumber(ARGV[2])
local short_span, long_span = tonumber(ARGV[3]), tonumber(ARGV[5])
local short_generation, long_generation = tonumber(ARGV[4]), tonumber(ARGV[6])
local spans = ARGV[3] .. ' ' .. ARGV[5]

local function exact(sum)
    return string.format('%.0f', sum)
end

-- The values of a hash, where all of them are numbers or missing; otherwise nil and what is none: a field, or the hash itself. So
-- whatever would make a counter's write fail shows before anything is written. The fields are those given and count more, every
-- second one of ARGV from an index on.
local function numbers(hash, fields, first, count)
    local given = #fields
    for i = 1, count do
        fields[given + i] = ARGV[first + 2 * i - 2]
    end
    local values = redis.pcall('HMGET', hash, unpack(fields))
    if values.err then
        return nil, hash
    end
    for i, value in ipairs(values) do
        if value and (#value > MOST_DIGITS or not (value:find('^-?[1-9]%d*$') or value == '0')) then
            return nil, fields[i]
        end
    end
    return values
end

-- The details of a section's events, from their text.
local function details(text)
    local events = {}
    for earn, engage, micros, units, iat, exp, earliest in
        text:gmatch('(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (-?%d+);') do
        events[#events + 1] = {
            earn = tonumber(earn), engage = tonumber(engage), micros = tonumber(micros), units = tonumber(units),
            iat = tonumber(iat), exp = tonumber(exp), earliest = tonumber(earliest)
        }
    end
    return events
end

local function untimely(event, now, since)
    if now >= event.exp then
        return 'X'
    elseif now < event.earliest then
        return 'E'
    elseif event.iat < since then
        return 'S'
    end
end

-- One of the batch's sums (decimal), without what is taken back of it (a number, or nil for nothing).
local function rest(sum, back)
    return back and exact(sum - back) or sum
end

-- What one HSET will set: sums of fields that have just been read, since nothing else happens meanwhile. Sums too large for Lua
-- are left to HINCRBY, at once. What is added is decimal.
local function add_to(sums, field, value, added)
    if value and #value > MOST_EXACT_DIGITS then
        redis.call('HINCRBY', sums[2], field, added)
    else
        sums[#sums + 1] = field
        sums[#sums + 1] = value and exact(value + added) or added
    end
end

local function set(sums)
    if #sums > 2 then
        redis.call(unpack(sums))
    end
end

-- Adds what the batch earned, field by field, from an index of ARGV on; returns the sum of all.
local function add_micros(earn, first, count, back)
    local all = 0
    for i = 1, count do
        local micros = rest(ARGV[first + 2 * i - 1], back[i])
        if micros ~= '0' then
            redis.call('HINCRBYFLOAT', earn, ARGV[first + 2 * i - 2], micros)
            all = all + micros
        end
    end
    return all
end

-- The same for units, given the values of their fields.
local function add_units(engage, values, first, count, back)
    local sums = {'HSET', engage}
    for i = 1, count do
        local units = rest(ARGV[first + 2 * i - 1], back[i])
        if units ~= '0' then
            add_to(sums, ARGV[first + 2 * i - 2], values[i], units)
        end
    end
    set(sums)
end

-- The control fields of a hash: what has been counted in it.
local function add_totals(hash, micros_before, events_before, micros, events)
    local sums = {'HSET', hash}
    add_to(sums, '#micros', micros_before, exact(micros))
    add_to(sums, '#events', events_before, exact(events))
    set(sums)
end

-- Counts one section, whose keys come after index k and whose arguments after index a.
local function count(k, a)
    local epoch, opening, since, clock, run, remembered =
        unpack(redis.call('MGET', KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4], KEYS[k + 5], KEYS[k + 6]))
    local total, earn, engage = KEYS[k + 7], KEYS[k + 8], KEYS[k + 9]
    local events, earns, engages = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])

    if not epoch then
        return {'closed', says}
    end
    if run ~= run_id then
        return {'unconfirmed', says}
    end
    if remembered and remembered ~= spans then
        return {'spans', says, remembered}
    end
    -- A clock that steps back a little must not make an earlier generation current again: its events would be unseen.
    local highest = tonumber(clock) or says
    local now = math.max(says, highest)
    if epoch ~= ARGV[a + 1] or opening ~= ARGV[a + 2]
        or math.floor(now / short_span) ~= short_generation or math.floor(now / long_span) ~= long_generation then
        return {'moved', now, epoch, opening or '0'}
    end
    if says < highest - 5 or now > highest + leap then
        return {'clock', says, highest}
    end
    since = tonumber(since) or 0

    local expiries = tonumber(ARGV[a + 10])
    local first_expiry = a + SECTION_ARGUMENTS + 1
    local first_event = first_expiry + 2 * expiries
    local first_earn = first_event + events
    local first_engage = first_earn + 2 * earns
    local earn_values, corrupt = numbers(earn, {'#sealed', '#micros', '#events'}, first_earn, earns)
    if earn_values and earn_values[1] then
        return {'sealed', now}
    end
    local engage_values, totals
    if not corrupt then
        engage_values, corrupt = numbers(engage, {}, first_engage, engages)
    end
    if not corrupt then
        totals, corrupt = numbers(total, {'#micros', '#events'}, 0, 0)
    end
    if corrupt then
        return {'corrupt', now, corrupt}
    end

    local expires = {}
    for i = first_expiry, first_event - 1, 2 do
        expires[tonumber(ARGV[i])] = ARGV[i + 1]
    end

    local timely = now >= tonumber(ARGV[a + 6]) and now < tonumber(ARGV[a + 7]) and tonumber(ARGV[a + 8]) >= since
    local detail = not timely and details(ARGV[a + 9])
    local verdicts, accepted = {}, events
    local earned_back, engaged_back = {}, {} -- by index of the field
    for i = 1, events do
        local verdict = not timely and untimely(detail[i], now, since)
        if not verdict then
            local previous, current = KEYS[k + SECTION_KEYS + 2 * i - 1], KEYS[k + SECTION_KEYS + 2 * i]
            local fingerprint = ARGV[first_event + i - 1]
            local seen = redis.pcall('SISMEMBER', previous, fingerprint)
            local added = seen == 0 and redis.pcall('SADD', current, fingerprint)
            if seen == 1 or added == 0 then
                verdict = 'D'
            elseif added ~= 1 then
                verdict = 'U'
            elseif expires[i] then
                redis.call('EXPIREAT', current, expires[i])
            end
        end
        if verdict then
            detail = detail or details(ARGV[a + 9])
            local event = detail[i]
            earned_back[event.earn] = (earned_back[event.earn] or 0) + event.micros
            engaged_back[event.engage] = (engaged_back[event.engage] or 0) + event.units
            accepted = accepted - 1
        end
        verdicts[i] = verdict or 'A'
    end
    if accepted > 0 then
        local micros = add_micros(earn, first_earn, earns, earned_back)
        add_units(engage, engage_values, first_engage, engages, engaged_back)
        add_totals(earn, earn_values[2], earn_values[3], micros, accepted)
        add_totals(total, totals[1], totals[2], micros, accepted)
    end
    if not clock or now > highest then
        redis.call('SET', KEYS[k + 4], now)
    end
    if not remembered then
        redis.call('SET', KEYS[k + 6], spans)
    end
    return {'counted', now, table.concat(verdicts)}
end

local replies = {}
local k, a = 0, FIXED_ARGUMENTS
while k < #KEYS do
    local events, earns, engages = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])
    replies[#replies + 1] = count(k, a)
    k = k + SECTION_KEYS + 2 * events
    a = a + SECTION_ARGUMENTS + 2 * tonumber(ARGV[a + 10]) + events + 2 * (earns + engages)
end
return replies
