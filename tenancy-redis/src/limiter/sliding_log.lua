
-- Sliding log: a list of entries, oldest first, under a key of its own.
--
-- Policy: 4 n, 7 the window in microseconds.
--
-- An entry is 9 bytes, which a list keeps in 11: 52 bits of time, 20 bits of the total of all
-- hits up to it, going round. Only differences of totals count, and they stay below 2^20: n is
-- at most 1,000,000. The first entry does not count itself; its total is where counting starts.
make[4] = function()
  -- Made at its size: a table that grows is made anew.
  local kind = {
    policy = false,
    load = false,
    read = false,
    closed_until = false,
    charge = false,
    reset = false,
  }
  local ROUND = 1048576

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
    return at and at <= log.now - log.per
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

  function kind.policy(limit, text, at)
    limit.n, limit.per, at = unpack('>I4I7', text, at)
    return at
  end

  function kind.load(log)
    log.now, log.newest_at, log.newest_total = now, false, 0
    log.oldest_at, log.expired, log.before, log.used = false, 0, 0, 0
    local newest = call('LINDEX', log.key, -1)
    if not newest then return end
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

  function kind.read(log, cost)
    log.remaining = log.used < log.n and log.n - log.used or 0
    log.more, log.reset = 0, 0
    if log.oldest_at then
      log.more = log.oldest_at + log.per - log.now
      log.reset = log.newest_at + log.per - log.now
    end
    if cost <= log.remaining then
      log.wait = -1
    elseif cost > log.n then
      log.wait = -2
    else
      log.enough = log.used + cost - log.n
      local short = last_place(log, log.expired, is_short)
      log.wait = entry(log, short + 1) + log.per - log.now
    end
  end

  function kind.closed_until(log)
    return since + log.per
  end

  function kind.charge(log, cost)
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
    call('PEXPIRE', log.key, ceil_div(log.per, 1000) + grace)
    log.used = log.used + cost
    log.oldest_at = log.oldest_at or log.now
    log.newest_at = log.now
  end

  function kind.reset(log)
    call('DEL', log.key)
    kind.load(log)
  end

  return kind
end
