/** Hostile, broken and greedy clients: they are told why and disconnected, and others notice nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Client, card, couple, rawWebSocket, serve, textFrame, undisturbed, until } from './test-server.ts';

const DEEP = '['.repeat(20_000) + ']'.repeat(20_000);
const ATTACHMENT = '{"_placeholder":true,"num":0}';

/** A WebSocket frame that carries an attachment of one byte. */
const BINARY_FRAME = Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1]);

/** Socket.IO packets as they go over the wire, without the type of Engine.IO. */
const GARBAGE: Readonly<Record<string, readonly (string | Uint8Array)[]>> = {
  'an unknown event': ['2["shout","hello"]'],
  'an event named like an inherited property': ['2["constructor"]'],
  'an event named __proto__': ['2["__proto__",{}]'],
  'an event that is a number': ['2[7]'],
  'an event named error': ['2["error",{}]'],
  'a reserved event': ['2["disconnect"]'],
  'an empty list': ['2[]'],
  'no list': ['2{"to":"1"}'],
  'no JSON': ['2["frame",{'],
  'an unknown packet type': ['9["frame"]'],
  nothing: [''],
  'a binary message out of turn': [Uint8Array.of(1, 2, 3)],
  'a join without acknowledgement': ['2["join",{"nameplate":null,"card":1,"capacity":2}]'],
  'a join of nothing': ['21["join"]'],
  'a join of null': ['21["join",null]'],
  'a join with too many arguments': [`51-1["join",{"nameplate":"x","card":${ATTACHMENT},"capacity":2},1]`, card(1)],
  'a card that is text': ['21["join",{"nameplate":"x","card":"abc","capacity":2}]'],
  'a card that is too long': [`51-1["join",{"nameplate":"x","card":${ATTACHMENT},"capacity":2}]`, new Uint8Array(65)],
  'a nameplate in capitals': [`51-1["join",{"nameplate":"X","card":${ATTACHMENT},"capacity":2}]`, card(1)],
  'a nameplate that is too long': [
    `51-1["join",{"nameplate":"${'x'.repeat(33)}","card":${ATTACHMENT},"capacity":2}]`,
    card(1),
  ],
  'a room for one': [`51-1["join",{"nameplate":"x","card":${ATTACHMENT},"capacity":1}]`, card(1)],
  'a room for thousands': [`51-1["join",{"nameplate":"x","card":${ATTACHMENT},"capacity":1e9}]`, card(1)],
  'an unknown key': [`51-1["join",{"nameplate":"x","card":${ATTACHMENT},"capacity":2,"admin":true}]`, card(1)],
  'a key named __proto__': [`51-1["join",{"nameplate":"x","card":${ATTACHMENT},"capacity":2,"__proto__":{}}]`, card(1)],
  'a request inside __proto__': [`51-["frame",{"__proto__":{"to":"1","data":${ATTACHMENT}}}]`, card(1)],
  'an empty frame': [`51-["frame",{"to":"1","data":${ATTACHMENT}}]`, new Uint8Array(0)],
  'a frame past the limit': [`51-["frame",{"to":"1","data":${ATTACHMENT}}]`, new Uint8Array(16_385)],
  'a frame with an acknowledgement': [`51-1["frame",{"to":"1","data":${ATTACHMENT}}]`, card(1)],
  'a frame to a list': [`51-["frame",{"to":["1"],"data":${ATTACHMENT}}]`, card(1)],
  'deep JSON': [`2["frame",${DEEP}]`],
  'deep JSON with an attachment': [`51-["frame",${DEEP}]`, card(1)],
  'two attachments': [`52-["frame",{"to":"1","data":${ATTACHMENT}}]`, card(1), card(1)],
  'a thousand attachments': ['51000-["frame",{}]', card(1)],
  'an attachment that is not there': ['51-["frame",{"to":"1","data":{"_placeholder":true,"num":5}}]', card(1)],
  'text in place of an attachment': [`51-["frame",{"to":"1","data":${ATTACHMENT}}]`, '2["leave"]'],
  'a leave with an argument': ['21["leave",1]'],
  'a free of nobody': ['2["free",{}]'],
};

test('garbage ends its own connection, with a reason, and no other', async (t) => {
  const server = await serve(t);
  const two = await couple(t, server.url);
  for (const [what, packets] of Object.entries(GARBAGE)) {
    await t.test(what, async () => {
      const rude = await Client.connect(t, server.url);
      await rude.join('rude', 9);
      for (const packet of packets) rude.write(packet);
      assert.deepEqual(await rude.next('fault'), { error: 'invalid' });
      await rude.ended;
      await until('two connections', () => server.stats().connections === 2);
      assert.deepEqual(server.stats(), { connections: 2, rooms: 1, members: 2 });
    });
  }
  assert.equal(Reflect.get({}, 'to'), undefined);
  await undisturbed(two);
});

test('a second Socket.IO connect packet ends the connection', async (t) => {
  const server = await serve(t, { hangUpWithin: 20, sweepEvery: 20 });
  const two = await couple(t, server.url);
  const connects = Array.from({ length: 900 }, () => textFrame('40{"aparte":1}'));
  const joins = [textFrame(`451-1["join",{"nameplate":"crowd","card":${ATTACHMENT},"capacity":2}]`), BINARY_FRAME];
  const rude = await rawWebSocket(t, server.port);
  let said = '';
  rude.on('data', (data: Buffer) => (said += data.toString('latin1')));
  rude.write(Buffer.concat([...connects, ...joins]));
  await once(rude, 'close');
  assert.ok(!said.includes('40{"sid"'), said);
  assert.deepEqual(server.stats(), { connections: 2, rooms: 1, members: 2 });

  const late = await Client.connect(t, server.url);
  await late.join('late', 3);
  late.write('0{"aparte":1}');
  assert.deepEqual(await late.next('fault'), { error: 'invalid' });
  await late.ended;
  assert.deepEqual([server.stats().rooms, server.stats().members], [1, 2]);
  await undisturbed(two);
});

test('a member that sends garbage loses its slot at once', async (t) => {
  const { url } = await serve(t);
  const [first, second] = await couple(t, url);
  second.write('2["shout"]');
  assert.deepEqual(await second.next('fault'), { error: 'invalid' });
  assert.deepEqual(await first.next('left'), { member: '2' });
});

test('packets that a client sent before it was dropped have no effect', async (t) => {
  const server = await serve(t, { hangUpWithin: 20, sweepEvery: 20 });
  const rude = await rawWebSocket(t, server.port);
  rude.write(textFrame('40{"aparte":1}'));
  await once(rude, 'data');
  const join = `451-1["join",{"nameplate":"late","card":${ATTACHMENT},"capacity":2}]`;
  rude.write(Buffer.concat([textFrame('42["shout"]'), textFrame(join), BINARY_FRAME]));
  await once(rude.resume(), 'close');
  assert.deepEqual(server.stats(), { connections: 0, rooms: 0, members: 0 });
});

for (const transport of ['websocket', 'polling']) {
  test(`a message past the limit is refused over ${transport}`, async (t) => {
    const server = await serve(t);
    const two = await couple(t, server.url);
    const rude = await Client.connect(t, server.url, { transports: [transport] });
    await rude.join('rude', 9);
    rude.send('1', new Uint8Array(10_000_000));
    await rude.ended;
    await undisturbed(two);
  });
}

test('a flood of frames ends the connection', async (t) => {
  const server = await serve(t, { packets: { burst: 100, perSecond: 1 } });
  const [first, second] = await couple(t, server.url);
  const two = await couple(t, server.url, 'other');
  for (let count = 0; count < 200; count++) second.send('1', Uint8Array.of(count));
  assert.deepEqual(await second.next('fault'), { error: 'rate' });
  await second.ended;
  await undisturbed(two);
  assert.ok(first.told.length < 60, `${first.told.length} got through`);
});

test('the frames between two members are limited: the server is no relay', async (t) => {
  const { url } = await serve(t, { framesPerPair: 10 });
  const [first, second] = await couple(t, url);
  for (let count = 0; count < 10; count++) first.send('2', Uint8Array.of(count));
  for (let count = 0; count < 10; count++) await second.next('frame');
  first.send('2', Uint8Array.of(10));
  assert.deepEqual(await first.next('fault'), { error: 'limit' });
  assert.deepEqual(await second.next('left'), { member: '1' });
});

test('a client that joins too often is refused', async (t) => {
  const { url } = await serve(t, { joins: { burst: 3, perSecond: 0.001 } });
  await couple(t, url);
  const eager = await Client.connect(t, url);
  for (let count = 0; count < 3; count++) assert.deepEqual(await eager.ask('couple', 3), { error: 'room-full' });
  assert.deepEqual(await eager.ask('free', 3), { error: 'rate' });
});

test('an address has limits, which can be switched off', async (t) => {
  const rate = { burst: 1_000, perSecond: 1 };
  const perAddress = { connections: 2, connects: rate, joins: { burst: 3, perSecond: 0.001 }, guesses: rate };
  const { url } = await serve(t, { perAddress });
  const two = await couple(t, url);
  const third = new Client(url);
  assert.deepEqual(await third.next('fault'), { error: 'limit' });
  await third.ended;
  await undisturbed(two);
  await two[1].socket.emitWithAck('leave');
  await two[1].join('other', 3);
  await two[1].socket.emitWithAck('leave');
  assert.deepEqual(await two[1].ask('other', 3), { error: 'rate' });

  const open = await serve(t, { perAddress: null });
  for (let count = 0; count < 5; count++) await (await Client.connect(t, open.url)).join(`room${count}`, count);
});

test('a full server lets nobody in, and its clients go on', async (t) => {
  const { url } = await serve(t, { connections: 2 });
  const two = await couple(t, url);
  await assert.rejects(Client.connect(t, url));
  await undisturbed(two);
});

test('the number of rooms is limited on the wire too', async (t) => {
  const { url } = await serve(t, { rooms: 1 });
  await couple(t, url);
  const third = await Client.connect(t, url);
  assert.deepEqual(await third.ask('another', 3), { error: 'limit' });
  assert.deepEqual(await third.ask(null, 3), { error: 'limit' });
});

test('a client that joins no room is disconnected, whatever step it stopped at', async (t) => {
  const server = await serve(t, { joinWithin: 500, sweepEvery: 20, hangUpWithin: 20 });
  const two = await couple(t, server.url);
  const idle = await Client.connect(t, server.url);
  const gone = await Client.connect(t, server.url);
  await gone.join('gone', 3);
  await gone.socket.emitWithAck('leave');
  const mute = await rawWebSocket(t, server.port);
  const lost = new Client(`${server.url}/nowhere`);
  t.after(() => lost.socket.disconnect());
  const [error] = (await once(lost.socket as never, 'connect_error')) as [Error];
  assert.equal(error.message, 'Invalid namespace');
  for (const client of [idle, gone]) {
    assert.deepEqual(await client.next('fault'), { error: 'idle' });
    await client.ended;
  }
  // It does not answer the close frame, and is cut.
  await once(mute.resume(), 'close');
  await until('two connections', () => server.stats().connections === 2);
  await undisturbed(two);
});

test('a leave outside a room ends the connection and keeps no idle client alive', async (t) => {
  const server = await serve(t, { joinWithin: 500, sweepEvery: 20 });
  const nowhere = await Client.connect(t, server.url);
  const behind = await Client.connect(t, server.url);
  const again = setInterval(() => nowhere.socket.emit('leave', () => {}), 20);
  t.after(() => clearInterval(again));
  assert.deepEqual(await behind.next('fault'), { error: 'idle' });
  assert.deepEqual(await nowhere.next('fault'), { error: 'invalid' });

  const twice = await Client.connect(t, server.url);
  await twice.join('twice', 3);
  await twice.socket.emitWithAck('leave');
  twice.socket.emit('leave', () => {});
  assert.deepEqual(await twice.next('fault'), { error: 'invalid' });
});

test('an idle room is closed', async (t) => {
  const server = await serve(t, { roomIdle: 50, sweepEvery: 20 });
  const waiting = await Client.connect(t, server.url);
  await waiting.join('forgotten', 1);
  assert.deepEqual(await waiting.next('fault'), { error: 'idle' });
  await waiting.ended;
  assert.deepEqual([server.stats().rooms, server.stats().members], [0, 0]);
});

test('a client that disconnects from Socket.IO only is disconnected', async (t) => {
  const server = await serve(t);
  const sly = await rawWebSocket(t, server.port);
  sly.write(textFrame('40{"aparte":1}'));
  await once(sly, 'data');
  sly.write(textFrame('41'));
  await until('no connection', () => server.stats().connections === 0);
});

test('garbage below Socket.IO ends its own connection', async (t) => {
  const server = await serve(t, { hangUpWithin: 20, sweepEvery: 20, joinWithin: 500 });
  const two = await couple(t, server.url);
  const packets = [textFrame('garbage'), textFrame('3probe'), textFrame('2'), textFrame('4'), textFrame('\u0000')];
  for (const bytes of [...packets, Buffer.from([0xff, 0xff, 0xff]), Buffer.from([0x81, 0x05]), Buffer.alloc(5_000)]) {
    const socket = await rawWebSocket(t, server.port);
    socket.write(bytes);
    await once(socket.resume(), 'close');
  }
  const patient = await serve(t);
  const plain = connect(patient.port, '127.0.0.1');
  plain.end('\u0016\u0003\u0001 not HTTP at all\r\n\r\n');
  await once(plain.resume(), 'close');
  for (const query of [
    '',
    '?EIO=3&transport=polling',
    '?EIO=4&transport=odd',
    '?EIO=4&transport=polling&sid=__proto__',
  ]) {
    assert.equal((await fetch(`${patient.url}/socket.io/${query}`)).status, 400, query);
  }
  await until('two connections', () => server.stats().connections === 2);
  await undisturbed(two);
});

test('a client that does not read is disconnected before its unread frames fill the memory', async (t) => {
  const server = await serve(t, { framesPerPair: 100_000, packets: { burst: 1e6, perSecond: 1e6 } });
  const sender = await Client.connect(t, server.url);
  await sender.join('slow', 1);
  const deaf = await rawWebSocket(t, server.port);
  deaf.write(textFrame('40{"aparte":1}'));
  deaf.write(textFrame(`451-1["join",{"nameplate":"slow","card":${ATTACHMENT},"capacity":2}]`));
  deaf.write(BINARY_FRAME);
  await sender.next('came');
  deaf.pause();
  const frame = new Uint8Array(16_384);
  let sent = 0;
  while (server.stats().connections === 2) {
    for (let count = 0; count < 50; count++) sender.send('2', frame);
    sent += 50;
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.ok(sent < 5_000, 'still connected');
  }
  assert.ok(sender.socket.connected);
});
