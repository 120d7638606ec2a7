-- Decides calls over limits, one after the other: all limits of a call are charged, or none is.
--
-- This is the head of one script; a file for each shape follows, and `decide.lua` ends it.
--
-- ARGV[1]    the time in microseconds, or '' for the server's
-- ARGV[2]    how long a key lives after nothing of it counts any more, in milliseconds
-- ARGV[3]    1 when what is not here may have been lost, else 0
-- ARGV[3+i]  call i, packed, numbers big-endian:
--              1  the operation: 0 peek, 1 charge, 2 up to, 3 force, 4 refund, 5 release, 6 renew,
--                 7 reset
--              1  how many limits
--              1  1 when the call has an id, else 0
--              4  the cost
--              with an id: 16 the id, 6 a fingerprint of the limits, 7 microseconds until nothing
--              of a charge counts
--            and for each limit:
--              1  the shape: 1 at most, 2 token bucket, 3 calendar, 4 sliding log, 5 concurrency
--              1  1 for a shadow; 2 when a change is proportional, 4 when it resets
--              1  the length of the name, and the name
--              the numbers of the policy: see the file of the shape
-- KEYS       for each call the keys of its limits, and with an id the key of the charge. Limits
--            of the first three shapes and one subject share a key. When something may have been
--            lost, one more: since when this server has these keys. All keys are named here.
--
-- Returns for each call
--   how much was charged or given back; or a text, when its keys hold something else
-- and for each of its limits
--   how much remains, after the charge if there was one
--   microseconds until more remains, 0 when nothing is used
--   microseconds until everything remains, 0 when nothing is used
--   -1 when it admits, -2 when it never will, else microseconds until it does
--
-- All numbers are integers below 2^53, which Lua's doubles hold exactly; so is every quotient of
-- them, rounded down.

local spread = unpack
local call, pack, unpack = redis.call, struct.pack, struct.unpack
local floor, sub, byte = math.floor, string.sub, string.byte
local MOST, MOST_COUNT = 4503599627370496, 4294967295

local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end
local grace = tonumber(ARGV[2])

-- Since when this server has these keys, or false when that does not matter.
--
-- A server draws its replication id anew when it starts and when it takes over. Whatever was
-- charged before may be missing here: it counts as if all of each limit had been charged then.
local since = false
if ARGV[3] == '1' then
  local key = KEYS[#KEYS]
  local server = string.match(call('INFO', 'replication'), 'master_replid:(%w+)')
  local known = call('GET', key)
  since = known and string.match(known, '^' .. server .. ' (%d+)$')
  if since then
    since = tonumber(since)
  else
    since = now
    call('SET', key, string.format('%s %.0f', server, now))
  end
end

local function ceil_div(a, b)
  return floor((a + b - 1) / b)
end

-- What `of` becomes when `old` becomes `new`: the same part, rounded up.
local function part(of, new, old)
  if of > MOST_COUNT then of = MOST_COUNT end
  local low = of % 65536
  local product = (of - low) / 65536 * new
  local high = floor(product / old)
  product = (product - high * old) * 65536 + low * new
  local quotient = floor(product / old)
  if product > quotient * old then quotient = quotient + 1 end
  quotient = high * 65536 + quotient
  if quotient > MOST_COUNT then return MOST_COUNT end
  return quotient
end

-- The states of a subject, by name. A state is decoded when it is asked for.
--
-- The value is a sequence of entries: a byte of 64 times the shape plus the length of the name,
-- the name, and the state. Before them, where it matters, a byte of 0 and 7 of since when the
-- server had the key that wrote them. Buckets of another server are dropped: what is missing is
-- not known, and they begin anew. Other shapes stay, and are closed until they count no more.
local packs, dirty = {}, {}

local function length_of(shape, value, at)
  if shape == 1 then
    local sizes = byte(value, at + 12)
    return 13 + sizes % 16 * (floor(sizes / 16) + 2)
  elseif shape == 2 then
    return 28
  elseif shape == 3 then
    return 15
  end
end

local function parse(key)
  local entries, value = {}, call('GET', key)
  if value then
    local at, last, of = 1, #value, false
    if byte(value) == 0 then
      of = unpack('>I7', value, 2)
      at = 9
    end
    local drops = since and of ~= since
    while at <= last do
      local head = byte(value, at)
      local shape, length = floor(head / 64), head % 64
      local name = sub(value, at + 1, at + length)
      at = at + 1 + length
      length = length_of(shape, value, at)
      if at + length - 1 > last then error('a key holds no limits') end
      if not (drops and shape == 2) then
        entries[name] = { shape = shape, body = sub(value, at, at + length - 1) }
      end
      at = at + length
    end
  end
  packs[key] = entries
  return entries
end

-- The state of a limit that shares its key, or nil. It is decoded once.
local function state_of(limit)
  local entries = packs[limit.key] or parse(limit.key)
  local entry = entries[limit.name]
  if not entry or entry.shape ~= limit.shape then return end
  if not entry.state then entry.state = limit.kind.decode(entry.body) end
  return entry.state
end

local function keep(limit, state)
  local entries = packs[limit.key]
  local entry = entries[limit.name]
  if entry and entry.state == state then
    entry.kind = limit.kind
  else
    entries[limit.name] = { shape = limit.shape, state = state, kind = limit.kind }
  end
  dirty[limit.key] = true
end

local kinds, make = {}, {}
