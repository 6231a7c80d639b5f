/**
 * How Redis stores the rooms, and the Lua functions of which the operations are made (`lua-script.ts`).
 *
 * Keys, after a common prefix:
 * - `room:NAMEPLATE`, a hash: `capacity`, `last` (the newest member's number), `id` (a word that no other room has, not
 *   even a later one of the same nameplate), and each slot under `mNUMBER`
 * - `held:NAMEPLATE NUMBER`, a list: frames kept for a lost connection
 * - `heldbytes`: the size of all held frames. It expires when the last of them must have been taken, so that frames that
 *   nobody took are not counted for ever
 * - `clients:SERVER`, a hash: `NAMEPLATE NUMBER` of each client of a server
 * - `leases`, sorted: the servers, by the time at which each counts as dead
 * - `lost`, sorted: `NAMEPLATE NUMBER` of the slots without a connection, by the time at which they expire
 * - `touched`, sorted: nameplates in use, by the time of the last event; `freed`, sorted: freed nameplates, by time
 * - `open:SERVER`, a hash: connections of a server by address
 * - `bucket:KIND:ADDRESS`: a token bucket
 *
 * Channel `news:SERVER`: packed rows of what a server must tell its clients because of what another server did.
 *
 * Every key has a time to live. The clock is that of Redis, in ms, so the clocks of the servers need not agree.
 */
import { MAX_FREED, QUARANTINE, TRIES_PER_LENGTH } from '../nameplates.ts';

/** How long a key outlives the last server, in ms. */
export const TIME_TO_LIVE = 60_000;

/** The Lua functions that the operations use. */
export const LUA_ROOM_STEPS = `
-- The rows for this server, of one operation; and those for other servers, of all operations, by server.
local rows, news = {}, {}
local function say(...) rows[#rows + 1] = { ... } end
local function key(kind, name) return prefix .. kind .. ':' .. name end
local LEASES, LOST, TOUCHED = prefix .. 'leases', prefix .. 'lost', prefix .. 'touched'
local FREED, HELD = prefix .. 'freed', prefix .. 'heldbytes'
local function ms(time) return string.format('%d', time) end
local function touch(nameplate) call('ZADD', TOUCHED, now, nameplate) end

-- Adds an order for a client: to the answer if the client is with this server, else to the news of its server.
local function tell(slot, kind, word, bytes)
  if slot.client == '' then return end
  if slot.server == server then return say(kind, slot.client, word, bytes) end
  news[slot.server] = news[slot.server] or {}
  table.insert(news[slot.server], { kind, slot.client, word, bytes })
end

local function save(slot)
  local record = { slot.card, slot.token, slot.client, slot.server, slot.untold, slot.held }
  call('HSET', key('room', slot.nameplate), 'm' .. slot.order, cmsgpack.pack(record))
end
local function unpacked(nameplate, order, record)
  local r = cmsgpack.unpack(record)
  return { nameplate = nameplate, order = tonumber(order), at = nameplate .. ' ' .. order,
    card = r[1], token = r[2], client = r[3], server = r[4], untold = r[5], held = r[6] }
end
-- Returns nil if there is no such slot.
local function loadAt(at)
  local nameplate, order = string.match(at, '^(%w+) (%d+)$')
  if not nameplate then return nil end
  local record = call('HGET', key('room', nameplate), 'm' .. order)
  return record and unpacked(nameplate, order, record)
end
local function slotOf(client)
  local at = call('HGET', key('clients', server), client)
  return at and loadAt(at)
end
-- Returns a room with its slots in the order they came, or nil.
local function open(nameplate)
  local fields, room = call('HGETALL', key('room', nameplate)), { slots = {} }
  if #fields == 0 then return nil end
  for i = 1, #fields, 2 do
    local order = string.match(fields[i], '^m(%d+)$')
    if order then room.slots[#room.slots + 1] = unpacked(nameplate, order, fields[i + 1])
    else room[fields[i]] = fields[i + 1] end
  end
  table.sort(room.slots, function(one, other) return one.order < other.order end)
  return room
end

local function takeHeld(slot)
  if slot.held == 0 then return {} end
  local held = call('LRANGE', key('held', slot.at), 0, -1)
  call('DEL', key('held', slot.at))
  if call('DECRBY', HELD, slot.held) <= 0 then call('DEL', HELD) end
  slot.held = 0
  return held
end
local function detach(slot)
  if slot.client ~= '' then call('HDEL', key('clients', slot.server), slot.client) end
  slot.client = ''
end
local function vacate(slot)
  local nameplate = slot.nameplate
  if slot.client == '' then call('ZREM', LOST, slot.at) end
  detach(slot)
  takeHeld(slot)
  call('HDEL', key('room', nameplate), 'm' .. slot.order)
  local others = open(nameplate).slots
  if #others == 0 then
    call('DEL', key('room', nameplate))
    call('ZREM', TOUCHED, nameplate)
    if #nameplate <= 8 and string.match(nameplate, '^[1-9]%d*$') then
      call('ZADD', FREED, now, nameplate)
      call('ZREMRANGEBYRANK', FREED, 0, -${MAX_FREED + 1})
      call('PEXPIRE', FREED, ${QUARANTINE})
    end
    return
  end
  touch(nameplate)
  for _, other in ipairs(others) do tell(other, 'left', ms(slot.order)) end
end
local function dismiss(slot, why)
  tell(slot, 'drop', why)
  vacate(slot)
end
local function lose(slot, deadline)
  detach(slot)
  save(slot)
  call('ZADD', LOST, deadline, slot.at)
end
-- The slot has a client now. Since when that client has not surely been told so is noted until it has.
local function settle(slot, client, id, others)
  slot.client, slot.server, slot.untold = client, server, now
  call('HSET', key('clients', server), client, slot.at)
  save(slot)
  touch(slot.nameplate)
  local answer = { 'welcome', slot.nameplate, id, ms(slot.order), slot.token }
  for _, other in ipairs(others) do
    if other.order ~= slot.order then
      answer[#answer + 1] = ms(other.order)
      answer[#answer + 1] = other.card
    end
  end
  rows[#rows + 1] = answer
end
local function taken(nameplate)
  if call('EXISTS', key('room', nameplate)) == 1 then return true end
  local at = call('ZSCORE', FREED, nameplate)
  return at and now - tonumber(at) < ${QUARANTINE}
end
local function allocate(seed)
  math.randomseed(tonumber(seed))
  local first = 1
  while true do
    for _ = 1, ${TRIES_PER_LENGTH} do
      local nameplate = ms(first + math.random(0, 9 * first - 1))
      if not taken(nameplate) then return nameplate end
    end
    first = first * 10
  end
end
`;
