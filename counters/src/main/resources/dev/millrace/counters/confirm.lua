#!lua flags=allow-oom
-- confirm.lua: lets this Redis process count: it has been compared with the ledger, which has noted the lineage. Also keeps the partition's
-- clock right, and tells the nodes for how long identities are remembered.
--
-- KEYS  1 ctl
-- ARGV  1 the pointer and 2 the lineage the caller compared  3 the process it looked at  4 the database's second
--       5 most seconds by which the two clocks may differ  6 spans, '<short> <long>' seconds
--
-- Where Redis' clock agrees with the database's, the partition's clock (the highest second seen) becomes Redis': it moves on where it slept, and
-- back where it followed a leap that is over.
--
-- Reply {status}:
--   confirmed
--   other        pointer, lineage or process is not the one the caller compared; nothing has changed

local ctl = KEYS[1]
local pointer, lineage, clock = unpack(redis.call('HMGET', ctl, 'epoch', 'lineage', 'clock'))
local this = redis.call('INFO', 'server'):match('run_id:(%w+)') .. '/' ..
    redis.call('INFO', 'replication'):match('master_replid:(%w+)')
if pointer ~= ARGV[1] or lineage ~= ARGV[2] or this ~= ARGV[3] then
    return {'other'}
end
redis.call('HSET', ctl, 'process', this, 'spans', ARGV[6])
local now = tonumber(redis.call('TIME')[1])
if math.abs(now - tonumber(ARGV[4])) <= tonumber(ARGV[5]) then
    redis.call('HSET', ctl, 'clock', now)
end
return {'confirmed'}
