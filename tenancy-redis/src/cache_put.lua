-- Puts a value into a cache, whatever is there.
--
-- KEYS[1]  the generation of the tenant in this cache
-- KEYS[2]  the entry
-- ARGV[1]  the run of the server, as the caller knows it
-- ARGV[2]  16 random bytes
-- ARGV[3]  the value
-- ARGV[4]  how long it lives, in milliseconds
--
-- Returns 1. cache_begin.lua says what generations and entries are.

local generation
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 17) == ARGV[1] then
  generation = string.sub(held, 1, 16)
  redis.call('PEXPIRE', KEYS[1], ARGV[4], 'GT')
else
  generation = ARGV[2]
  redis.call('SET', KEYS[1], generation .. ARGV[1], 'PX', ARGV[4])
end
redis.call('SET', KEYS[2], 'v' .. generation .. ARGV[3], 'PX', ARGV[4])
return 1
