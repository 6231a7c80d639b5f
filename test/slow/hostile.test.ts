/** Hostile acts that take long: many repetitions, or long silences. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { FLIGHT, Identity, Initiator, ready, systemRandom } from '../../peer/crypto/index.ts';
import { dice } from '../crypto/test-parties.ts';
import { assertBlind } from '../hostile/captured-pairings.ts';
import { DISTURBANCES, type Disturbance, disturb } from '../hostile/cut-reconnects.ts';
import { inputsOf } from '../hostile/evil-peer.ts';
import { EvilServer, freshCard } from '../hostile/evil-server.ts';
import { flipEveryByte } from '../hostile/flipped-bits.ts';
import { hostileRuns } from '../hostile/hostile-links.ts';
import { assertRefused, Program } from '../hostile/program.ts';

const CODE = '7-ocean-violin';

before(ready);

test('row 7: a bit flipped in any byte of any flight ends a whole pairing', () => flipEveryByte(1));

test('row 16: the server learns nothing from fifty pairings', (t) => assertBlind(t, 50));

test('row 17: ten thousand conversations over hostile links show nothing wrong', () => hostileRuns(1_000, 10_000));

test('row 21: five hundred reconnects survive three disturbances each', () => {
  for (let seed = 0; seed < 500; seed++) {
    const roll = dice(seed);
    const plan = new Map<number, Disturbance>();
    for (let acts = 0; acts < 3; acts++) plan.set(roll(30), DISTURBANCES[roll(DISTURBANCES.length)] ?? 'cut');
    disturb(plan, roll(2) === 0);
  }
});

describe('long silences, with real programs', { concurrency: true }, () => {
  test('row 2: a peer that takes a REPLY and stays silent has used its guess', async (t) => {
    const members = Array.from({ length: 8 }, (_, index) => ({ id: `evil${index}`, card: freshCard() }));
    const server = await EvilServer.start(t, { answer: () => ({ members }) });
    const bob = new Program(t, { server: server.url, code: CODE });
    const guest = await server.guest(0);
    for (const { id, card } of members) {
      const wire = guest.ghost(id, card, false);
      const inputs = inputsOf(wire, '7', 'a-guess', 'B');
      wire.send(new Initiator(inputs, Identity.generate(systemRandom), systemRandom).hello);
    }
    await assertRefused(bob, 'wrong-code');
    assert.equal(guest.sent.of(FLIGHT.reply).length, 1);
    assert.match(bob.all('error').at(-1)?.message ?? '', /mistyped the code, or somebody between you/);
  });

  test('row 11: two peers that are both told they came first report silence and go on waiting', async (t) => {
    const server = await EvilServer.start(t, {
      answer: () => ({ members: [] }),
      tell: (guest, earlier) => {
        for (const one of earlier) {
          one.came(guest.member);
          guest.came(one.member);
        }
      },
    });
    const both = [1, 2].map(() => new Program(t, { server: server.url, code: CODE }));
    for (const program of both) await program.event('error', { code: 'silent', fatal: false });
    for (const program of both) assert.equal(await program.quit(), 0);
  });

  for (const [what, type, words] of [
    ['REPLY', FLIGHT.reply, ['silent', 'wrong-code']],
    ['PROOF of A', FLIGHT.proofA, ['no-answer', 'wrong-code']],
  ] as const) {
    test(`both sides are told when a server drops ${what}`, async (t) => {
      const dropped: readonly (number | undefined)[] = [type, FLIGHT.signal, FLIGHT.abort];
      const drop = ({ bytes }: { bytes: Uint8Array }) => (dropped.includes(bytes[0]) ? [] : [bytes]);
      const server = await EvilServer.start(t, { pass: drop });
      const alice = new Program(t, { server: server.url, code: CODE });
      await server.guest(0);
      const bob = new Program(t, { server: server.url, code: CODE });
      await alice.until('blame', () => alice.errors.some((code) => code === words[0] || code === 'peer-abort'));
      await assertRefused(bob, words[1]);
    });
  }
});
