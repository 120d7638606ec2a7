-- Holds an amount of a quota, when it fits.
--
-- KEYS[1]  the quota: a hash of `used`, `held` and the amount of each hold, by its id
-- KEYS[2]  when each hold runs out: a sorted set
-- ARGV[1]  how long both keys live from now, in milliseconds
-- ARGV[2]  the time, in milliseconds
-- ARGV[3]  the id of the hold
-- ARGV[4]  the amount
-- ARGV[5]  the most that may be used and held together, below 2^53
-- ARGV[6]  when the hold runs out, in milliseconds
--
-- Returns {1, used and held before} when it is held, {0, the same} when it does not fit; then
-- nothing is held. Numbers stay below 2^53, where a script counts exactly.

for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[2])) do
  local amount = redis.call('HGET', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
  if amount then
    redis.call('HDEL', KEYS[1], id)
    if amount ~= '0' then redis.call('HINCRBY', KEYS[1], 'held', '-' .. amount) end
  end
end
local used = tonumber(redis.call('HGET', KEYS[1], 'used') or '0')
local held = tonumber(redis.call('HGET', KEYS[1], 'held') or '0')
local fits = used + held + tonumber(ARGV[4]) <= tonumber(ARGV[5])
if fits then
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
  redis.call('HINCRBY', KEYS[1], 'held', ARGV[4])
  redis.call('ZADD', KEYS[2], ARGV[6], ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
return { fits and 1 or 0, used + held }
