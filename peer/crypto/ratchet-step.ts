/** STEP frames: their form, and how one changes the keys (docs/PROTOCOL.md, Session keys and the ratchet). No state. */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { HEADER_BYTES, nonce, SESSION } from './frame-format.ts';
import { derive } from './hash.ts';
import { advance, type ChainKeys } from './key-chain.ts';
import { KEY_BYTES, MLKEM_CIPHERTEXT_BYTES, MLKEM_PUBLIC_BYTES, mlkemEncapsulate, wipe } from './sodium.ts';

/** The sides of a handshake and its session: A spoke first. */
export type Role = 'A' | 'B';

const HAS_KEM_KEY = 1;
const HAS_KEM_ANSWER = 2;
const FIXED_BYTES = HEADER_BYTES + 1 + KEY_BYTES;

/** The keys after a step: the new root, the maker's new chain key, and the key of the STEP frame itself. */
export interface StepKeys extends ChainKeys {
  readonly root: Uint8Array;
}

/**
 * `rk' ‖ ck0 = K(rk, "step A" or "step B", x, ss, header)`, then one {@link advance}. `shared` is the X25519 secret,
 * `kem` the ML-KEM secret or empty; both are wiped. `header` is the frame before its box, which it so binds.
 */
export function stepKeys(
  root: Uint8Array,
  maker: Role,
  shared: Uint8Array,
  kem: Uint8Array,
  header: Uint8Array,
): StepKeys {
  const both = derive(root, maker === 'A' ? 'step A' : 'step B', shared, kem, header);
  const first = both.subarray(32);
  const next = advance(first);
  wipe(shared, kem, first);
  return { root: both.subarray(0, 32), ...next };
}

/** `17 ‖ u64 n ‖ u8 flags ‖ D(32) [‖ ek(1184) if flags&1] [‖ ct(1088) if flags&2]`. */
export function stepHeader(
  n: number,
  publicKey: Uint8Array,
  kemKey: Uint8Array | undefined,
  kemAnswer: Uint8Array | undefined,
): Uint8Array {
  const flags = (kemKey ? HAS_KEM_KEY : 0) | (kemAnswer ? HAS_KEM_ANSWER : 0);
  const fixed = nonce(SESSION.step, n).subarray(0, HEADER_BYTES);
  const none = new Uint8Array(0);
  return concat(fixed, Uint8Array.of(flags), publicKey, kemKey ?? none, kemAnswer ?? none);
}

/** The parts of a STEP frame. */
export interface Step {
  /** Everything before the box. */
  readonly header: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly kemKey: Uint8Array | null;
  readonly kemAnswer: Uint8Array | null;
  readonly sealed: Uint8Array;
}

/** Takes a STEP frame apart. Throws `damaged` for unknown flags or an invalid ML-KEM key. */
export function readStep(frame: Uint8Array): Step {
  const flags = frame[HEADER_BYTES] ?? 0;
  if (flags > (HAS_KEM_KEY | HAS_KEM_ANSWER)) throw new AparteError('damaged', { key: 'malformed', part: 'step' });
  const keyEnd = FIXED_BYTES + (flags & HAS_KEM_KEY ? MLKEM_PUBLIC_BYTES : 0);
  const answerEnd = keyEnd + (flags & HAS_KEM_ANSWER ? MLKEM_CIPHERTEXT_BYTES : 0);
  const kemKey = flags & HAS_KEM_KEY ? frame.slice(FIXED_BYTES, keyEnd) : null;
  if (kemKey !== null) assertKemKey(kemKey);
  return {
    header: frame.subarray(0, answerEnd),
    publicKey: frame.slice(HEADER_BYTES + 1, FIXED_BYTES),
    kemKey,
    kemAnswer: flags & HAS_KEM_ANSWER ? frame.subarray(keyEnd, answerEnd) : null,
    sealed: frame.subarray(answerEnd),
  };
}

/** Throws `damaged` for an invalid key, by using it once: it must be refused when it arrives, not when it is answered. */
function assertKemKey(key: Uint8Array): void {
  wipe(mlkemEncapsulate(key, (bytes) => new Uint8Array(bytes)).shared);
}
