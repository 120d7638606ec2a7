-- Settles the leases of one holder on some limits of one tenant, and grants it more.
-- The steps are those of LeaseBook in tenancy-core, to the unit.
--
-- KEYS[1]     which run of the server the books are of, and since when: a string
-- KEYS[i+1]   the book of limit i: a hash
-- ARGV[1]     the time in microseconds, or '' for the server's
-- ARGV[2]     the length of a lease in microseconds
-- ARGV[3]     1 to take a book only when this run of the server wrote it, 0 to take every book
-- ARGV[4]     how long KEYS[1] lives, in milliseconds
-- then of each limit eleven:
--   burst, how many more in each period, the period in microseconds, how long the key lives in
--   milliseconds, then of the request: holder, number, keep, back, least, need, want
--
-- Returns five integers for each limit:
--   1, or 0 when the request is older than one already answered, and the rest is 0
--   how much is kept, how much is granted, how much is free
--   0, or microseconds until there may be what is needed
--
-- A book has the fields b, n and p, the bucket; f, what is free, in units of which a microsecond
-- refills a whole number; t, when that was; e, the run of the server; and for each holder the
-- number of its last request, how much it has, how much came with that request, and until when.

local HELD_AT_MOST, FEW_EACH, MAX_HOLDERS = 4, 10, 256
local PER_LIMIT = 11

local function text(number) return string.format('%.0f', number) end

local function divided(a, b) return (a - a % b) / b end

local function divided_up(a, b)
  if a % b > 0 then return divided(a, b) + 1 end
  return divided(a, b)
end

local function greatest_divisor(a, b)
  while b ~= 0 do a, b = b, a % b end
  return a
end

local function bucket_of(burst, n, per)
  local divisor = greatest_divisor(n, per)
  local token = per / divisor
  return {burst = burst, n = n, per = per, token = token, leak = n / divisor, full = burst * token}
end

-- What may be free beside what is leased.
local function most(book)
  local leased = 0
  for _, lease in pairs(book.leases) do leased = leased + lease.amount end
  return math.max(0, book.bucket.full - leased * book.bucket.token)
end

local function refill(book, now)
  if now <= book.at then return end
  local most = most(book)
  local missing = most - book.free
  if missing > 0 then
    local passed = now - book.at
    if passed > divided(missing, book.bucket.leak) then
      book.free = most
    else
      book.free = book.free + passed * book.bucket.leak
    end
  end
  book.at = now
end

-- Leases end in their order, each under the refill in force until then.
local function refresh(book, now, length)
  local ending = {}
  for _, lease in pairs(book.leases) do
    if lease.ends <= now and lease.amount > 0 then ending[#ending + 1] = lease end
  end
  table.sort(ending, function(a, b) return a.ends < b.ends end)
  for _, lease in ipairs(ending) do
    refill(book, lease.ends)
    -- All that end at this moment; the refill of no time changes nothing between them.
    lease.amount, lease.is_changed = 0, true
  end
  refill(book, now)
  for holder, lease in pairs(book.leases) do
    if lease.ends + length <= now then
      book.leases[holder] = nil
      book.gone[#book.gone + 1] = holder
    end
  end
end

local function follow(book, bucket, now, length)
  local old = book.bucket
  if old.burst == bucket.burst and old.n == bucket.n and old.per == bucket.per then return end
  refresh(book, math.max(now, book.at), length)
  local used = divided_up(math.max(0, most(book) - book.free), old.token)
  book.bucket = bucket
  book.free = math.max(0, most(book) / bucket.token - used) * bucket.token
end

local function read(key, bucket, now, run, restart)
  local fields = redis.call('HGETALL', key)
  local book = {bucket = bucket, free = bucket.full, at = now, leases = {}, gone = {}}
  local known = {}
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if #name == 1 then
      known[name] = value
    else
      local number, amount, granted, ends = string.match(value, '^(%d+) (%d+) (%d+) (%-?%d+)$')
      book.leases[name] = {
        number = tonumber(number), amount = tonumber(amount), granted = tonumber(granted),
        ends = tonumber(ends)
      }
    end
  end
  if run ~= '' and known.e ~= run then
    -- Nobody knows what was used: it may be another server's, or lost.
    if #fields > 0 then redis.call('DEL', key) end
    book.leases, book.free, book.at = {}, 0, restart
  elseif #fields > 0 then
    book.bucket = bucket_of(tonumber(known.b), tonumber(known.n), tonumber(known.p))
    book.free, book.at = tonumber(known.f), tonumber(known.t)
  end
  return book
end

local function write(key, book, run, lives)
  local bucket = book.bucket
  local fields = {
    'b', text(bucket.burst), 'n', text(bucket.n), 'p', text(bucket.per),
    'f', text(book.free), 't', text(book.at), 'e', run
  }
  for holder, lease in pairs(book.leases) do
    if lease.is_changed then
      fields[#fields + 1] = holder
      fields[#fields + 1] = table.concat(
        {text(lease.number), text(lease.amount), text(lease.granted), text(lease.ends)}, ' ')
    end
  end
  -- First: who is gone may have come back in the same call.
  if #book.gone > 0 then redis.call('HDEL', key, unpack(book.gone)) end
  redis.call('HSET', key, unpack(fields))
  redis.call('PEXPIRE', key, lives)
end

-- Forgets a holder whose lease ended when there are too many; tells whether there is room.
local function has_room(book, now)
  local count, oldest = 0, nil
  for holder, lease in pairs(book.leases) do
    count = count + 1
    local than = oldest and book.leases[oldest]
    if lease.ends <= now and (not than or lease.ends < than.ends
        or (lease.ends == than.ends and holder < oldest)) then
      oldest = holder
    end
  end
  if count < MAX_HOLDERS then return true end
  if not oldest then return false end
  book.leases[oldest] = nil
  book.gone[#book.gone + 1] = oldest
  return true
end

local function free_tokens(book) return divided(book.free, book.bucket.token) end

local function granted(book, ask, kept, now)
  local free = free_tokens(book)
  if free < ask.least then return 0 end
  local holders = 1
  for holder, lease in pairs(book.leases) do
    if lease.ends > now and holder ~= ask.holder then holders = holders + 1 end
  end
  local burst, fair = book.bucket.burst, 0
  if divided(burst, FEW_EACH) >= holders then
    fair = math.max(0, divided(divided(burst, HELD_AT_MOST), holders) - kept)
  end
  local ahead = math.min(ask.want, fair, divided(free, 2 * holders))
  return math.max(math.min(ask.need, free), ahead)
end

local function renew(book, ask, asked_at, length)
  local now = math.max(asked_at, book.at)
  refresh(book, now, length)
  local lease = book.leases[ask.holder]
  if lease and ask.number < lease.number then return {0, 0, 0, 0, 0} end
  if lease and ask.number == lease.number then
    if lease.ends <= now then return {0, 0, 0, 0, 0} end
    return {1, lease.amount - lease.granted, lease.granted, free_tokens(book), 0}
  end
  if not lease and not has_room(book, now) then return {1, 0, 0, 0, length} end
  lease = lease or {amount = 0}
  local had = lease.amount
  local kept = math.min(ask.keep, had)
  lease.amount, lease.ends = kept, lease.ends or 0
  book.leases[ask.holder] = lease
  local token = book.bucket.token
  book.free = math.min(book.free + math.min(ask.back, had - kept) * token, most(book))
  local granted = granted(book, ask, kept, now)
  book.free = book.free - granted * token
  lease.number, lease.amount, lease.granted = ask.number, kept + granted, granted
  lease.ends = lease.amount > 0 and now + length or now
  lease.is_changed = true
  local wait = 0
  if granted < ask.least then
    local missing = math.max(0, ask.least * token - book.free)
    wait = now - asked_at + divided_up(missing, book.bucket.leak)
  end
  return {1, kept, granted, free_tokens(book), wait}
end

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local length, run = tonumber(ARGV[2]), ''
if ARGV[3] == '1' then
  -- A server draws it anew when it starts and when it takes over.
  run = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end

local restart = now
if run ~= '' then
  local since = string.match(redis.call('GET', KEYS[1]) or '', '^' .. run .. ' (%d+)$')
  if since then
    -- Another limit may need it for longer.
    redis.call('PEXPIRE', KEYS[1], ARGV[4], 'GT')
  else
    since = text(now)
    redis.call('SET', KEYS[1], run .. ' ' .. since, 'PX', ARGV[4])
  end
  restart = tonumber(since) + length
end

local answers = {}
for i = 1, #KEYS - 1 do
  local at = 4 + (i - 1) * PER_LIMIT
  local function number(place) return tonumber(ARGV[at + place]) end
  local bucket = bucket_of(number(1), number(2), number(3))
  local book = read(KEYS[i + 1], bucket, now, run, restart)
  follow(book, bucket, now, length)
  local ask = {
    holder = ARGV[at + 5], number = number(6), keep = number(7), back = number(8),
    least = number(9), need = number(10), want = number(11)
  }
  for _, value in ipairs(renew(book, ask, now, length)) do answers[#answers + 1] = value end
  write(KEYS[i + 1], book, run, ARGV[at + 4])
end
return answers
