#!lua flags=no-writes
-- state.lua: what Redis holds of a partition, at one moment.
--
-- KEYS  1 ctl  2 log:short  3 log:long  4 engage of the epoch that the caller believes is open  5 spent
--
-- Reply {ctl, sound, sound, records, noted}: ctl as a flat list of fields and values; whether each log is the one that ctl describes (1 or 0); number of
-- entries in that epoch's stream of records, -1 where it is no stream; the epoch up to which the worker has noted what publishers have spent, '' where
-- there is no note, or one of another opening. Fails where ctl is no hash.

local function sound(class, log)
    local since, last, length, floor, logged = unpack(redis.call('HMGET', KEYS[1],
        'since', class .. '.last', class .. '.length', class .. '.floor', class .. '.logged'))
    return is_sound(log, since, last, length, floor, logged) and 1 or 0
end

local records = redis.pcall('XLEN', KEYS[4])
local note = redis.pcall('HMGET', KEYS[5], '#epoch', '#opened')
return {
    redis.call('HGETALL', KEYS[1]), sound('short', KEYS[2]), sound('long', KEYS[3]),
    type(records) == 'number' and records or -1,
    note[2] and note[2] == redis.call('HGET', KEYS[1], 'opened') and note[1] or ''
}
