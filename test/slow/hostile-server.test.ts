/** More lies of a hostile server, against real programs: each lie ends the handshake with a named error. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { FLIGHT, ready } from '../../peer/crypto/index.ts';
import { flipped } from '../crypto/test-parties.ts';
import { EvilServer, type Guest, type Passing } from '../hostile/evil-server.ts';
import { CODE, changing, couple, swappedKey } from '../hostile/hostile-server-pair.ts';
import { assertRefused, Program } from '../hostile/program.ts';

before(ready);

describe('a hostile server', { concurrency: 2 }, () => {
  test('a server that replaces the public key in HELLO by its own causes wrong-code on both sides', async (t) => {
    const { alice, bob } = await couple(t, { pass: changing(FLIGHT.hello, swappedKey) });
    await Promise.all([assertRefused(alice, 'wrong-code'), assertRefused(bob, 'wrong-code')]);
  });

  for (const [what, type, at, ofAlice, ofBob] of [
    ['what A sealed', FLIGHT.proofA, 99, 'peer-abort', 'damaged'],
    ['what B sealed', FLIGHT.proofB, 99, 'damaged', 'peer-abort'],
  ] as const) {
    test(`row 7: both sides refuse a bit flipped in ${what}`, async (t) => {
      const { alice, bob } = await couple(t, { pass: changing(type, (bytes) => [flipped(bytes, at, 0)]) });
      await Promise.all([assertRefused(alice, ofAlice), assertRefused(bob, ofBob)]);
    });
  }

  test('row 10: a replayed recording has no effect on fresh programs', async (t) => {
    const { server, alice, bob } = await couple(t, {});
    await alice.event('message');
    assert.deepEqual([await bob.quit(), await alice.exit], [0, 0]);
    const [first, second] = server.guests as [Guest, Guest];
    const replayed = await EvilServer.start(t, { answer: () => ({ members: [{ id: 'old', card: first.card }] }) });
    const newAlice = new Program(t, { server: server.url, code: CODE });
    const ghost = (await server.guest(2)).ghost('old', second.card);
    for (const frame of second.sent.all) ghost.send(frame);
    const newBob = new Program(t, { server: replayed.url, code: CODE });
    const old = (await replayed.guest(0)).ghost('old', first.card, false);
    for (const frame of first.sent.all) old.send(frame);
    await Promise.all([assertRefused(newAlice, 'wrong-code'), assertRefused(newBob, 'wrong-code')]);
  });

  test('a candidate before the proof is reported as unexpected', async (t) => {
    let held: Uint8Array | null = null;
    const pass = ({ bytes }: Passing) => {
      if (bytes[0] === FLIGHT.proofA) {
        held = bytes;
        return [];
      }
      return bytes[0] === FLIGHT.signal && held !== null ? [bytes, held] : [bytes];
    };
    const { alice, bob } = await couple(t, { pass });
    await Promise.all([assertRefused(alice, 'peer-abort'), assertRefused(bob, 'unexpected')]);
  });

  test('row 9: a server that merges two rooms causes wrong-code', async (t) => {
    const { alice, bob } = await couple(
      t,
      {
        answer: (_guest, earlier) => ({ members: earlier.map(({ member }) => member) }),
        tell: (guest, earlier) => {
          for (const one of earlier) one.came(guest.member);
        },
      },
      [CODE, '8-ocean-violin'],
    );
    await Promise.all([assertRefused(alice, 'wrong-code'), assertRefused(bob, 'wrong-code')]);
  });
});
