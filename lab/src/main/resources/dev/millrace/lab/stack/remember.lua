#!lua
-- remember.lua: writes one entry to a log as tally.lua does, without counting anything: for a log that is full before a measurement begins.
--
-- KEYS  1 ctl  2 log:<class>
-- ARGV  1 class, 'short' or 'long'  2 the entry's millisecond; where the log's last is later, the ID follows that
--       3 identities, 8 bytes each
--
-- Reply: identities ever logged.

local ctl, log, class = KEYS[1], KEYS[2], ARGV[1]
local last, length, logged = unpack(redis.call('HMGET', ctl, class .. '.last', class .. '.length', class .. '.logged'))
local ms, sequence = (last or '0-0'):match('^(%d+)%-(%d+)$')
local id = ARGV[2] .. '-0'
if tonumber(ms) >= tonumber(ARGV[2]) then
    id = ms .. '-' .. string.format('%.0f', tonumber(sequence) + 1)
end
redis.call('XADD', log, id, 'f', ARGV[3])
local now = string.format('%.0f', tonumber(logged or '0') + #ARGV[3] / 8)
redis.call('HSET', ctl, class .. '.last', id, class .. '.length', string.format('%.0f', tonumber(length or '0') + 1),
    class .. '.logged', now)
return now
