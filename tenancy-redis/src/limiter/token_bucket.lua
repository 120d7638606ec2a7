
-- Token bucket: what is used of it, in units, and since when.
--
-- Policy: 4 the burst, 4 n, 7 the period in microseconds.
-- State:  7 the used units, 7 since when, 4 the burst, 4 n, 6 the period.
--
-- A token is the period, and a microsecond refills n, both divided by what divides both.
make[2] = function()
  -- Made at its size: a table that grows is made anew.
  local kind = {
    policy = false,
    load = false,
    read = false,
    charge = false,
    refund = false,
    idle_at = false,
    encode = false,
    decode = false,
  }

  local function measure(state)
    local a, b = state.n, state.per
    while b ~= 0 do
      a, b = b, a % b
    end
    state.token, state.leak = state.per / a, state.n / a
    return state
  end

  local function used_at(state, time)
    local since = time - state.at
    if since > floor(state.used / state.leak) then return 0 end
    return state.used - since * state.leak
  end

  local function not_before(state)
    if state.at > now then return state.at end
    return now
  end

  local function under(state, limit)
    local time = not_before(state)
    local tokens = ceil_div(used_at(state, time), state.token)
    if limit.change == 1 then
      tokens = part(tokens, limit.burst, state.burst)
    elseif limit.change == 2 then
      tokens = 0
    end
    local other = measure({ at = time, burst = limit.burst, n = limit.n, per = limit.per })
    other.used = tokens >= floor(MOST / other.token) and MOST or tokens * other.token
    return other
  end

  function kind.policy(limit, text, at)
    limit.burst, limit.n, limit.per, at = unpack('>I4I4I7', text, at)
    return at
  end

  function kind.load(limit)
    local state = state_of(limit)
    if not state then
      state = measure({ used = 0, at = 0, burst = limit.burst, n = limit.n, per = limit.per })
      if since then
        state.used, state.at = state.burst * state.token, since
      end
    elseif state.n ~= limit.n or state.burst ~= limit.burst or state.per ~= limit.per then
      state = under(state, limit)
    end
    limit.state = state
  end

  function kind.read(limit, cost)
    local state, burst = limit.state, limit.burst
    local token, leak = state.token, state.leak
    local used, full = used_at(state, not_before(state)), burst * token
    local remaining = used < full and floor((full - used) / token) or 0
    -- How many units must come back until so many tokens are left.
    local short = used - full
    limit.remaining, limit.more, limit.reset = remaining, 0, 0
    if used > 0 then
      local more = remaining < burst and remaining + 1 or burst
      limit.more = ceil_div(short + more * token, leak)
      limit.reset = ceil_div(used, leak)
    end
    if cost <= remaining then
      limit.wait = -1
    elseif cost > burst then
      limit.wait = -2
    else
      limit.wait = ceil_div(short + cost * token, leak)
    end
  end

  function kind.charge(limit, cost)
    local state = limit.state
    local time = not_before(state)
    local used = used_at(state, time)
    if cost > floor((MOST - used) / state.token) then
      state.used = MOST
    else
      state.used = used + cost * state.token
    end
    state.at = time
    keep(limit, state)
  end

  function kind.refund(limit, cost, at)
    local state = limit.state
    local time = not_before(state)
    local units = cost > floor(MOST / state.token) and MOST or cost * state.token
    local since = time - at
    local gained = units
    if since < 0 then
      gained = 0
    elseif since <= floor(units / state.leak) then
      gained = since * state.leak
    end
    local used = used_at(state, time) - (units - gained)
    state.used = used > 0 and used or 0
    state.at = time
    keep(limit, state)
  end

  function kind.idle_at(state)
    return state.at + ceil_div(state.used, state.leak)
  end

  function kind.encode(state)
    return pack('>I7I7I4I4I6', state.used, state.at, state.burst, state.n, state.per)
  end

  function kind.decode(body)
    local used, at, burst, n, per = unpack('>I7I7I4I4I6', body)
    return measure({ used = used, at = at, burst = burst, n = n, per = per })
  end

  return kind
end
