
-- At most: the counts of the newest 16 buckets.
--
-- Policy: 4 n, 7 the window in microseconds.
-- State:  6 the number of the newest bucket, 6 the window, 1 sizes, n, the counts from the newest
--         to the oldest that is not 0; n and the counts are as many bytes as the low half of the
--         sizes says, and there is one count more than the high half says.
make[1] = function()
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

  local function bucket_of(per)
    return floor((per + 14) / 15)
  end

  -- When the bucket of this age does not count any more.
  local function forgotten_at(state, age)
    return (state.newest - age + 1) * state.bucket - 1 + state.per
  end

  local function not_before_newest(state)
    local begins = state.newest * state.bucket
    if begins > now then return begins end
    return now
  end

  -- Counts that are not there are 0; there is one at least.
  local function add(state, bucket, count)
    local counts = state.counts
    local newer = bucket - state.newest
    if newer > 15 then
      state.counts, state.newest = { count > MOST_COUNT and MOST_COUNT or count }, bucket
      return
    end
    if newer > 0 then
      for place = math.min(#counts, 16 - newer), 1, -1 do
        counts[place + newer] = counts[place]
      end
      for place = 1, newer do
        counts[place] = 0
      end
      state.newest = bucket
    end
    local place = state.newest - bucket + 1
    if place <= 16 then
      for missing = #counts + 1, place do
        counts[missing] = 0
      end
      count = count + counts[place]
      counts[place] = count > MOST_COUNT and MOST_COUNT or count
    end
  end

  local function new(limit)
    return {
      newest = 0,
      n = limit.n,
      per = limit.per,
      bucket = bucket_of(limit.per),
      counts = { 0 },
    }
  end

  local function under(state, limit)
    local other = new(limit)
    if limit.change == 2 then return other end
    local time = not_before_newest(state)
    for age = #state.counts - 1, 0, -1 do
      local count = state.counts[age + 1]
      if count > 0 and forgotten_at(state, age) > time then
        if limit.change == 1 then count = part(count, limit.n, state.n) end
        local at = (state.newest - age + 1) * state.bucket - 1
        if at > time then at = time end
        add(other, floor(at / other.bucket), count)
      end
    end
    return other
  end

  function kind.policy(limit, text, at)
    limit.n, limit.per, at = unpack('>I4I7', text, at)
    return at
  end

  function kind.load(limit)
    local state = state_of(limit)
    if not state then
      state = new(limit)
    elseif state.n ~= limit.n or state.per ~= limit.per then
      state = under(state, limit)
    end
    limit.state = state
  end

  function kind.read(limit, cost)
    local state, n = limit.state, limit.n
    local counts, bucket, time = state.counts, state.bucket, now
    local begins = state.newest * bucket
    if begins > now then time = begins end
    local used, oldest, newest = 0, false, false
    -- When the oldest one does not count any more.
    local at = begins + (1 - #counts) * bucket + bucket - 1 + state.per
    for place = #counts, 1, -1 do
      local count = counts[place]
      if count > 0 and at > time then
        used = used + count
        oldest = oldest or at
        newest = at
      end
      at = at + bucket
    end
    limit.remaining = used < n and n - used or 0
    limit.more = oldest and oldest - time or 0
    limit.reset = newest and newest - time or 0
    if cost <= limit.remaining then
      limit.wait = -1
    elseif cost > n then
      limit.wait = -2
    else
      local enough = used + cost - n
      for age = #counts - 1, 0, -1 do
        local at = forgotten_at(state, age)
        if counts[age + 1] > 0 and at > time then
          enough = enough - counts[age + 1]
          if enough <= 0 then
            limit.wait = at - time
            break
          end
        end
      end
    end
  end

  function kind.closed_until(limit)
    return since + limit.per
  end

  function kind.charge(limit, cost)
    local state = limit.state
    add(state, floor(not_before_newest(state) / state.bucket), cost)
    keep(limit, state)
  end

  function kind.refund(limit, cost, at)
    local state = limit.state
    local place = state.newest - floor(at / state.bucket) + 1
    if place >= 1 and place <= #state.counts then
      local count = state.counts[place] - cost
      state.counts[place] = count > 0 and count or 0
    end
    keep(limit, state)
  end

  function kind.idle_at(state)
    for age = 0, #state.counts - 1 do
      if state.counts[age + 1] > 0 then return forgotten_at(state, age) end
    end
    return 0
  end

  local function format_of(size, count)
    return '>' .. (size == 1 and 'B' or size == 2 and 'I2' or 'I4'):rep(count)
  end

  function kind.encode(state)
    local counts, most, last = state.counts, state.n, 1
    for place = 1, math.min(#counts, 16) do
      local count = counts[place]
      if count > 0 then
        last = place
        if count > most then most = count end
      end
    end
    local size = most < 256 and 1 or most < 65536 and 2 or 4
    return pack('>I6I6B', state.newest, state.per, (last - 1) * 16 + size)
      .. pack(format_of(size, last + 1), state.n, spread(counts, 1, last))
  end

  function kind.decode(body)
    local newest, per, sizes, at = unpack('>I6I6B', body)
    local size, count = sizes % 16, floor(sizes / 16) + 1
    local counts = { unpack(format_of(size, count + 1), body, at) }
    -- The last one tells where the next would be.
    counts[count + 2] = nil
    local n = table.remove(counts, 1)
    return { newest = newest, per = per, bucket = bucket_of(per), n = n, counts = counts }
  end

  return kind
end
