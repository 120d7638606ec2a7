
local PEEK, CHARGE, UP_TO, FORCE, REFUND, RELEASE, RENEW = 0, 1, 2, 3, 4, 5, 6

local next_key, known = 1, {}

-- Takes the keys of a call that reads like one before: in a batch most do.
local function take_keys(asked)
  for _, limit in ipairs(asked) do
    limit.key = KEYS[next_key]
    next_key = next_key + 1
  end
  if asked.id then
    asked.key = KEYS[next_key]
    next_key = next_key + 1
  end
  return asked
end

-- Reads a call apart. A limit has most fields from the start: a table that grows is made anew.
local function read_call(text)
  local operation, count, has_id, cost, at = unpack('>BBBI4', text)
  local asked = { operation = operation, cost = cost, id = false }
  if has_id == 1 then
    asked.id, asked.limits, asked.longest, at = unpack('>c16I6I7', text, at)
  end
  for place = 1, count do
    local shape, flags, length = byte(text, at, at + 2)
    local kind = kinds[shape]
    if not kind then
      kind = make[shape]()
      kinds[shape] = kind
    end
    local limit = {
      shape = shape,
      kind = kind,
      key = false,
      name = sub(text, at + 3, at + 2 + length),
      is_shadow = flags % 2 == 1,
      change = floor(flags / 2),
      id = asked.id,
      n = 0,
      per = 0,
      state = false,
      remaining = 0,
      more = 0,
      reset = 0,
      wait = -1,
    }
    at = kind.policy(limit, text, at + 3 + length)
    asked[place] = limit
  end
  known[text] = asked
  return asked
end

local function load_all(asked)
  if asked.operation == REFUND then
    asked.of = nil
    local charged = call('GET', asked.key)
    if charged then
      local of
      asked.at, asked.charged, asked.of, of = unpack('>I7I4I6I7', charged)
      -- Another server may have given it back already.
      if since and of ~= since then asked.of = nil end
    end
  end
  for _, limit in ipairs(asked) do
    limit.kind.load(limit)
  end
end

-- Admits nothing while something that was lost may count. A bucket knows by itself.
local function close(limit)
  local left = limit.kind.closed_until and limit.kind.closed_until(limit) - now or 0
  if left <= 0 then return end
  limit.remaining = 0
  if limit.more < left then limit.more = left end
  if limit.reset < left then limit.reset = left end
  -- A permit that is held is held on.
  if limit.is_held or limit.wait == -2 then return end
  if limit.wait < left then limit.wait = left end
end

local function read(limit, cost)
  limit.kind.read(limit, cost)
  if since then close(limit) end
end

local function read_all(asked, cost)
  for _, limit in ipairs(asked) do
    read(limit, cost)
  end
end

-- Charges a limit, and reads where it stands then.
local function charge_one(limit, cost)
  limit.kind.charge(limit, cost)
  read(limit, 0)
  limit.wait = -1
end

local function remember(asked, cost)
  if asked.id then
    local lives = ceil_div(asked.longest, 1000) + grace
    local charge = pack('>I7I4I6I7', now, cost, asked.limits, since or 0)
    call('SET', asked.key, charge, 'PX', lives)
  end
end

-- The limits were read at this cost.
local function charge_all(asked, cost)
  for _, limit in ipairs(asked) do
    if limit.wait ~= -1 and not limit.is_shadow then return 0 end
  end
  for _, limit in ipairs(asked) do
    if limit.wait == -1 then charge_one(limit, cost) end
  end
  remember(asked, cost)
  return cost
end

-- The most that all limits admit, up to the cost. The limits were read at a cost of one.
local function most_of(asked)
  local most = asked.cost
  for _, limit in ipairs(asked) do
    if not limit.is_shadow then
      if limit.shape == 5 then
        if limit.wait ~= -1 then return 0 end
      elseif limit.remaining < most then
        most = limit.remaining
      end
    end
  end
  return most
end

local function refund(asked)
  if asked.of ~= asked.limits or asked.at + asked.longest <= now then return 0 end
  call('DEL', asked.key)
  for _, limit in ipairs(asked) do
    limit.kind.refund(limit, asked.charged, asked.at)
  end
  return asked.charged
end

-- Releases or renews the permits of the id; 1 when all of them were held.
local function permits(asked)
  local all_held = nil
  for _, limit in ipairs(asked) do
    if limit.shape == 5 then
      all_held = all_held ~= false and limit.is_held
      if not limit.is_held then
        all_held = false
      elseif asked.operation == RELEASE then
        limit.kind.refund(limit)
      else
        limit.kind.charge(limit)
      end
    end
  end
  return all_held and 1 or 0
end

local function reset(asked)
  for _, limit in ipairs(asked) do
    if limit.kind.reset then
      limit.kind.reset(limit)
    else
      packs[limit.key][limit.name] = nil
      dirty[limit.key] = true
      limit.kind.load(limit)
    end
  end
  return 0
end

local function decide(asked)
  local operation = asked.operation
  if operation == PEEK then
    read_all(asked, asked.cost)
    return 0
  elseif operation == CHARGE then
    read_all(asked, asked.cost)
    return charge_all(asked, asked.cost)
  elseif operation == UP_TO then
    read_all(asked, 1)
    local most = most_of(asked)
    if most == 0 then return 0 end
    read_all(asked, most)
    return charge_all(asked, most)
  elseif operation == FORCE then
    for _, limit in ipairs(asked) do
      charge_one(limit, asked.cost)
    end
    remember(asked, asked.cost)
    return asked.cost
  end
  local granted
  if operation == REFUND then
    granted = refund(asked)
  elseif operation == RELEASE or operation == RENEW then
    granted = permits(asked)
  else
    granted = reset(asked)
  end
  read_all(asked, 1)
  return granted
end

-- Writes the states of a subject. What counts no more is left out.
local function write(key, entries)
  local parts, idle_at, untouched = {}, now, false
  for name, entry in pairs(entries) do
    local at = entry.kind and entry.kind.idle_at(entry.state)
    if not at then
      -- Its policy is not at hand: the key lives at least as long as it would have.
      untouched = true
      parts[#parts + 1] = pack('>B', entry.shape * 64 + #name) .. name .. entry.body
    elseif at > now then
      if at > idle_at then idle_at = at end
      parts[#parts + 1] =
        pack('>B', entry.shape * 64 + #name) .. name .. entry.kind.encode(entry.state)
    end
  end
  if #parts == 0 then
    call('DEL', key)
    return
  end
  local lives = ceil_div(idle_at - now, 1000) + grace
  if untouched then
    local left = call('PTTL', key)
    if left > lives then lives = left end
  end
  if since then table.insert(parts, 1, pack('>BI7', 0, since)) end
  call('SET', key, table.concat(parts), 'PX', lives)
end

local reply = {}
for place = 4, #ARGV do
  local asked = take_keys(known[ARGV[place]] or read_call(ARGV[place]))
  local loaded, fault = pcall(load_all, asked)
  if loaded then
    reply[#reply + 1] = decide(asked)
    for _, limit in ipairs(asked) do
      local last = #reply
      reply[last + 1], reply[last + 2] = limit.remaining, limit.more
      reply[last + 3], reply[last + 4] = limit.reset, limit.wait
    end
  else
    reply[#reply + 1] = 'these keys hold no limits'
    for _ = 1, 4 * #asked do
      reply[#reply + 1] = 0
    end
  end
end
for key in pairs(dirty) do
  write(key, packs[key])
end
return reply
