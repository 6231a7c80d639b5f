/** A peer with another secret learns nothing and gets one try, and both people are told. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FLIGHT } from '../../peer/crypto/index.ts';
import { ERROR_WORDS } from '../../peer/words/english/errors.ts';
import { utf8 } from '../../shared/bytes.ts';
import { serve } from '../signaling/test-server.ts';
import { enter } from './attacker-wire.ts';
import { guess, inputsOf, meetAsB } from './evil-peer.ts';
import { EvilServer, freshCard } from './evil-server.ts';
import { assertRefused, Program } from './program.ts';

const HELLO_BYTES = 1281;

describe('another secret', { concurrency: 3 }, () => {
  test('tells both sides at once of a wrong secret, of both causes and of a new code, and delivers nothing', async (t) => {
    const { url } = await serve(t);
    const alice = new Program(t, { server: url, code: '7-ocean-violin', name: 'alice' });
    alice.say('for bob alone');
    await alice.event('code');
    const bob = new Program(t, { server: url, code: '7-ocean-violet', name: 'bob' });
    bob.say('for alice alone');
    await Promise.all([alice, bob].map((program) => assertRefused(program, 'wrong-code')));
    for (const { events, stdout } of [alice, bob]) {
      const error = events.find((event) => event.type === 'error');
      assert.match(error?.message ?? '', /mistyped.*guess/);
      assert.equal(error?.hint, ERROR_WORDS['wrong-code'].hint);
      assert.doesNotMatch(stdout, /"type":"peer"/);
    }
    // The other side told it. Silence would have taken ten seconds.
    assert.match(bob.stdout, /reported by the other side, or by somebody between you/);
  });

  test('ends send and receive with exit 3 at a wrong secret, and writes no byte of the text', async (t) => {
    const { url } = await serve(t);
    const send = new Program(t, { args: ['send', '--text', 'the key'], server: url, code: '7-ocean-violin' });
    const receive = new Program(t, { args: ['receive'], server: url, code: '7-ocean-violet' });
    assert.deepEqual(await Promise.all([send.exit, receive.exit]), [3, 3]);
    for (const { stdout, stderr } of [send, receive]) {
      assert.equal(stdout, '');
      assert.match(stderr, /mistyped the code, or somebody between you tried to guess/);
      assert.match(stderr, /Agree on a new code/);
    }
  });

  test('row 1: shows visitors HELLOs and nothing else, and ends the code at the first wrong tag', async (t) => {
    const { url } = await serve(t);
    const alice = new Program(t, { server: url, code: '7-ocean-violin' });
    await alice.event('code');
    const hellos = new Set<string>();
    for (let visit = 0; visit < 4; visit++) {
      const stranger = await enter(url, '7', freshCard());
      await stranger.inbox.next(FLIGHT.hello);
      await stranger.hangUp();
      for (const frame of stranger.inbox.all) {
        assert.equal(frame.length, HELLO_BYTES);
        hellos.add(Buffer.from(frame.slice(1)).toString('hex'));
      }
    }
    assert.equal(hellos.size, 4, 'each HELLO is a fresh one');
    assert.deepEqual(alice.errors, []);
    const stranger = await enter(url, '7', freshCard());
    stranger.send(await guess(stranger, '7', 'ocean-violet'));
    await assertRefused(alice, 'wrong-code');
    assert.deepEqual(
      stranger.inbox.all.map((frame) => frame[0]),
      [FLIGHT.hello, FLIGHT.abort],
    );
    await stranger.hangUp();
  });

  test('row 3: judges one of twenty newcomers with wrong tags in one moment', async (t) => {
    const server = await EvilServer.start(t);
    const alice = new Program(t, { server: server.url, code: '7-ocean-violin' });
    const guest = await server.guest(0);
    const ghosts = Array.from({ length: 20 }, (_, index) => guest.ghost(`evil${index}`));
    // So many are greeted within a second. The others would be greeted later.
    const replies = await Promise.all(ghosts.slice(0, 5).map((ghost) => guess(ghost, '7', 'ocean-violet')));
    for (const [index, ghost] of ghosts.entries()) ghost.send(replies[index] ?? replies[0] ?? assert.fail());
    await assertRefused(alice, 'wrong-code');
    assert.deepEqual(alice.errors, ['wrong-code']);
    assert.equal(guest.sent.of(FLIGHT.abort).length, 1);
    // More were greeted if the test took longer than that second.
    const greeted = guest.sent.of(FLIGHT.hello).length;
    assert.ok(greeted >= 5 && greeted <= ghosts.length);
    assert.equal(guest.sent.all.length, greeted + 1);
  });

  test('tells a third client that the room is full, and does not disturb the two', async (t) => {
    const { url } = await serve(t);
    const alice = new Program(t, { server: url, code: '7-ocean-violin' });
    await alice.event('code');
    // The second is slow, so that both are still in the room.
    const second = await enter(url, '7', freshCard());
    const carol = new Program(t, { server: url, code: '7-ocean-violin', name: 'carol' });
    assert.equal(await carol.exit, 4);
    assert.deepEqual(carol.errors, ['room-full']);
    assert.match(carol.all('error')[0]?.message ?? '', /^Two people are already in the room of this code\./);
    const peer = await meetAsB(t, second, inputsOf(second, '7', 'ocean-violin', 'A'));
    peer.text(1, utf8('still for two'));
    await alice.event('message', { text: 'still for two' });
    assert.deepEqual(alice.errors, []);
    assert.deepEqual(alice.standing, ['connecting', 'connected']);
    assert.equal(await alice.quit(), 0);
    await second.hangUp();
  });
});
