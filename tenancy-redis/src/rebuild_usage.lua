-- Replaces the counts of a month, when nothing has changed them since they were read.
--
-- KEYS[1]     the month's counts: a hash
-- ARGV[1]     how long the key lives from now, in milliseconds
-- ARGV[2]     the version they were read at; 0 for none
-- ARGV[2i+1]  a field: a series, or a run of a producer
-- ARGV[2i+2]  its value
--
-- Returns 1 when they were replaced, 0 when they had changed.

if (redis.call('HGET', KEYS[1], '#version') or '0') ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
for i = 3, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('HSET', KEYS[1], '#version', ARGV[2])
redis.call('HINCRBY', KEYS[1], '#version', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
