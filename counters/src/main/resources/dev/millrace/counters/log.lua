-- log.lua: functions that state, page, open and raise.lua share; Script puts them behind the first line of each.

local function is_whole(field)
    return field and #field <= 18 and field:find('^%d+$')
end

-- A number that stands in ctl; 0 where there is none, or somebody has written something else.
local function whole(field)
    return is_whole(field) and tonumber(field) or 0
end

-- The highest ID that was ever in the log; nil where there is no log.
local function last_generated(log)
    local stream = redis.pcall('XINFO', 'STREAM', log)
    for i = 1, #stream, 2 do
        if stream[i] == 'last-generated-id' then
            return stream[i + 1]
        end
    end
end

-- Whether the log is the one that ctl describes. tally.lua has a check of its own without XINFO: XADD refuses its ID where the log has a later one.
local function is_sound(log, since, last, length, floor, logged)
    if not (last and last:find('^%d+%-%d+$') and is_whole(since) and is_whole(length) and is_whole(floor) and is_whole(logged))
        or redis.pcall('XLEN', log) ~= tonumber(length) then
        return false
    end
    return (last_generated(log) or last) == last
end
