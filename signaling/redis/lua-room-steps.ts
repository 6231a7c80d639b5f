/**
 * How Redis keeps the rooms, and the steps that operations are made of, in Lua (see `script.ts`).
 *
 * Keys, behind a common prefix:
 * - `room:NAMEPLATE`, a hash: `capacity`, `last` (the newest member's number), `id` (a word that is this room's alone, and
 *   no later one's of the same name), and each member under `mNUMBER`
 * - `held:NAMEPLATE NUMBER`, a list: frames kept for a lost connection; `heldbytes`: how much that is in all, which
 *   ends by itself when the last of them must have been taken, so that what was never taken is not counted for ever
 * - `clients:SERVER`, a hash: `NAMEPLATE NUMBER` of each client of a server
 * - `leases`, sorted: the servers, by when each is taken for dead
 * - `lost`, sorted: `NAMEPLATE NUMBER` of the places without a connection, by when they are given up
 * - `touched`, sorted: nameplates in use, by when something happened last; `freed`: those freed, by when
 * - `open:SERVER`, a hash: connections of a server by address; `rate:KIND:ADDRESS`, a hash: `tokens` and `at`, since when
 *
 * Channel `news:SERVER`: rows (see `packed.ts`) of what a server must tell its clients because of what another one did.
 *
 * Each has a time to live. The time is that of Redis, in ms, so the clocks of the servers need not agree.
 */
import { MAX_FREED, QUARANTINE, TRIES_PER_LENGTH } from '../nameplates.ts';

/** How long any key outlives the last server, in ms. */
export const TIME_TO_LIVE = 60_000;

/** Definitions that the operations use. */
export const PLACES = `
-- What the operation leads to for this server, and what all of them do for others, by server.
local rows, news = {}, {}
local function say(...) rows[#rows + 1] = { ... } end
local function key(kind, name) return prefix .. kind .. ':' .. name end
local LEASES, LOST, TOUCHED = prefix .. 'leases', prefix .. 'lost', prefix .. 'touched'
local FREED, HELD = prefix .. 'freed', prefix .. 'heldbytes'
local function ms(time) return string.format('%d', time) end
local function touch(nameplate) call('ZADD', TOUCHED, now, nameplate) end

-- Has a client told of something: this server by the answer, another one by its channel, in the order of what happens.
local function tell(place, kind, word, bytes)
  if place.client == '' then return end
  if place.server == server then return say(kind, place.client, word, bytes) end
  news[place.server] = news[place.server] or {}
  table.insert(news[place.server], { kind, place.client, word, bytes })
end

local function save(place)
  local record = { place.card, place.token, place.client, place.server, place.untold, place.held }
  call('HSET', key('room', place.nameplate), 'm' .. place.order, cmsgpack.pack(record))
end
local function unpacked(nameplate, order, record)
  local r = cmsgpack.unpack(record)
  return { nameplate = nameplate, order = tonumber(order), at = nameplate .. ' ' .. order,
    card = r[1], token = r[2], client = r[3], server = r[4], untold = r[5], held = r[6] }
end
-- Nothing where there is no such place, nor can be.
local function loadAt(at)
  local nameplate, order = string.match(at, '^(%w+) (%d+)$')
  if not nameplate then return nil end
  local record = call('HGET', key('room', nameplate), 'm' .. order)
  return record and unpacked(nameplate, order, record)
end
local function placeOf(client)
  local at = call('HGET', key('clients', server), client)
  return at and loadAt(at)
end
-- What is kept of a room, and its places in the order they came; nothing where there is none.
local function open(nameplate)
  local fields, room = call('HGETALL', key('room', nameplate)), { places = {} }
  if #fields == 0 then return nil end
  for i = 1, #fields, 2 do
    local order = string.match(fields[i], '^m(%d+)$')
    if order then room.places[#room.places + 1] = unpacked(nameplate, order, fields[i + 1])
    else room[fields[i]] = fields[i + 1] end
  end
  table.sort(room.places, function(one, other) return one.order < other.order end)
  return room
end

local function takeHeld(place)
  if place.held == 0 then return {} end
  local held = call('LRANGE', key('held', place.at), 0, -1)
  call('DEL', key('held', place.at))
  if call('DECRBY', HELD, place.held) <= 0 then call('DEL', HELD) end
  place.held = 0
  return held
end
local function detach(place)
  if place.client ~= '' then call('HDEL', key('clients', place.server), place.client) end
  place.client = ''
end
local function vacate(place)
  local nameplate = place.nameplate
  if place.client == '' then call('ZREM', LOST, place.at) end
  detach(place)
  takeHeld(place)
  call('HDEL', key('room', nameplate), 'm' .. place.order)
  local others = open(nameplate).places
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
  for _, other in ipairs(others) do tell(other, 'left', ms(place.order)) end
end
local function dismiss(place, why)
  tell(place, 'drop', why)
  vacate(place)
end
local function lose(place, deadline)
  detach(place)
  save(place)
  call('ZADD', LOST, deadline, place.at)
end
-- The place has a client now. Since when that client has not surely been told so is noted until it has.
local function settle(place, client, id, others)
  place.client, place.server, place.untold = client, server, now
  call('HSET', key('clients', server), client, place.at)
  save(place)
  touch(place.nameplate)
  local answer = { 'welcome', place.nameplate, id, ms(place.order), place.token }
  for _, other in ipairs(others) do
    if other.order ~= place.order then
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
