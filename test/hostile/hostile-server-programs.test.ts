/** A server that does not forward honestly. Real programs end the handshake by name at each lie, and show nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FLIGHT, Identity, Initiator, systemRandom } from '../../peer/crypto/index.ts';
import { encodeCard } from '../../shared/card.ts';
import { flipped, spliced } from '../crypto/test-parties.ts';
import { inputsOf } from './evil-peer.ts';
import { EvilServer, freshCard, type Passing } from './evil-server.ts';
import { CODE, changing, couple, swappedKey } from './hostile-server-pair.ts';
import { assertRefused, folder, Program } from './program.ts';

describe('a server that lies', { concurrency: 3 }, () => {
  test('reports wrong-code on both sides if the server swaps the public key in REPLY for its own', async (t) => {
    const { alice, bob } = await couple(t, { pass: changing(FLIGHT.reply, swappedKey) });
    await Promise.all([assertRefused(alice, 'wrong-code'), assertRefused(bob, 'wrong-code')]);
  });

  test('row 7: refuses on both sides a tag of A with a bit turned', async (t) => {
    const { alice, bob } = await couple(t, { pass: changing(FLIGHT.proofA, (bytes) => [flipped(bytes, 1, 0)]) });
    await Promise.all([assertRefused(alice, 'peer-abort'), assertRefused(bob, 'wrong-code')]);
  });

  test('row 5: never meets itself if it is shown its own card, or its own frames', async (t) => {
    const server = await EvilServer.start(t);
    const alice = new Program(t, { server: server.url, code: CODE });
    const guest = await server.guest(0);
    const echo = guest.ghost('echo', guest.card);
    await alice.event('error', { code: 'self' });
    assert.deepEqual(guest.sent.of(FLIGHT.hello), []);
    for (const frame of guest.sent.all) echo.send(frame);
    // Under another card its HELLO comes back as a HELLO, and as a REPLY.
    const mirror = guest.ghost('mirror');
    const hello = await mirror.inbox.next(FLIGHT.hello);
    mirror.send(hello);
    mirror.send(spliced(hello, 0, Uint8Array.of(FLIGHT.reply)));
    await assertRefused(alice, 'wrong-code');
  });

  test('row 5: reports its own echoed frames as unexpected, although they know the code', async (t) => {
    const pass = ({ from, bytes }: Passing) => {
      if (bytes[0] === FLIGHT.proofA) from.give('g1', bytes);
      return [bytes];
    };
    const { alice } = await couple(t, { pass });
    await assertRefused(alice, 'unexpected');
  });

  test('row 6: reports one identity on both sides', async (t) => {
    const data = folder(t);
    const server = await EvilServer.start(t);
    const one = new Program(t, { server: server.url, code: CODE, data });
    await server.guest(0);
    const other = new Program(t, { server: server.url, code: CODE, data });
    await Promise.all([assertRefused(other, 'self'), assertRefused(one, 'self')]);
  });

  test('row 6: does not meet its own earlier connection when it comes back over a second one', async (t) => {
    const server = await EvilServer.start(t);
    const alice = new Program(t, { server: server.url, code: CODE });
    const first = await server.guest(0);
    server.hostility = { answer: () => ({ members: [first.member] }) };
    first.cut();
    await alice.event('error', { code: 'self' });
    const second = await server.guest(1);
    assert.deepEqual([...first.sent.of(FLIGHT.hello), ...second.sent.of(FLIGHT.hello)], []);
    assert.equal(await alice.quit(), 0);
  });

  test('ends the handshake by name at frames that the server makes up, in every state', async (t) => {
    const server = await EvilServer.start(t);
    const alice = new Program(t, { server: server.url, code: CODE });
    const guest = await server.guest(0);
    for (const [index, junk] of [
      [99, 1, 2],
      [FLIGHT.signal, 0],
      [FLIGHT.proofB, 0],
    ].entries()) {
      const ghost = guest.ghost(`junk${index}`);
      await ghost.inbox.next(FLIGHT.hello);
      ghost.send(Uint8Array.from(junk));
      await ghost.inbox.next(FLIGHT.abort);
    }
    // None of them was a guess, and the code is still good.
    await alice.event('error', { code: 'unexpected' });
    const reply = guest.ghost('last');
    await reply.inbox.next(FLIGHT.hello);
    reply.send(Uint8Array.of(FLIGHT.reply, 0));
    await assertRefused(alice, 'wrong-code');
    const told = alice.all('error').map(({ code, times }) => [code, times]);
    assert.deepEqual(told.slice(0, -1), [
      ['unexpected', undefined],
      ['unexpected', 2],
    ]);
  });

  test('meets a member who joins twice once', async (t) => {
    const { server, alice, bob } = await couple(t, {
      tell: (guest, earlier) => {
        for (const one of earlier) for (const id of [guest.id, 'again']) one.came({ id, card: guest.card });
      },
    });
    await alice.event('message', { text: 'for alice alone' });
    await bob.event('message', { text: 'for bob alone' });
    assert.equal(server.guests[0]?.sent.of(FLIGHT.hello).length, 1);
    for (const { standing, errors } of [alice, bob]) {
      assert.deepEqual(standing, ['connecting', 'connected']);
      assert.deepEqual(errors, []);
    }
    assert.deepEqual([await bob.quit(), await alice.exit], [0, 0]);
  });

  test('row 9: reports a card that was changed on the way as a wrong code, never as another version', async (t) => {
    const { alice, bob } = await couple(t, {
      tell: ({ id, card }, earlier) => {
        for (const one of earlier) one.came({ id, card: encodeCard({ versions: [1, 2], nonce: card.slice(-16) }) });
      },
    });
    await Promise.all([assertRefused(alice, 'wrong-code'), assertRefused(bob, 'wrong-code')]);
  });

  test('row 9: reports that there is no version in common, and makes no handshake', async (t) => {
    const answer = () => ({ members: [{ id: 'later', card: freshCard([2, 3]) }] });
    const server = await EvilServer.start(t, { answer });
    const bob = new Program(t, { server: server.url, code: CODE });
    await assertRefused(bob, 'version');
    const guest = await server.guest(0);
    assert.deepEqual(guest.sent.all, [Uint8Array.of(FLIGHT.abort, 2)]);
  });

  test('row 13: takes ABORT before REPLY as a hint, after REPLY as the end, and sends no second REPLY', async (t) => {
    const members = ['early', 'late'].map((id) => ({ id, card: freshCard() }));
    const server = await EvilServer.start(t, { answer: () => ({ members }) });
    const bob = new Program(t, { server: server.url, code: CODE });
    const guest = await server.guest(0);
    const [early, late] = members.map(({ id, card }) => guest.ghost(id, card, false));
    assert.ok(early && late);
    early.send(Uint8Array.of(FLIGHT.abort, 1));
    await bob.event('error', { code: 'peer-abort', fatal: false });
    const initiator = new Initiator(inputsOf(late, '7', 'a-guess', 'B'), Identity.generate(systemRandom), systemRandom);
    late.send(initiator.hello);
    await late.inbox.next(FLIGHT.reply);
    late.send(Uint8Array.of(FLIGHT.abort, 1));
    early.send(initiator.hello);
    late.send(initiator.hello);
    await assertRefused(bob, 'wrong-code');
    assert.equal(guest.sent.of(FLIGHT.reply).length, 1);
    assert.match(bob.all('error').at(-1)?.message ?? '', /reported by the other side, or by somebody between you/);
    assert.match(bob.all('error').at(-1)?.hint ?? '', /new code/);
  });
});
