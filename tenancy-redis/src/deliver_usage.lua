-- Adds what a batch counts to the counts of a month, unless it is in already.
--
-- KEYS[1]     the month's counts: a hash
-- ARGV[1]     how long the key lives from now, in milliseconds
-- ARGV[2]     the run of the producer: the field that holds the last sequence of it
-- ARGV[3]     the sequence, below 2^53
-- ARGV[2i]    a series
-- ARGV[2i+1]  what to add to it
--
-- Returns 1 when it was added, 0 when this batch or a later one of the run was in. A count that
-- would pass 2^63-1 stays there. The field #version changes when something is added.

local last = tonumber(redis.call('HGET', KEYS[1], ARGV[2]) or '0')
if last >= tonumber(ARGV[3]) then return 0 end
for i = 4, #ARGV, 2 do
  local sum = redis.pcall('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  if type(sum) == 'table' and sum.err then
    if not string.find(sum.err, 'overflow', 1, true) then return sum end
    redis.call('HSET', KEYS[1], ARGV[i], '9223372036854775807')
  end
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('HINCRBY', KEYS[1], '#version', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
