/** Reconnecting by ticket to a real program: only the same peer may, and only with the newest ticket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Identity, systemRandom } from '../../peer/crypto/index.ts';
import { utf8 } from '../../shared/bytes.ts';
import { type EvilPeer, guess, inputsOf, meetAsB } from './evil-peer.ts';
import { EvilServer } from './evil-server.ts';
import { Program } from './program.ts';

/**
 * Talks until Alice has certainly dropped the newest ticket of now. She keeps the one before her last step, so that takes
 * two steps of hers. A side steps behind data, when 250 ms have passed since its last step.
 */
async function letGo(alice: Program, peer: EvilPeer): Promise<void> {
  const names = new Set<string | undefined>();
  for (;;) {
    const held = peer.channel.tickets().map(({ nameplate }) => nameplate);
    names.add(held[0]);
    if (names.size > 2 && held.length === 1) return;
    const delivered = alice.all('delivered').length;
    alice.say('once more');
    await alice.until('delivery', () => alice.all('delivered').length > delivered);
  }
}

test('rows 15 and 22: refuses an old ticket and another identity, and still lets the true peer back', async (t) => {
  const server = await EvilServer.start(t);
  const alice = new Program(t, { server: server.url, code: '7-ocean-violin', name: 'alice' });
  const wire = (await server.guest(0)).ghost('friend');
  const identity = Identity.generate(systemRandom);
  const peer = await meetAsB(t, wire, inputsOf(wire, '7', 'ocean-violin', 'A'), { identity, name: 'friend' });
  peer.text(1, utf8('before'));
  await alice.event('message');
  const [stolen] = peer.channel.tickets();
  await letGo(alice, peer);
  const [ticket] = peer.channel.tickets();
  assert.ok(stolen && ticket);
  assert.equal(server.guests.length, 1, 'while it is connected it waits in no room');

  peer.cut();
  const room = ticket.nameplate;
  const first = (await server.guest(0, room)).ghost('thief');
  assert.ok(
    server.guests.every(({ nameplate }) => nameplate !== stolen.nameplate),
    'nobody is where the old one leads',
  );
  first.send(await guess(first, room, stolen));
  // Refused. The program tries again.
  const second = (await server.guest(1, room)).ghost('impostor');
  meetAsB(t, second, inputsOf(second, room, ticket, 'A'), { name: 'friend' }).catch(() => undefined);
  await alice.event('error', { code: 'identity-changed', fatal: false });
  const third = (await server.guest(2, room)).ghost('friend');
  const cursor = alice.all('sent').length;
  const back = await meetAsB(t, third, inputsOf(third, room, ticket, 'A'), { identity, name: 'friend', cursor });
  await alice.until('connection', () => alice.standing.at(-1) === 'connected');
  back.text(1, utf8('before'));
  back.text(2, utf8('after'));
  await alice.event('message', { text: 'after' });
  assert.deepEqual(
    alice.all('message').map(({ text }) => text),
    ['before', 'after'],
  );
  assert.deepEqual(alice.standing, ['connecting', 'connected', 'reconnecting', 'connected']);
  assert.deepEqual(alice.errors, ['identity-changed']);
  assert.equal(await alice.quit(), 0);
});
