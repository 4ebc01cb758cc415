#!lua
-- visitors.lua: whether a visitor of pages is one of those that its network may have in an hour; counts it where it is new.
--
-- Atomic because Redis runs a script alone: two callers never count one visitor too many.
--
-- KEYS  1 visitors:<hour>:<network>
-- ARGV  1 the visitor, 8 bytes  2 most visitors of the network in the hour  3 seconds for which the set is still needed, at least 1
--
-- Reply {1} where it is one of them, {0} where the network has as many as it may

local visitors, visitor = KEYS[1], ARGV[1]
if redis.call('SISMEMBER', visitors, visitor) == 1 then
    return {1}
elseif redis.call('SCARD', visitors) >= tonumber(ARGV[2]) then
    return {0}
end
redis.call('SADD', visitors, visitor)
redis.call('EXPIRE', visitors, ARGV[3])
return {1}
