-- Adds to the counts of a month.
--
-- KEYS[1]     the month's counts: a hash
-- ARGV[1]     how long the key lives from now, in milliseconds
-- ARGV[2i]    a series
-- ARGV[2i+1]  what to add to it
--
-- Returns 1. A count that would pass 2^63-1 stays there. The field #version changes with each
-- call.

for i = 2, #ARGV, 2 do
  local sum = redis.pcall('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  if type(sum) == 'table' and sum.err then
    if not string.find(sum.err, 'overflow', 1, true) then return sum end
    redis.call('HSET', KEYS[1], ARGV[i], '9223372036854775807')
  end
end
redis.call('HINCRBY', KEYS[1], '#version', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
