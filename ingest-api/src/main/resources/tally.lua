#!lua
-- tally.lua: counts a batch of one partition's events, each exactly once.
--
-- Atomic because Redis runs a script alone: between "not seen" and "counted" nothing else happens, and a batch whose
-- answer was lost comes back as duplicates. Without the flag allow-oom Redis refuses the script before its first line
-- when memory is full. All that can fail is read before the first write, since Redis does not roll back.
--
-- KEYS  1 epoch  2 opening  3 since  4 clock  5 run  6 spans  7 total  8 earn:<epoch>  9 engage:<epoch>
--       then two for each event: its set of seen fingerprints in the previous and in the current generation
-- ARGV  1 epoch the caller believes is open      2 opening it belongs to          3 run id of the caller's connection
--       4 most seconds the clock may leap ahead   5 short span, seconds            6 its current generation
--       7 long span, seconds                      8 its current generation
--       9 number n of events                     10 number f of earn fields       11 number g of engage fields
--       then for each event nine: fingerprint (decimal, 64 bits; never a Lua number), exp, iat, earliest second,
--            second at which the current set expires or 0 if that is known to be set, index of its earn field, of its
--            engage field, micros, units
--       then for each earn field two: name, Σ micros of the batch
--       then for each engage field two: name, Σ units of the batch
--
-- Reply {status, second, …}: Redis' second, or the highest this partition has seen where that is later. Nothing has changed unless the status is "counted":
--   closed                     no epoch is open: never opened, or the counters were lost
--   unconfirmed                this Redis process has not been compared with the ledger yet
--   spans, remembered          identities are remembered for other spans: counting now would pay them twice
--   moved, epoch, opening      another epoch or generation is current: send again with the right keys
--   clock, highest second      the clock fell back, or leapt ahead further than can be believed
--   sealed                     the pointer names an epoch that is sealed: it was set back by hand
--   corrupt, field             a counter holds no number
--   counted, verdicts          one letter an event: A accepted, D duplicate, X expired, E too early, S superseded
--
-- Sums stay below 2^53 (a batch pays at most 10^15 micros), so Lua's numbers hold them exactly; '%.0f' prints all digits.

local FIELDS = 9
local FIRST_EVENT, FIRST_SEEN = 12, 10

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

local earned, engaged = {}, {}
local first_earn = FIRST_EVENT + events * FIELDS
for i = 1, earns do
    earned[i] = tonumber(ARGV[first_earn + 2 * i - 1])
end
local first_engage = first_earn + 2 * earns
for i = 1, engages do
    engaged[i] = tonumber(ARGV[first_engage + 2 * i - 1])
end

-- Whatever would make a write below fail (another type, no number) shows here, before anything is written.
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

local verdicts, accepted, micros = {}, 0, 0
for i = 1, events do
    local at = FIRST_EVENT + (i - 1) * FIELDS
    local fingerprint, expires = ARGV[at], ARGV[at + 4]
    local previous, current = KEYS[FIRST_SEEN + 2 * (i - 1)], KEYS[FIRST_SEEN + 2 * (i - 1) + 1]
    local verdict
    if now >= tonumber(ARGV[at + 1]) then
        verdict = 'X'
    elseif now < tonumber(ARGV[at + 3]) then
        verdict = 'E'
    elseif tonumber(ARGV[at + 2]) < since then
        verdict = 'S'
    elseif redis.call('SISMEMBER', previous, fingerprint) == 1 or redis.call('SADD', current, fingerprint) == 0 then
        verdict = 'D'
    else
        verdict = 'A'
        accepted = accepted + 1
        micros = micros + tonumber(ARGV[at + 7])
        if expires ~= '0' then
            redis.call('EXPIREAT', current, expires)
        end
    end
    if verdict ~= 'A' then
        local e, g = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
        earned[e] = earned[e] - tonumber(ARGV[at + 7])
        engaged[g] = engaged[g] - tonumber(ARGV[at + 8])
    end
    verdicts[i] = verdict
end

if accepted > 0 then
    local function exact(sum)
        return string.format('%.0f', sum)
    end
    for i = 1, earns do
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
