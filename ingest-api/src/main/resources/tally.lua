#!lua
-- tally.lua: counts a batch of one partition's events, each exactly once.
--
-- Atomic because Redis runs a script alone: between "not seen" and "counted" nothing else happens, and a batch whose
-- answer was lost comes back as duplicates. Without the flag allow-oom Redis refuses the script before its first line
-- when memory is full. What could make a counter's write fail is read before the first write, since Redis does not roll back.
--
-- KEYS  1 epoch  2 opening  3 since  4 clock  5 run  6 spans  7 total  8 earn:<epoch>  9 engage:<epoch>
--       then two for each event: its set of seen fingerprints in the previous and in the current generation
-- ARGV  1 epoch the caller believes is open      2 opening it belongs to          3 run id of the caller's connection
--       4 most seconds the clock may leap ahead   5 short span, seconds            6 its current generation
--       7 long span, seconds                      8 its current generation
--       9 number n of events                     10 number f of earn fields       11 number g of engage fields
--      12 the first second at which all of the events may count   13 the first at which one of their tokens is expired
--      14 the least iat of them
--      15 the events' details, each "earn engage micros units iat exp earliest;": index of its earn field, of its engage
--         field, what it adds to them, the token's times, the first second at which it may count
--      16 number k of sets without an expiry, as far as the caller knows
--       then for each of these two: the index of an event in it, the second at which it expires
--       then for each event its fingerprint (decimal, 64 bits; never a Lua number)
--       then for each earn field two: name, Σ micros of the batch
--       then for each engage field two: name, Σ units of the batch
--
-- The caller sums the batch up; here only what does not count is taken back. So the details are looked at only where one of
-- the events is untimely or a duplicate.
--
-- Reply {status, second, …}: Redis' second, or the highest this partition has seen where that is later. Nothing has changed unless the status is "counted":
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
-- Sums stay below 2^53 (a batch pays at most 10^15 micros), so Lua's numbers hold them exactly; '%.0f' prints all digits.

local FIRST_SEEN, FIRST_EXPIRY = 10, 17

local now = tonumber(redis.call('TIME')[1])
local epoch, opening, since, clock, run, remembered =
    unpack(redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]))
local total, earn, engage = KEYS[7], KEYS[8], KEYS[9]
local events, earns, engages = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

if not epoch then
    return {'closed', now}
end
if run ~= ARGV[3] then
    return {'unconfirmed', now}
end
local spans = ARGV[5] .. ' ' .. ARGV[7]
if remembered and remembered ~= spans then
    return {'spans', now, remembered}
end
-- A clock that steps back a little must not make an earlier generation current again: its events would be unseen.
local says = now -- what the clock says
local highest = tonumber(clock) or now
now = math.max(now, highest)
local function generation(span)
    return math.floor(now / tonumber(span))
end
if epoch ~= ARGV[1] or opening ~= ARGV[2]
    or generation(ARGV[5]) ~= tonumber(ARGV[6]) or generation(ARGV[7]) ~= tonumber(ARGV[8]) then
    return {'moved', now, epoch, opening or '0'}
end
if says < highest - 5 or now > highest + tonumber(ARGV[4]) then
    return {'clock', says, highest}
end
if redis.call('HGET', earn, '#sealed') then
    return {'sealed', now}
end
since = tonumber(since) or 0

local expiries = tonumber(ARGV[16])
local first_event = FIRST_EXPIRY + 2 * expiries
local first_earn = first_event + events
local first_engage = first_earn + 2 * earns
local earned, engaged = {}, {}
for i = 1, earns do
    earned[i] = tonumber(ARGV[first_earn + 2 * i - 1])
end
for i = 1, engages do
    engaged[i] = tonumber(ARGV[first_engage + 2 * i - 1])
end

-- Whatever would make a counter's write below fail (another type, no number) shows here, before anything is written.
local function numbers(hash, first, count)
    local names = {'#micros', '#events'}
    for i = 1, count do
        names[i + 2] = ARGV[first + 2 * i - 2]
    end
    for i, value in ipairs(redis.call('HMGET', hash, unpack(names))) do
        if value and not tonumber(value) then
            return names[i]
        end
    end
end
local corrupt = numbers(earn, first_earn, earns) or numbers(engage, first_engage, engages) or numbers(total, 0, 0)
if corrupt then
    return {'corrupt', now, corrupt}
end

local details
local function detail(i)
    if not details then
        details = {}
        for e, g, micros, units, iat, exp, earliest in
            ARGV[15]:gmatch('(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (-?%d+);') do
            details[#details + 1] = {
                earn = tonumber(e), engage = tonumber(g), micros = tonumber(micros), units = tonumber(units),
                iat = tonumber(iat), exp = tonumber(exp), earliest = tonumber(earliest)
            }
        end
    end
    return details[i]
end

local timely = now >= tonumber(ARGV[12]) and now < tonumber(ARGV[13]) and tonumber(ARGV[14]) >= since
local function untimely(i)
    local event = detail(i)
    if now >= event.exp then
        return 'X'
    elseif now < event.earliest then
        return 'E'
    elseif event.iat < since then
        return 'S'
    end
end

local expires = {}
for i = FIRST_EXPIRY, first_event - 1, 2 do
    expires[tonumber(ARGV[i])] = ARGV[i + 1]
end

local verdicts, accepted = {}, events
for i = 1, events do
    local previous, current = KEYS[FIRST_SEEN + 2 * (i - 1)], KEYS[FIRST_SEEN + 2 * (i - 1) + 1]
    local fingerprint = ARGV[first_event + i - 1]
    local verdict = not timely and untimely(i)
    if not verdict then
        local seen = redis.pcall('SISMEMBER', previous, fingerprint)
        local added = seen == 0 and redis.pcall('SADD', current, fingerprint)
        if seen == 1 or added == 0 then
            verdict = 'D'
        elseif added ~= 1 then
            verdict = 'U'
        end
    end
    if verdict then
        local event = detail(i)
        earned[event.earn] = earned[event.earn] - event.micros
        engaged[event.engage] = engaged[event.engage] - event.units
        accepted = accepted - 1
    elseif expires[i] then
        redis.call('EXPIREAT', current, expires[i])
    end
    verdicts[i] = verdict or 'A'
end
if accepted > 0 then
    local function exact(sum)
        return string.format('%.0f', sum)
    end
    local micros = 0
    for i = 1, earns do
        micros = micros + earned[i]
        if earned[i] > 0 then
            redis.call('HINCRBYFLOAT', earn, ARGV[first_earn + 2 * i - 2], exact(earned[i]))
        end
    end
    for i = 1, engages do
        if engaged[i] > 0 then
            redis.call('HINCRBY', engage, ARGV[first_engage + 2 * i - 2], exact(engaged[i]))
        end
    end
    redis.call('HINCRBYFLOAT', earn, '#micros', exact(micros))
    redis.call('HINCRBY', earn, '#events', accepted)
    redis.call('HINCRBYFLOAT', total, '#micros', exact(micros))
    redis.call('HINCRBY', total, '#events', accepted)
end
if not clock or now > highest then
    redis.call('SET', KEYS[4], now)
end
if not remembered then
    redis.call('SET', KEYS[6], spans)
end
return {'counted', now, table.concat(verdicts)}
