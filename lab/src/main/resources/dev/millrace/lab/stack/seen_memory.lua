-- What the sets of remembered identities take: reads every one of them, changes nothing. One node, not a cluster.
--
-- KEYS   none
-- ARGV   none
-- reply  { bytes, identities }: the memory of all keys {pNN}:seen:*, their names included, and the members they hold
local bytes, identities, cursor = 0, 0, '0'
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', '{p??}:seen:*', 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    bytes = bytes + redis.call('MEMORY', 'USAGE', key)
    identities = identities + redis.call('SCARD', key)
  end
until cursor == '0'
return { bytes, identities }
