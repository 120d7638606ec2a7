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
local call, pack, unpack = redis.call, struct.pack, struct.unpack

local function encode(at, total)
  local fine = at % 16
  return pack('>I6I3', (at - fine) / 16, fine * ROUND + total)
end

local function decode(packed)
  local high, low = unpack('>I6I3', packed)
  local total = low % ROUND
  return high * 16 + (low - total) / ROUND, total
end

-- The time and the total at a place, nothing behind the last one. The first four are at hand.
local function entry(log, place)
  local packed = log.head[place + 1] or call('LINDEX', log.key, place)
  if packed then return decode(packed) end
end

local function is_expired(log, at)
  return at and at <= log.now - log.window
end

-- Whether too little comes free when this entry expires.
local function is_short(log, at, total)
  return at and (total - log.before) % ROUND < log.enough
end

-- The last place from `low` on for which `holds`. The places that do come first.
local function last_place(log, low, holds)
  local step = 1
  while holds(log, entry(log, low + step)) do
    low = low + step
    step = step * 2
  end
  while step > 1 do
    step = step / 2
    if holds(log, entry(log, low + step)) then low = low + step end
  end
  return low
end

local function read(log, cost)
  local newest = call('LINDEX', log.key, -1)
  if newest then
    log.head = call('LRANGE', log.key, 0, 3)
    log.newest_at, log.newest_total = decode(newest)
    -- A clock that went backwards does not open the window.
    if log.newest_at > log.now then log.now = log.newest_at end
    log.expired = last_place(log, 0, is_expired)
    local _, before = entry(log, log.expired)
    log.before = before
    log.used = (log.newest_total - before) % ROUND
    log.oldest_at = entry(log, log.expired + 1) or false
  end
  if cost > log.n then
    log.wait = -2
  elseif log.used + cost > log.n then
    log.enough = log.used + cost - log.n
    local short = last_place(log, log.expired, is_short)
    log.wait = entry(log, short + 1) + log.window - log.now
  end
end

local function charge(log, cost)
  if not log.newest_at then
    call('RPUSH', log.key, encode(0, 0), encode(log.now, cost))
  else
    if log.expired > 0 then call('LTRIM', log.key, log.expired, -1) end
    local newest = encode(log.now, (log.newest_total + cost) % ROUND)
    if log.oldest_at and log.newest_at == log.now then
      call('LSET', log.key, -1, newest)
    else
      call('RPUSH', log.key, newest)
    end
  end
  call('PEXPIRE', log.key, log.ttl)
  log.used = log.used + cost
  log.oldest_at = log.oldest_at or log.now
  log.newest_at = log.now
end

local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end
local cost = tonumber(ARGV[2])
local charging = ARGV[3] == '1'

local logs = {}
for i, key in ipairs(KEYS) do
  -- All fields from the start: a table that grows is made anew.
  local log = {
    key = key,
    n = tonumber(ARGV[3 * i + 1]),
    window = tonumber(ARGV[3 * i + 2]),
    ttl = ARGV[3 * i + 3],
    now = now,
    head = false,
    newest_at = false,
    newest_total = 0,
    oldest_at = false,
    expired = 0,
    before = 0,
    used = 0,
    enough = 0,
    wait = -1,
  }
  read(log, cost)
  if log.wait ~= -1 then charging = false end
  logs[i] = log
end

local reply = {}
for i, log in ipairs(logs) do
  if charging then charge(log, cost) end
  local more, reset = 0, 0
  if log.oldest_at then
    more = log.oldest_at + log.window - log.now
    reset = log.newest_at + log.window - log.now
  end
  local remaining = log.n - log.used
  if remaining < 0 then remaining = 0 end
  local at = 4 * i
  reply[at - 3], reply[at - 2], reply[at - 1], reply[at] = remaining, more, reset, log.wait
end
return reply
