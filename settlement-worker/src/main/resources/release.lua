#!lua flags=allow-oom
-- release.lua: gives the counters of settled epochs back to Redis. It runs with a full memory too: this is what frees it.
--
-- KEYS  the hashes
-- ARGV  1 the last second, by Redis' clock, at which this may happen: a worker that was frozen since it read the cursor must
--         not delete what a database restored meanwhile needs again
--
-- Reply {status}:
--   released
--   late          that second is over; nothing has changed

if tonumber(redis.call('TIME')[1]) > tonumber(ARGV[1]) then
    return {'late'}
end
redis.call('UNLINK', unpack(KEYS))
return {'released'}
