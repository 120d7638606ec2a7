-- Decides over the sliding logs of one tenant at once: all are charged, or none is.
--
-- KEYS[i]      the log of limit i: a list, oldest entry first
-- ARGV[1]      the time in microseconds, or '' for the server's
-- ARGV[2]      the cost
-- ARGV[3]      '1' to charge when all admit, '0' to read only
-- ARGV[3i+1]   of limit i: how many it admits
-- ARGV[3i+2]   of limit i: its window in microseconds
-- ARGV[3i+3]   of limit i: how long the key lives after a charge, in milliseconds
--
-- Returns four integers for each limit:
--   how much remains, after the charge if there was one
--   microseconds until more remains, 0 when nothing is used
--   microseconds until everything remains, 0 when nothing is used
--   -1 when it admits, -2 when it never will, else microseconds until it does
--
-- An entry is 9 bytes, which a list keeps in 11: 52 bits of time, 20 bits of the total of all
-- hits up to it, going round. Only differences of totals count, and they stay below 2^20: n is
-- at most 1,000,000. The first entry does not count itself; its total is where counting starts.
-- All numbers are integers below 2^53, which Lua's doubles hold exactly.

local ROUND = 1048576

local function encode(at, total)
  return struct.pack('>I6I3', math.floor(at / 16), (at % 16) * ROUND + total)
end

local function entry(log, place)
  local packed = log.head[place + 1] or redis.call('LINDEX', log.key, place)
  if not packed then return nil end
  local high, low = struct.unpack('>I6I3', packed)
  return high * 16 + math.floor(low / ROUND), low % ROUND
end

-- The last place from `low` on for which `holds`. The places that do come first.
local function last_place(log, low, holds)
  local step = 1
  while holds(entry(log, low + step)) do
    low = low + step
    step = step * 2
  end
  local high = low + step
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    if holds(entry(log, middle)) then low = middle else high = middle end
  end
  return low
end

local function read(log, now, cost)
  local newest = redis.call('LINDEX', log.key, -1)
  log.now, log.used, log.wait = now, 0, -1
  if newest then
    log.head = redis.call('LRANGE', log.key, 0, 3)
    log.newest_at, log.newest_total = entry({ head = { newest } }, 0)
    -- A clock that went backwards does not open the window.
    if log.newest_at > now then log.now = log.newest_at end
    local expired_at = log.now - log.window
    log.expired = last_place(log, 0, function(at) return at and at <= expired_at end)
    local _, before = entry(log, log.expired)
    log.used = (log.newest_total - before) % ROUND
    log.oldest_at = entry(log, log.expired + 1)
    log.before = before
  end
  log.remaining = math.max(log.n - log.used, 0)
  if cost > log.n then
    log.wait = -2
  elseif cost > log.remaining then
    local enough = log.used + cost - log.n
    local short = last_place(log, log.expired, function(at, total)
      return at and (total - log.before) % ROUND < enough
    end)
    log.wait = entry(log, short + 1) + log.window - log.now
  end
end

local function charge(log, cost)
  if not log.newest_at then
    redis.call('RPUSH', log.key, encode(0, 0), encode(log.now, cost))
  else
    if log.expired > 0 then redis.call('LTRIM', log.key, log.expired, -1) end
    local newest = encode(log.now, (log.newest_total + cost) % ROUND)
    if log.oldest_at and log.newest_at == log.now then
      redis.call('LSET', log.key, -1, newest)
    else
      redis.call('RPUSH', log.key, newest)
    end
  end
  redis.call('PEXPIRE', log.key, log.ttl)
  log.remaining = log.remaining - cost
  log.oldest_at = log.oldest_at or log.now
  log.newest_at = log.now
end

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local cost = tonumber(ARGV[2])
local charging = ARGV[3] == '1'

local logs = {}
for i, key in ipairs(KEYS) do
  local log = {
    key = key,
    n = tonumber(ARGV[3 * i + 1]),
    window = tonumber(ARGV[3 * i + 2]),
    ttl = ARGV[3 * i + 3],
  }
  read(log, now, cost)
  if log.wait ~= -1 then charging = false end
  logs[i] = log
end

local reply = {}
for _, log in ipairs(logs) do
  if charging then charge(log, cost) end
  local more, reset = 0, 0
  if log.oldest_at then
    more = log.oldest_at + log.window - log.now
    reset = log.newest_at + log.window - log.now
  end
  reply[#reply + 1] = log.remaining
  reply[#reply + 1] = more
  reply[#reply + 1] = reset
  reply[#reply + 1] = log.wait
end
return reply
