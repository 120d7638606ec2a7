-- Ends a hold of a quota, and counts what was used of it.
--
-- KEYS[1]  the quota: a hash of `used`, `held` and the amount of each hold, by its id
-- KEYS[2]  when each hold runs out: a sorted set
-- ARGV[1]  the time, in milliseconds
-- ARGV[2]  the id of the hold
-- ARGV[3]  what was used, no more than was held
--
-- Returns 1, or 0 when it was not held any more; then nothing counts.

local amount = redis.call('HGET', KEYS[1], ARGV[2])
local runs_out = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not amount or not runs_out then return 0 end
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[2])
if amount ~= '0' then redis.call('HINCRBY', KEYS[1], 'held', '-' .. amount) end
if tonumber(runs_out) <= tonumber(ARGV[1]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'used', ARGV[3])
return 1
