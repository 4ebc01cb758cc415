#!lua flags=no-writes
-- page.lua: what a node has to know of a partition to count in it, and the next entries of its logs.
--
-- At one moment because Redis runs a script alone: the entries belong to the lineage and the floor that are told with them.
--
-- KEYS  1 ctl  2 log:short  3 log:long
-- ARGV  1 process the caller is connected to  2 most entries, 3 most identities of each log
--       then for each of the two logs: 4, 5 lineage that the caller's position belongs to, '' for none; 6, 7 the position
--
-- Reply {second, epoch or '', lineage or '', process confirmed (1 or 0), clock or '', spans or '', key or '', log, log}; each log is
--   {status, floor, logged, position, entries}: the entries behind the position, flat (ID, identities, …). Where the lineage is not the
--   partition's or the position's own entry is gone, they begin with the log's first, and the status is "anew"; else it is "on". The position
--   told is that of the last entry told, or the caller's; logged is the number of identities ever logged where that is the log's last, else -1.
--   Where the partition was never opened, both logs are empty. A log that is not the one that ctl describes: {'corrupt', floor, -1, '0-0', {}}.

local FIRST_STEP, MOST_STEP = 4, 64

local ctl = KEYS[1]
local most_entries, most_identities = tonumber(ARGV[2]), tonumber(ARGV[3])
local lineage, epoch, process, clock, spans, key, since =
    unpack(redis.call('HMGET', ctl, 'lineage', 'epoch', 'process', 'clock', 'spans', 'key', 'since'))

local function read(class, log, known, position)
    local last, length, floor, logged =
        unpack(redis.call('HMGET', ctl, class .. '.last', class .. '.length', class .. '.floor', class .. '.logged'))
    if not lineage then
        return {known == '' and 'on' or 'anew', '0', '0', '0-0', {}}
    elseif not is_sound(log, since, last, length, floor, logged) then
        return {'corrupt', is_whole(floor) and floor or '0', '-1', '0-0', {}}
    end
    local status = 'on'
    if known ~= lineage then
        status, position = 'anew', '0-0'
    elseif position == last then
        return {'on', floor, logged, last, {}}
    elseif position ~= '0-0' then
        local own = redis.call('XRANGE', log, position, position)
        if not own[1] then
            status, position = 'anew', '0-0'
        end
    end
    local entries, count, identities, step = {}, 0, 0, math.min(FIRST_STEP, most_entries)
    repeat
        local page = redis.call('XRANGE', log, '(' .. position, '+', 'COUNT', step)
        for _, entry in ipairs(page) do
            position = entry[1]
            entries[#entries + 1] = position
            entries[#entries + 1] = entry[2][2]
            count = count + 1
            identities = identities + #entry[2][2] / 8
            if identities >= most_identities then
                break
            end
        end
        local ended = #page < step
        -- As many as should do, by the size of those before: an entry holds from one to thousands of identities.
        step = math.min(most_entries - count, MOST_STEP, math.max(1, math.floor((most_identities - identities) * count / math.max(identities, 1))))
    until ended or identities >= most_identities or count >= most_entries
    -- A log whose entries are all trimmed: nothing is left to read up to its last.
    if count == 0 then
        position = last
    end
    return {status, floor, position == last and logged or '-1', position, entries}
end

return {
    tonumber(redis.call('TIME')[1]), epoch or '', lineage or '', process == ARGV[1] and 1 or 0, clock or '', spans or '', key or '',
    read('short', KEYS[2], ARGV[4], ARGV[6]), read('long', KEYS[3], ARGV[5], ARGV[7])
}
