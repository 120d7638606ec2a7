-- Keeps what was loaded for a cache, if the lease it was loaded under is still there.
--
-- KEYS[1]  the generation of the tenant in this cache
-- KEYS[2]  the entry
-- ARGV[1]  the run of the server, as the caller knows it
-- ARGV[2]  the lease: an entry
-- ARGV[3]  the value: an entry of the same generation
-- ARGV[4]  how long it lives, in milliseconds
--
-- Returns 1 when it is kept, 0 when something happened to the key since the load began. Whatever
-- was lost, evicted or put back from a copy in the meantime is something that happened.

if redis.call('GET', KEYS[1]) ~= string.sub(ARGV[2], 2, 17) .. ARGV[1] then return 0 end
if redis.call('GETRANGE', KEYS[2], 0, 32) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
-- Not before its entries: without it they are out of reach.
redis.call('PEXPIRE', KEYS[1], ARGV[4], 'GT')
return 1
