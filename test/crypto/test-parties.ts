/** Seeded randomness, handshake inputs, and pairs of handshakes and channels for the tests. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import type { Claims, HandshakeInputs, Mode, ProvenClaims, Random } from '../../peer/crypto/index.ts';
import { codeSecret, Identity, Initiator, Responder, ready, systemRandom } from '../../peer/crypto/index.ts';
import { RatchetChannel } from '../../peer/crypto/ratchet-channel.ts';
import { encodeCard } from '../../shared/card.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { AparteError } from '../../shared/errors.ts';

await ready();

/** Randomness that is the same for the same seed. */
export function seeded(seed: string | number): Random {
  let draw = 0;
  return (bytes) => {
    const hash = createHash('shake256', { outputLength: bytes });
    return Uint8Array.from(hash.update(`${seed}, draw ${draw++}`).digest());
  };
}

/** Small whole numbers below a bound, the same for the same seed. */
export function dice(seed: number): (sides: number) => number {
  let state = (seed + 1) * 0x9e3779b1;
  return (sides) => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

/** So many bytes, the same for the same label and different for others. */
export const bytesOf = (label: string, length: number): Uint8Array => seeded(label)(length);

export function inputsOf(changes: Partial<HandshakeInputs> = {}, mode: Mode = 'code'): HandshakeInputs {
  return {
    mode,
    nameplate: mode === 'manual' ? '' : '7',
    secret: mode === 'code' ? codeSecret('ocean-violin') : bytesOf(`secret ${mode}`, mode === 'manual' ? 16 : 32),
    context: mode === 'manual' ? bytesOf('context', 64) : new Uint8Array(0),
    cardA: encodeCard({ versions: [1], nonce: bytesOf('nonce A', 16) }),
    cardB: encodeCard({ versions: [1], nonce: bytesOf('nonce B', 16) }),
    ...changes,
  };
}

export const ann = Identity.generate(seeded('ann'));
export const ben = Identity.generate(seeded('ben'));

export function claimsOf(name: string): Claims {
  return { name, description: `v=0\r\no=${name}`, capabilities: Uint8Array.of(1, 2, 3), cursor: 2 ** 40 + 1 };
}

/** Both sides of a handshake before the first flight. */
export function pair(inputs: HandshakeInputs = inputsOf(), randomA = systemRandom, randomB = systemRandom) {
  return { a: new Initiator(inputs, ann, randomA), b: new Responder(inputs, ben, randomB) };
}

/** A finished handshake with all its frames and both channels. */
export function met(inputs?: HandshakeInputs, randomA = systemRandom, randomB = systemRandom) {
  const { a, b } = pair(inputs, randomA, randomB);
  const reply = b.gotHello(a.hello);
  a.gotReply(reply);
  const proofA = a.prove(claimsOf('Ann'));
  const seenByB: ProvenClaims = b.gotProof(proofA);
  const proofB = b.prove(claimsOf('Ben'));
  const seenByA: ProvenClaims = a.gotProof(proofB);
  return {
    a,
    b,
    hello: a.hello,
    reply,
    proofA,
    proofB,
    seenByA,
    seenByB,
    channelA: a.channel(),
    channelB: b.channel(),
  };
}

/** Made-up secrets of a handshake, for tests of the channel alone. */
export function sessionOf(seed: string | number) {
  const random = seeded(`session ${seed}`);
  const session = random(64);
  const xb = sodium.crypto_box_seed_keypair(random(32));
  return { session, xb, ratchetA: xb.publicKey, ratchetB: xb.privateKey };
}

/** Two channels of one session. */
export function channels(seed: string | number): { a: RatchetChannel; b: RatchetChannel } {
  const { session, ratchetA, ratchetB } = sessionOf(seed);
  return {
    a: new RatchetChannel({ role: 'A', session, ratchet: ratchetA }, seeded(`channel A ${seed}`)),
    b: new RatchetChannel({ role: 'B', session, ratchet: ratchetB }, seeded(`channel B ${seed}`)),
  };
}

/** The frame. Fails if there is none. */
export function due(frame: Uint8Array | null): Uint8Array {
  assert.ok(frame !== null, 'no step was due');
  return frame;
}

/** The code of the error that something throws; `bug` for a plain Error. Any other exception fails the test. */
export function codeOf(act: () => unknown): ErrorCode | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof AparteError) return error.code;
    if (error instanceof Error && error.name === 'Error') return 'bug';
    throw error;
  }
}

/** Asserts that something is refused with this word. */
export function refused(code: ErrorCode, act: () => unknown): void {
  assert.equal(codeOf(act), code);
}

/** A copy with one bit of one byte flipped. */
export function flipped(bytes: Uint8Array, at: number, bit = at % 8): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

/** A copy with other bytes from an offset on. */
export function spliced(bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(part, at);
  return copy;
}
