/**
 * The Lua script with all operations on the rooms in Redis. Redis runs a batch of operations as one atomic step. They
 * behave like the methods of `MemoryRooms`.
 */
import type { RoomLimits } from '../limits.ts';
import { TOLERANCE } from '../token-bucket.ts';
import { LUA_ROOM_STEPS, TIME_TO_LIVE } from './lua-room-steps.ts';
import { LUA_PACK } from './news-format.ts';

/**
 * How long after its last heartbeat a server counts as dead, in ms. A flooded server may stand still for seconds. Its
 * clients come back elsewhere at once and need not wait for this.
 */
const LEASE = 8_000;
/**
 * After this time, in ms, a client that was not told of its slot will not be told any more. It is far longer than that
 * takes, and shorter than the pause before a client tries again.
 */
const UNTOLD = 200;
/** Expired things of one kind that are removed in one step, so that no step takes long. */
const AT_ONCE = 200;

/**
 * Makes the script. `KEYS[1]` is the prefix of all keys. The arguments are the time in ms (-1: that of Redis), the id of
 * the server, and for each operation the number of its words and the words: its name and arguments. The script returns
 * the rows of each operation: orders for clients of this server, unless the operation says otherwise.
 */
export function roomScript(limits: RoomLimits): string {
  return `
local prefix, now, server = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local call = redis.call
if now < 0 then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
${LUA_PACK}${LUA_ROOM_STEPS}
local operations = {}

-- nameplate: '' if the server is to choose it; seed: of the random numbers
function operations.join(client, nameplate, card, capacity, token, seed)
  local room = nameplate ~= '' and open(nameplate)
  for _, slot in ipairs(room and room.slots or {}) do
    -- The same card from a client that was never told of its slot: its server died, or Redis did not answer in time.
    if slot.untold and now - slot.untold >= ${UNTOLD} and slot.card == card then
      dismiss(slot, 'already-joined')
      room = open(nameplate)
    end
  end
  if not room then
    local most = ${limits.rooms} * math.max(1, call('ZCARD', LEASES))
    if call('ZCARD', TOUCHED) >= most then return say('refused', 'limit') end
    if nameplate == '' then nameplate = allocate(seed) end
    room = { id = client, capacity = capacity, slots = {} }
    call('HSET', key('room', nameplate), 'id', client, 'capacity', capacity, 'last', 0)
    call('PEXPIRE', key('room', nameplate), ${TIME_TO_LIVE})
  end
  if #room.slots >= tonumber(room.capacity) then return say('refused', 'room-full') end
  local order = call('HINCRBY', key('room', nameplate), 'last', 1)
  local slot = { nameplate = nameplate, order = order, at = nameplate .. ' ' .. order, card = card, token = token, held = 0 }
  settle(slot, client, room.id, room.slots)
  for _, other in ipairs(room.slots) do tell(other, 'came', ms(order), card) end
end

function operations.resume(client, nameplate, card, token)
  local room = open(nameplate)
  if not room then return say('refused', 'unknown-room') end
  for _, slot in ipairs(room.slots) do
    if slot.token == token and slot.card == card then
      tell(slot, 'drop', 'already-joined')
      if slot.client == '' then call('ZREM', LOST, slot.at) end
      detach(slot)
      local held = takeHeld(slot)
      settle(slot, client, room.id, room.slots)
      for _, frame in ipairs(held) do say('frame', client, string.match(frame, '^(%d+) '), string.match(frame, '^%d+ (.*)$')) end
      return
    end
  end
  say('refused', 'unknown-member')
end

-- The client has been told of its slot.
function operations.confirm(client)
  local slot = slotOf(client)
  if not slot then return end
  slot.untold = false
  save(slot)
end

-- A frame from one number of a room to another.
function operations.frame(client, nameplate, from, to, data)
  local records = call('HMGET', key('room', nameplate), 'm' .. from, 'm' .. to)
  local slot = records[1] and unpacked(nameplate, from, records[1])
  if not slot or slot.client ~= client then return say('gone', client) end
  if not records[2] then return say('fault', client, 'unknown-member', to) end
  local target = unpacked(nameplate, to, records[2])
  if target.client ~= '' then return tell(target, 'frame', from, data) end
  if target.held + #data > ${limits.heldPerSlot} then return end
  if tonumber(call('GET', HELD) or 0) + #data > ${limits.heldInAll} then return end
  call('RPUSH', key('held', target.at), from .. ' ' .. data)
  call('PEXPIRE', key('held', target.at), ${TIME_TO_LIVE})
  call('INCRBY', HELD, #data)
  call('PEXPIRE', HELD, ${TIME_TO_LIVE})
  target.held = target.held + #data
  save(target)
end

-- A member of a room has sent something.
operations.touch = touch

function operations.free(client, order)
  local slot = slotOf(client)
  if not slot then return say('gone', client) end
  local target = (tonumber(order) or 0) > slot.order and loadAt(slot.nameplate .. ' ' .. order)
  if target then dismiss(target, 'idle') else say('fault', client, 'unknown-member') end
end

function operations.leave(client)
  local slot = slotOf(client)
  if slot then vacate(slot) end
end
function operations.lose(client)
  local slot = slotOf(client)
  if slot then lose(slot, now + ${limits.grace}) end
end

-- isFirst: '1' for the first heartbeat of an id. Returns 'lapsed', or the numbers of rooms and members; then orders.
function operations.beat(isFirst)
  local lease = call('ZSCORE', LEASES, server)
  if isFirst ~= '1' and (not lease or tonumber(lease) < now) then return say('lapsed') end
  call('ZADD', LEASES, now + ${LEASE}, server)
  for _, dead in ipairs(call('ZRANGEBYSCORE', LEASES, '-inf', '(' .. ms(now))) do
    local clients = key('clients', dead)
    -- The time of its last heartbeat.
    local since = tonumber(call('ZSCORE', LEASES, dead)) - ${LEASE}
    local left = ${AT_ONCE}
    for _, client in ipairs(call('HKEYS', clients)) do
      if left == 0 then break end
      left = left - 1
      local slot = loadAt(call('HGET', clients, client))
      if slot then lose(slot, since + ${limits.grace}) else call('HDEL', clients, client) end
    end
    if left > 0 then
      call('ZREM', LEASES, dead)
      call('DEL', clients, key('open', dead))
    end
  end
  for _, at in ipairs(call('ZRANGEBYSCORE', LOST, '-inf', ms(now), 'LIMIT', 0, ${AT_ONCE})) do
    local slot = loadAt(at)
    if slot then vacate(slot) else call('ZREM', LOST, at) end
  end
  for _, idle in ipairs(call('ZRANGEBYSCORE', TOUCHED, '-inf', ms(now - ${limits.roomIdle}), 'LIMIT', 0, ${AT_ONCE})) do
    local room = open(idle)
    local slots = room and room.slots or {}
    for i = #slots, 1, -1 do dismiss(slots[i], 'idle') end
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
    local slot = slotOf(client)
    if slot then lose(slot, now + ${limits.grace}) end
  end
  call('ZREM', LEASES, server)
  call('DEL', key('clients', server), key('open', server))
end

-- As in token-bucket.ts: a bucket is the time at which it will be full again.
local function take(name, burst, perSecond)
  local bucket = key('bucket', name)
  local fullAt = math.max(tonumber(call('GET', bucket) or 0), now) + 1000 / perSecond
  if fullAt - now > (burst + ${TOLERANCE}) / perSecond * 1000 then return false end
  call('SET', bucket, string.format('%.3f', fullAt), 'PX', math.ceil(fullAt - now))
  return true
end

-- Any number of: address, its greatest number of connections, and as for 'attempt'. Returns why the connection must close.
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

-- Any number of: name of a bucket, its burst, its rate per second. Returns the name of the first one that is empty.
function operations.attempt(...)
  local asked = { ... }
  for i = 1, #asked, 3 do
    if not take(asked[i], tonumber(asked[i + 1]), tonumber(asked[i + 2])) then return say(asked[i]) end
  end
end

local answers, at = {}, 3
local worked, cause = pcall(function()
  while at <= #ARGV do
    local words = {}
    for i = 1, tonumber(ARGV[at]) do words[i] = ARGV[at + i] end
    at = at + #words + 1
    rows = {}
    operations[words[1]](unpack(words, 2))
    answers[#answers + 1] = rows
  end
end)
-- Also if an operation failed: those before it have been done.
for each, told in pairs(news) do call('PUBLISH', key('news', each), pack(told)) end
if not worked then error(cause, 0) end
return answers
`;
}
