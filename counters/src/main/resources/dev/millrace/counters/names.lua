#!lua
-- names.lua: which of these creators and articles a publisher has paid for before; makes the others known, as far as it may name new ones today.
--
-- Atomic because Redis runs a script alone: two callers make a name known once.
--
-- KEYS  1 ctl  2 named  3 names:<publisher>  4 new:<publisher>
-- ARGV  1 publisher  2 process the caller is connected to  3 most new creators and 4 most new articles that may be made known
--       then the names: 'c' (a creator) or 'a' (an article) and 8 bytes, the name's hash
--
-- Reply {status, …}:
--   judged, day, creators, articles, letters   the day since 1970, UTC; new ones of it in this partition by now; a letter a name: K known before,
--                                              N made known, X neither
--   unloaded                                   the worker has not loaded this publisher's names yet
--   unconfirmed                                this Redis process has not been compared with the ledger yet

local DAY, DAYS_KEPT = 86400, 3
local named, names, new = KEYS[2], KEYS[3], KEYS[4]
local publisher, room = ARGV[1], {c = tonumber(ARGV[3]), a = tonumber(ARGV[4])}

local process, clock = unpack(redis.call('HMGET', KEYS[1], 'process', 'clock'))
if process ~= ARGV[2] then
    return {'unconfirmed'}
elseif redis.call('SISMEMBER', named, publisher) == 0 then
    return {'unloaded'}
end
local day = math.floor(math.max(tonumber(redis.call('TIME')[1]), tonumber(clock) or 0) / DAY)
local letters, added = {}, {c = 0, a = 0}
for i = 5, #ARGV do
    local kind = ARGV[i]:sub(1, 1)
    if redis.call('SISMEMBER', names, ARGV[i]) == 1 then
        letters[#letters + 1] = 'K'
    elseif added[kind] < room[kind] then
        redis.call('SADD', names, ARGV[i])
        added[kind] = added[kind] + 1
        letters[#letters + 1] = 'N'
    else
        letters[#letters + 1] = 'X'
    end
end
for _, kind in ipairs({'c', 'a'}) do
    if added[kind] > 0 then
        redis.call('HINCRBY', new, day .. '|' .. kind, added[kind])
        redis.call('EXPIRE', new, DAYS_KEPT * DAY)
    end
end
local creators, articles = unpack(redis.call('HMGET', new, day .. '|c', day .. '|a'))
return {'judged', day, tonumber(creators or 0), tonumber(articles or 0), table.concat(letters)}
