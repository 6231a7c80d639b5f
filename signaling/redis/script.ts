/**
 * Everything that is done to the rooms in Redis: one Lua script, which Redis runs as one step. It keeps the promises of
 * the registry in memory (`../registry.ts`), which says what each operation is for.
 */
import type { RoomLimits } from '../limits.ts';
import { PLACES, TIME_TO_LIVE } from './places.ts';

/** How long after a server's last word it is taken for dead, in ms. */
const LEASE = 4_000;
/** How long what servers told each other is kept, in ms: far longer than any of them takes to read it. */
const STREAM_KEPT = 30_000;
/** How much of a kind is cleared away in one step, so that none takes long. */
const AT_ONCE = 200;

/**
 * The script. `KEYS[1]` is the prefix of all keys; arguments: the operation, the time in ms or -1 for that of Redis, the
 * server's id, and what the operation takes. It returns rows of strings: orders, unless the operation says otherwise.
 */
export function roomScript(limits: RoomLimits): string {
  return `
local prefix, op, now, server = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local a, b, c, d, e = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local call = redis.call
if now < 0 then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
${PLACES}
local operations = {}

-- a: client, b: nameplate or '', c: card, d: capacity, e: token; then a seed
function operations.join()
  local nameplate = b
  if nameplate ~= '' then
    -- The same card from one who was never told that it is in: its server died, or Redis could not answer in time.
    for _, place in ipairs(all(nameplate)) do
      if place.pending == 1 and place.card == c then dismiss(place, 'already-joined') end
    end
  end
  local room = key('room', nameplate)
  if nameplate == '' or call('EXISTS', room) == 0 then
    local most = ${limits.rooms} * math.max(1, call('ZCARD', LEASES))
    if call('ZCARD', TOUCHED) >= most then return say('refused', 'limit') end
    if nameplate == '' then nameplate = allocate(ARGV[9]) end
    room = key('room', nameplate)
    call('HSET', room, 'capacity', d, 'last', 0)
    call('PEXPIRE', room, ${TIME_TO_LIVE})
  end
  local places = all(nameplate)
  if #places >= tonumber(call('HGET', room, 'capacity')) then return say('refused', 'room-full') end
  local order = call('HINCRBY', room, 'last', 1)
  local place = { nameplate = nameplate, order = order, at = nameplate .. ' ' .. order, card = c, token = e, held = 0 }
  settle(place, a)
  for _, other in ipairs(places) do
    if other.client ~= '' then say('came', other.client, ms(order), c) end
  end
end

-- a: client, b: nameplate, c: card, d: token
function operations.resume()
  if call('EXISTS', key('room', b)) == 0 then return say('refused', 'unknown-room') end
  for _, place in ipairs(all(b)) do
    if place.token == d and place.card == c then
      if place.client ~= '' then say('drop', place.client, 'already-joined') end
      detach(place)
      call('ZREM', LOST, place.at)
      local held = takeHeld(place)
      settle(place, a)
      for _, frame in ipairs(held) do
        local from, data = unpack(cmsgpack.unpack(frame))
        say('frame', a, from, data)
      end
      return
    end
  end
  say('refused', 'unknown-member')
end

-- a: client, which has been told. Returns who else is there now, number and card in turn.
function operations.confirm()
  local place = placeOf(a)
  if not place then return say('gone') end
  place.pending = 0
  save(place)
  for _, other in ipairs(all(place.nameplate)) do
    if other.order ~= place.order then say(ms(other.order), other.card) end
  end
end

-- a: client, b: number of the receiver; for a frame that was to be held: c: its bytes, d: their number
function operations.frame()
  local place = placeOf(a)
  if not place then return say('gone') end
  local target = load(place.nameplate, b)
  if not target or target.order == place.order then return say('fault', a, 'unknown-member') end
  if not c then
    local sent, pair = key('sent', place.nameplate), place.order .. '>' .. target.order
    local count = call('HINCRBY', sent, pair, 1)
    if count == 1 then call('PEXPIRE', sent, ${TIME_TO_LIVE}) end
    if count > ${limits.framesPerPair} then return dismiss(place, 'limit') end
    touch(place.nameplate)
  end
  if target.client ~= '' then return say('frame', target.client, ms(place.order)) end
  if not c then return say('hold') end
  local bytes = tonumber(d)
  if target.held + bytes > ${limits.heldPerPlace} then return end
  if tonumber(call('GET', HELD) or 0) + bytes > ${limits.heldInAll} then return end
  call('RPUSH', key('held', target.at), cmsgpack.pack({ ms(place.order), c }))
  call('PEXPIRE', key('held', target.at), ${TIME_TO_LIVE})
  call('INCRBY', HELD, bytes)
  call('PEXPIRE', HELD, ${TIME_TO_LIVE})
  target.held = target.held + bytes
  save(target)
end

-- a: client, b: number of the member
function operations.free()
  local place = placeOf(a)
  if not place then return say('gone') end
  local target = load(place.nameplate, b)
  if not target or target.order <= place.order then return say('fault', a, 'unknown-member') end
  dismiss(target, 'idle')
end

-- a: client
function operations.leave()
  local place = placeOf(a)
  if place then vacate(place) end
end
function operations.lose()
  local place = placeOf(a)
  if place then lose(place, now + ${limits.grace}) end
end

-- a: '1' the first time. Returns 'lapsed', or the numbers of rooms and members; then orders.
function operations.beat()
  local lease = call('ZSCORE', LEASES, server)
  if a ~= '1' and (not lease or tonumber(lease) < now) then return say('lapsed') end
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
    local places = all(idle)
    for i = #places, 1, -1 do dismiss(places[i], 'idle') end
    call('ZREM', TOUCHED, idle)
  end
  local members = call('ZCARD', LOST)
  for _, each in ipairs(call('ZRANGE', LEASES, 0, -1)) do members = members + call('HLEN', key('clients', each)) end
  for _, each in ipairs({ LEASES, LOST, TOUCHED, HELD, prefix .. 'stream', key('clients', server), key('open', server) }) do
    call('PEXPIRE', each, ${TIME_TO_LIVE})
  end
  call('XTRIM', prefix .. 'stream', 'MINID', ms(math.max(0, now - ${STREAM_KEPT})))
  table.insert(rows, 1, { 'stats', ms(call('ZCARD', TOUCHED)), ms(members) })
end

-- Nameplates of rooms that have members here. Returns nothing.
function operations.renew()
  for i = 4, #ARGV do
    call('PEXPIRE', key('room', ARGV[i]), ${TIME_TO_LIVE})
    call('PEXPIRE', key('sent', ARGV[i]), ${TIME_TO_LIVE})
  end
end

-- The server ends. Returns orders.
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
function operations.connect()
  local opened = key('open', server)
  for i = 4, #ARGV, 5 do call('HINCRBY', opened, ARGV[i], 1) end
  call('PEXPIRE', opened, ${TIME_TO_LIVE})
  for i = 4, #ARGV, 5 do
    local count = 0
    for _, each in ipairs(call('ZRANGE', LEASES, 0, -1)) do
      count = count + tonumber(call('HGET', key('open', each), ARGV[i]) or 0)
    end
    if not take(ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])) then return say('rate') end
    if count > tonumber(ARGV[i + 1]) then return say('limit') end
  end
end

-- Any number of addresses. Returns nothing.
function operations.disconnect()
  for i = 4, #ARGV do
    if call('HINCRBY', key('open', server), ARGV[i], -1) <= 0 then call('HDEL', key('open', server), ARGV[i]) end
  end
end

-- Any number of: a bucket's name, tokens at most, new ones in a second. Returns the first that is empty, if one is.
function operations.attempt()
  for i = 4, #ARGV, 3 do
    if not take(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])) then return say(ARGV[i]) end
  end
end

operations[op]()
return rows
`;
}
