/**
 * Everything that is done to the rooms in Redis: one Lua script, which Redis runs as one step. It keeps the promises of
 * the registry in memory (`../memory-rooms.ts`), which says what each operation is for.
 */
import type { RoomLimits } from '../limits.ts';
import { PLACES, TIME_TO_LIVE } from './lua-room-steps.ts';
import { PACKED } from './packed-strings.ts';

/**
 * How long after a server's last word it is taken for dead, in ms. One that is flooded may stand still for seconds; its
 * clients, who come back elsewhere at once, need not wait for this.
 */
const LEASE = 8_000;
/**
 * Who has not been told for so long that it is in, in ms, will not be: far longer than that takes, and shorter than the
 * pause before a client tries again.
 */
const UNTOLD = 200;
/** How much of a kind is cleared away in one step, so that none takes long. */
const AT_ONCE = 200;

/**
 * The script. `KEYS[1]` is the prefix of all keys; arguments: the time in ms or -1 for that of Redis, the server's id, and
 * a row for each operation: its name and its arguments. It returns for each the count of rows that it led to, and
 * these: orders for clients of this server, unless the operation says otherwise. See `packed.ts`.
 */
export function roomScript(limits: RoomLimits): string {
  return `
local prefix, now, server = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local call = redis.call
if now < 0 then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
${PACKED}${PLACES}
local operations = {}

-- nameplate: or ''; seed: for what is left to chance
function operations.join(client, nameplate, card, capacity, token, seed)
  local room = nameplate ~= '' and open(nameplate)
  for _, place in ipairs(room and room.places or {}) do
    -- The same card from one who was never told that it is in: its server died, or Redis could not answer in time.
    if place.untold and now - place.untold >= ${UNTOLD} and place.card == card then
      dismiss(place, 'already-joined')
      room = open(nameplate)
    end
  end
  if not room then
    local most = ${limits.rooms} * math.max(1, call('ZCARD', LEASES))
    if call('ZCARD', TOUCHED) >= most then return say('refused', 'limit') end
    if nameplate == '' then nameplate = allocate(seed) end
    room = { id = client, capacity = capacity, places = {} }
    call('HSET', key('room', nameplate), 'id', client, 'capacity', capacity, 'last', 0)
    call('PEXPIRE', key('room', nameplate), ${TIME_TO_LIVE})
  end
  if #room.places >= tonumber(room.capacity) then return say('refused', 'room-full') end
  local order = call('HINCRBY', key('room', nameplate), 'last', 1)
  local place = { nameplate = nameplate, order = order, at = nameplate .. ' ' .. order, card = card, token = token, held = 0 }
  settle(place, client, room.id, room.places)
  for _, other in ipairs(room.places) do tell(other, 'came', ms(order), card) end
end

function operations.resume(client, nameplate, card, token)
  local room = open(nameplate)
  if not room then return say('refused', 'unknown-room') end
  for _, place in ipairs(room.places) do
    if place.token == token and place.card == card then
      tell(place, 'drop', 'already-joined')
      if place.client == '' then call('ZREM', LOST, place.at) end
      detach(place)
      local held = takeHeld(place)
      settle(place, client, room.id, room.places)
      for _, frame in ipairs(held) do say('frame', client, string.match(frame, '^(%d+) '), string.match(frame, '^%d+ (.*)$')) end
      return
    end
  end
  say('refused', 'unknown-member')
end

-- The client has been told that it is in.
function operations.confirm(client)
  local place = placeOf(client)
  if not place then return end
  place.untold = false
  save(place)
end

-- A frame from one number of a room to another.
function operations.frame(client, nameplate, from, to, data)
  local records = call('HMGET', key('room', nameplate), 'm' .. from, 'm' .. to)
  local place = records[1] and unpacked(nameplate, from, records[1])
  if not place or place.client ~= client then return say('gone', client) end
  if not records[2] then return say('fault', client, 'unknown-member', to) end
  local target = unpacked(nameplate, to, records[2])
  if target.client ~= '' then return tell(target, 'frame', from, data) end
  if target.held + #data > ${limits.heldPerPlace} then return end
  if tonumber(call('GET', HELD) or 0) + #data > ${limits.heldInAll} then return end
  call('RPUSH', key('held', target.at), from .. ' ' .. data)
  call('PEXPIRE', key('held', target.at), ${TIME_TO_LIVE})
  call('INCRBY', HELD, #data)
  call('PEXPIRE', HELD, ${TIME_TO_LIVE})
  target.held = target.held + #data
  save(target)
end

-- Somebody has spoken in a room.
operations.touch = touch

function operations.free(client, order)
  local place = placeOf(client)
  if not place then return say('gone', client) end
  local target = (tonumber(order) or 0) > place.order and loadAt(place.nameplate .. ' ' .. order)
  if target then dismiss(target, 'idle') else say('fault', client, 'unknown-member') end
end

function operations.leave(client)
  local place = placeOf(client)
  if place then vacate(place) end
end
function operations.lose(client)
  local place = placeOf(client)
  if place then lose(place, now + ${limits.grace}) end
end

-- isFirst: '1' where it is the first of this id. Returns 'lapsed', or the numbers of rooms and members; then orders.
function operations.beat(isFirst)
  local lease = call('ZSCORE', LEASES, server)
  if isFirst ~= '1' and (not lease or tonumber(lease) < now) then return say('lapsed') end
  call('ZADD', LEASES, now + ${LEASE}, server)
  for _, dead in ipairs(call('ZRANGEBYSCORE', LEASES, '-inf', '(' .. ms(now))) do
    local clients = key('clients', dead)
    -- Since when nothing was heard of it.
    local since = tonumber(call('ZSCORE', LEASES, dead)) - ${LEASE}
    local left = ${AT_ONCE}
    for _, client in ipairs(call('HKEYS', clients)) do
      if left == 0 then break end
      left = left - 1
      local place = loadAt(call('HGET', clients, client))
      if place then lose(place, since + ${limits.grace}) else call('HDEL', clients, client) end
    end
    if left > 0 then
      call('ZREM', LEASES, dead)
      call('DEL', clients, key('open', dead))
    end
  end
  for _, at in ipairs(call('ZRANGEBYSCORE', LOST, '-inf', ms(now), 'LIMIT', 0, ${AT_ONCE})) do
    local place = loadAt(at)
    if place then vacate(place) else call('ZREM', LOST, at) end
  end
  for _, idle in ipairs(call('ZRANGEBYSCORE', TOUCHED, '-inf', ms(now - ${limits.roomIdle}), 'LIMIT', 0, ${AT_ONCE})) do
    local room = open(idle)
    local places = room and room.places or {}
    for i = #places, 1, -1 do dismiss(places[i], 'idle') end
    call('ZREM', TOUCHED, idle)
  end
  local members = call('ZCARD', LOST)
  for _, each in ipairs(call('ZRANGE', LEASES, 0, -1)) do members = members + call('HLEN', key('clients', each)) end
  for _, each in ipairs({ LEASES, LOST, TOUCHED, key('clients', server), key('open', server) }) do
    call('PEXPIRE', each, ${TIME_TO_LIVE})
  end
  table.insert(rows, 1, { 'stats', ms(call('ZCARD', TOUCHED)), ms(members) })
end

-- Nameplates of rooms that have members here.
function operations.renew(...)
  for _, nameplate in ipairs({ ... }) do call('PEXPIRE', key('room', nameplate), ${TIME_TO_LIVE}) end
end

-- The server ends.
function operations.close()
  for _, client in ipairs(call('HKEYS', key('clients', server))) do
    local place = placeOf(client)
    if place then lose(place, now + ${limits.grace}) end
  end
  call('ZREM', LEASES, server)
  call('DEL', key('clients', server), key('open', server))
end

local function take(name, burst, perSecond)
  local bucket = key('rate', name)
  local tokens, at = unpack(call('HMGET', bucket, 'tokens', 'at'))
  tokens = tokens and math.min(burst, tonumber(tokens) + (now - tonumber(at)) / 1000 * perSecond) or burst
  local allowed = tokens >= 1
  call('HSET', bucket, 'tokens', tostring(allowed and tokens - 1 or tokens), 'at', now)
  call('PEXPIRE', bucket, math.ceil(burst / perSecond * 1000))
  return allowed
end

-- Any number of: address, its connections at most, and as for 'attempt'. Returns why the connection must go, if it must.
function operations.connect(...)
  local opened, asked = key('open', server), { ... }
  for i = 1, #asked, 5 do call('HINCRBY', opened, asked[i], 1) end
  call('PEXPIRE', opened, ${TIME_TO_LIVE})
  for i = 1, #asked, 5 do
    local count = 0
    for _, each in ipairs(call('ZRANGE', LEASES, 0, -1)) do
      count = count + tonumber(call('HGET', key('open', each), asked[i]) or 0)
    end
    if not take(asked[i + 2], tonumber(asked[i + 3]), tonumber(asked[i + 4])) then return say('rate') end
    if count > tonumber(asked[i + 1]) then return say('limit') end
  end
end

-- Any number of addresses.
function operations.disconnect(...)
  for _, address in ipairs({ ... }) do
    if call('HINCRBY', key('open', server), address, -1) <= 0 then call('HDEL', key('open', server), address) end
  end
end

-- Any number of: a bucket's name, tokens at most, new ones in a second. Returns the first that is empty, if one is.
function operations.attempt(...)
  local asked = { ... }
  for i = 1, #asked, 3 do
    if not take(asked[i], tonumber(asked[i + 1]), tonumber(asked[i + 2])) then return say(asked[i]) end
  end
end

local answers = {}
local worked, cause = pcall(function()
  while at <= #packed do
    local asked = row()
    rows = {}
    operations[asked[1]](unpack(asked, 2))
    answers[#answers + 1] = number(#rows) .. pack(rows)
  end
end)
-- Also of what was done before one failed.
for each, told in pairs(news) do call('PUBLISH', key('news', each), pack(told)) end
if not worked then error(cause, 0) end
return table.concat(answers)
`;
}
