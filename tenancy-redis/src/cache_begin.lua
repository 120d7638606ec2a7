-- Looks for a value of a cache; when there is none, lets a load begin.
--
-- KEYS[1]  the generation of the tenant in this cache
-- KEYS[2]  the entry
-- ARGV[1]  the run of the server, as the caller knows it
-- ARGV[2]  16 random bytes
-- ARGV[3]  how long a lease lives, in milliseconds
--
-- Returns the entry that is there at the end: a value, or the lease to fill it. Loads of one key
-- share a lease.
--
-- A generation is 16 random bytes and the run. One of another run was put back from a copy, and
-- flushes after that copy are lost: it is over. An entry is a letter, `v` for a value or `l` for a
-- lease, the 16 bytes of its generation, and the value or 16 bytes that nobody has used before.

local generation
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 17) == ARGV[1] then
  generation = string.sub(held, 1, 16)
  local head = redis.call('GETRANGE', KEYS[2], 0, 16)
  if head == 'v' .. generation then return redis.call('GET', KEYS[2]) end
  redis.call('PEXPIRE', KEYS[1], ARGV[3], 'GT')
  if head == 'l' .. generation then
    redis.call('PEXPIRE', KEYS[2], ARGV[3], 'GT')
    return redis.call('GET', KEYS[2])
  end
else
  generation = ARGV[2]
  redis.call('SET', KEYS[1], generation .. ARGV[1], 'PX', ARGV[3])
end
local lease = 'l' .. generation .. ARGV[2]
redis.call('SET', KEYS[2], lease, 'PX', ARGV[3])
return lease
