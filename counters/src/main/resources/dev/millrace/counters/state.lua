#!lua flags=no-writes
-- state.lua: what Redis holds of a partition, at one moment.
--
-- KEYS  1 ctl  2 log:short  3 log:long  4 engage of the epoch that the caller believes is open
--
-- Reply {ctl, sound, sound, records}: ctl as a flat list of fields and values; whether each log is the one that ctl describes (1 or 0); number of
-- entries in that epoch's stream of records, -1 where it is no stream. Fails where ctl is no hash.

local function is_whole(field)
    return field and #field <= 18 and field:find('^%d+$')
end

-- As tally.lua judges.
-- The highest ID that was ever in the log; nil where there is no log.
local function last_generated(log)
    local stream = redis.pcall('XINFO', 'STREAM', log)
    for i = 1, #stream, 2 do
        if stream[i] == 'last-generated-id' then
            return stream[i + 1]
        end
    end
end

local function is_sound(class, log)
    local since, last, length, floor, logged = unpack(redis.call('HMGET', KEYS[1],
        'since', class .. '.last', class .. '.length', class .. '.floor', class .. '.logged'))
    if not (last and last:find('^%d+%-%d+$') and is_whole(since) and is_whole(length) and is_whole(floor) and is_whole(logged))
        or redis.pcall('XLEN', log) ~= tonumber(length) then
        return 0
    end
    return (last_generated(log) or last) == last and 1 or 0
end

local records = redis.pcall('XLEN', KEYS[4])
return {
    redis.call('HGETALL', KEYS[1]), is_sound('short', KEYS[2]), is_sound('long', KEYS[3]),
    type(records) == 'number' and records or -1
}
