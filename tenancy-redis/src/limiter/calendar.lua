
-- Calendar: the count of a period.
--
-- Policy: 4 n, 2 a mark of the period and the zone, 7 the length of all periods in microseconds;
--         0 when they are not alike, and then 3 times 7: when the period before the client's now
--         ends, that of its now, and the one after it.
-- State:  5 when the period ends, in seconds, 4 the count, 4 n, 2 the mark.
make[3] = function()
  -- Made at its size: a table that grows is made anew.
  local kind = {
    policy = false,
    load = false,
    read = false,
    closed_until = false,
    charge = false,
    refund = false,
    idle_at = false,
    encode = false,
    decode = false,
  }

  local function end_of(limit, time)
    local length = limit.length
    if length > 0 then return time - time % length + length end
    if time < limit.before then return limit.before end
    if time < limit.ends then return limit.ends end
    return limit.after
  end

  local function count_at(state)
    return now < state.ends and state.count or 0
  end

  local function under(state, limit)
    local count = count_at(state)
    if limit.change == 1 then
      count = part(count, limit.n, state.n)
    elseif limit.change == 2 then
      count = 0
    end
    local ends = 0
    if count > 0 then ends = state.mark == limit.mark and state.ends or end_of(limit, now) end
    return { ends = ends, count = count, n = limit.n, mark = limit.mark }
  end

  function kind.policy(limit, text, at)
    limit.n, limit.mark, limit.length, at = unpack('>I4I2I7', text, at)
    if limit.length == 0 then
      limit.before, limit.ends, limit.after, at = unpack('>I7I7I7', text, at)
    end
    return at
  end

  function kind.load(limit)
    local state = state_of(limit)
    if not state then
      state = { ends = 0, count = 0, n = limit.n, mark = limit.mark }
    elseif state.n ~= limit.n or state.mark ~= limit.mark then
      state = under(state, limit)
    end
    limit.state = state
  end

  function kind.read(limit, cost)
    local state, n = limit.state, limit.n
    local used = count_at(state)
    local remaining = used < n and n - used or 0
    local until_end = used > 0 and state.ends - now or 0
    limit.remaining, limit.more, limit.reset = remaining, until_end, until_end
    if cost <= remaining then
      limit.wait = -1
    elseif cost > n then
      limit.wait = -2
    else
      limit.wait = until_end
    end
  end

  function kind.closed_until(limit)
    return end_of(limit, since)
  end

  function kind.charge(limit, cost)
    local state = limit.state
    if now >= state.ends or state.count == 0 then
      state.ends, state.count = end_of(limit, now), 0
    end
    state.count = state.count + cost
    if state.count > MOST_COUNT then state.count = MOST_COUNT end
    keep(limit, state)
  end

  function kind.refund(limit, cost, at)
    local state = limit.state
    if now < state.ends and end_of(limit, at) == state.ends then
      state.count = state.count > cost and state.count - cost or 0
    end
    keep(limit, state)
  end

  function kind.idle_at(state)
    return state.count > 0 and state.ends or 0
  end

  function kind.encode(state)
    return pack('>I5I4I4I2', floor(state.ends / 1000000), state.count, state.n, state.mark)
  end

  function kind.decode(body)
    local ends, count, n, mark = unpack('>I5I4I4I2', body)
    return { ends = ends * 1000000, count = count, n = n, mark = mark }
  end

  return kind
end
