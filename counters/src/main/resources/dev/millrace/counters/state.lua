#!lua flags=no-writes
-- state.lua: what Redis holds of a partition, at one moment.
--
-- KEYS  1 ctl  2 log:short  3 log:long  4 engage of the epoch that the caller believes is open
--
-- Reply {ctl, sound, sound, records}: ctl as a flat list of fields and values; whether each log is the one that ctl describes (1 or 0); number of
-- entries in that epoch's stream of records, -1 where it is no stream. Fails where ctl is no hash.

local function sound(class, log)
    local since, last, length, floor, logged = unpack(redis.call('HMGET', KEYS[1],
        'since', class .. '.last', class .. '.length', class .. '.floor', class .. '.logged'))
    return is_sound(log, since, last, length, floor, logged) and 1 or 0
end

local records = redis.pcall('XLEN', KEYS[4])
return {
    redis.call('HGETALL', KEYS[1]), sound('short', KEYS[2]), sound('long', KEYS[3]),
    type(records) == 'number' and records or -1
}
