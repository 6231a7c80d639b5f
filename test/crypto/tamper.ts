/** A handshake in which one flight is changed on the way. */
import assert from 'node:assert/strict';
import { utf8 } from '../../shared/bytes.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { claimsOf, codeOf, flipped, inputsOf, met, pair, refused } from './test-parties.ts';

/** The attacker's change to each flight. Flights without one pass. */
export interface Attack {
  readonly hello?: (frame: Uint8Array) => Uint8Array;
  readonly reply?: (frame: Uint8Array) => Uint8Array;
  readonly proofA?: (frame: Uint8Array) => Uint8Array;
  readonly proofB?: (frame: Uint8Array) => Uint8Array;
}

const honest = (frame: Uint8Array): Uint8Array => frame;

/** How an attacked handshake ends for each side: an error word, or null if it goes on. Other exceptions are thrown. */
export function attacked(attack: Attack): { readonly a: ErrorCode | null; readonly b: ErrorCode | null } {
  const { a, b } = pair();
  let [reply, proofA, proofB] = [new Uint8Array(0), new Uint8Array(0), new Uint8Array(0)] as Uint8Array[];
  const steps: readonly (readonly ['a' | 'b', () => void])[] = [
    ['b', () => (reply = b.gotHello((attack.hello ?? honest)(a.hello)))],
    ['a', () => a.gotReply((attack.reply ?? honest)(reply ?? a.hello))],
    ['a', () => (proofA = a.prove(claimsOf('Ann')))],
    ['b', () => b.gotProof((attack.proofA ?? honest)(proofA ?? a.hello))],
    ['b', () => (proofB = b.prove(claimsOf('Ben')))],
    ['a', () => a.gotProof((attack.proofB ?? honest)(proofB ?? a.hello))],
  ];
  for (const [side, act] of steps) {
    const code = codeOf(act);
    if (code !== null) return { a: side === 'a' ? code : null, b: side === 'b' ? code : null };
  }
  return { a: null, b: null };
}

const EXPECTED: Readonly<Record<keyof Attack, readonly string[]>> = {
  // B may find an invalid key. If B answers, A finds a wrong tag.
  hello: ['a wrong-code', 'b damaged'],
  reply: ['a wrong-code', 'a damaged'],
  proofA: ['b wrong-code', 'b damaged'],
  proofB: ['a damaged'],
};

/** Flips a bit in every `stride`th byte of each flight. */
export function flipEveryByte(stride: number): void {
  const sample = met();
  for (const flight of ['hello', 'reply', 'proofA', 'proofB'] as const) {
    const { length } = sample[flight];
    for (let at = 0; at < length; at += stride) {
      const { a, b } = attacked({ [flight]: (frame: Uint8Array) => flipped(frame, at) });
      const outcome = a === null ? `b ${b}` : `a ${a}`;
      assert.ok(EXPECTED[flight].includes(outcome), `byte ${at} of ${flight}: ${outcome}`);
    }
  }
}

/** Flips a bit in every byte of a signal, and then opens the right one. */
export function flipEverySignalByte(): void {
  const { a, b } = met(inputsOf());
  const frame = a.sealSignal(utf8('candidate'));
  for (let at = 0; at < frame.length; at++) {
    const code = codeOf(() => assert.equal(b.openSignal(flipped(frame, at, 0)), null));
    // Another number: one that was seen is ignored, a later one is a lost frame.
    assert.equal(code, at >= 1 && at < 9 ? (at === 8 ? null : 'lost-frame') : 'damaged', `byte ${at}`);
  }
  assert.deepEqual(b.openSignal(frame), utf8('candidate'));
  refused('damaged', () => b.openSignal(frame.subarray(0, 8)));
}
