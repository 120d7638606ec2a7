
-- Concurrency: the permits by when they end, in a sorted set under a key of its own.
--
-- Policy: 4 n, 7 how long a permit lives, in microseconds.
make[5] = function()
  -- Made at its size: a table that grows is made anew.
  local kind = {
    policy = false,
    load = false,
    read = false,
    closed_until = false,
    charge = false,
    refund = false,
    reset = false,
  }

  -- When the permit at a place of those that are held ends.
  local function end_at(limit, place)
    local found =
      call('ZRANGEBYSCORE', limit.key, limit.after_now, '+inf', 'WITHSCORES', 'LIMIT', place, 1)
    return tonumber(found[2])
  end

  function kind.policy(limit, text, at)
    limit.n, limit.per, at = unpack('>I4I7', text, at)
    return at
  end

  function kind.load(limit)
    limit.after_now = string.format('(%.0f', now)
    limit.held = call('ZCOUNT', limit.key, limit.after_now, '+inf')
    local ends = limit.id and call('ZSCORE', limit.key, limit.id)
    limit.is_held = ends and tonumber(ends) > now
  end

  function kind.read(limit)
    local held, n = limit.held, limit.n
    limit.remaining = held < n and n - held or 0
    limit.more, limit.reset, limit.wait = 0, 0, -1
    if held > 0 then
      limit.more = end_at(limit, 0) - now
      limit.reset = end_at(limit, held - 1) - now
    end
    if held >= n and not limit.is_held then limit.wait = end_at(limit, held - n) - now end
  end

  function kind.closed_until(limit)
    return since + limit.per
  end

  function kind.charge(limit)
    call('ZREMRANGEBYSCORE', limit.key, '-inf', string.format('%.0f', now))
    call('ZADD', limit.key, now + limit.per, limit.id)
    kind.load(limit)
    local last = end_at(limit, limit.held - 1)
    call('PEXPIRE', limit.key, ceil_div(last - now, 1000) + grace)
  end

  function kind.refund(limit)
    call('ZREM', limit.key, limit.id)
    kind.load(limit)
  end

  function kind.reset(limit)
    call('DEL', limit.key)
    kind.load(limit)
  end

  return kind
end
