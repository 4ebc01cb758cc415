#!lua flags=allow-oom
-- release.lua: gives the counters of settled epochs back to Redis. It runs with a full memory too: this is what frees it.
--
-- KEYS  1 ctl, then the keys
-- ARGV  1 the last second, by Redis' clock, at which this may happen: a worker that was frozen since it read the cursor must
--         not delete what a database restored meanwhile needs again
--       2 lineage in the ledger: what lies under another one is not what was settled
--
-- Reply {status}:
--   released
--   late       that second is over, or the lineage is another; nothing has changed

if tonumber(redis.call('TIME')[1]) > tonumber(ARGV[1]) or redis.call('HGET', KEYS[1], 'lineage') ~= ARGV[2] then
    return {'late'}
end
for i = 2, #KEYS do
    redis.call('UNLINK', KEYS[i])
end
return {'released'}
