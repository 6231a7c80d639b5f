/** The layout of flights 1 and 2, which carry keys (docs/PROTOCOL.md, Handshake). All parts are views on the frame. */
import { AparteError } from '../../shared/errors.ts';
import type { CPaceShare } from './cpace.ts';
import { FLIGHT } from './frame-format.ts';
import { KEY_BYTES, XWING_CIPHERTEXT_BYTES, XWING_PUBLIC_BYTES } from './sodium.ts';

const ELEMENT = 1;
const EPHEMERAL = ELEMENT + KEY_BYTES;
const KEM = EPHEMERAL + KEY_BYTES;
const HELLO_BYTES = KEM + XWING_PUBLIC_BYTES;
const TAG = KEM + XWING_CIPHERTEXT_BYTES;

/** HELLO, or REPLY without its tag, taken apart. */
export interface KeyFlight {
  /** All bytes. */
  readonly bytes: Uint8Array;
  /** The share of CPace: `Ya` with `Xa ‖ PKa`, or `Yb` with `Xb ‖ CT`. */
  readonly share: CPaceShare;
  /** The fresh X25519 key. */
  readonly ephemeral: Uint8Array;
  /** The X-Wing public key, or the ciphertext to it. */
  readonly kem: Uint8Array;
}

/** Takes a flight apart. The bytes must have the right length. */
export function readFlight(bytes: Uint8Array): KeyFlight {
  return {
    bytes,
    share: { element: bytes.subarray(ELEMENT, EPHEMERAL), data: bytes.subarray(EPHEMERAL) },
    ephemeral: bytes.subarray(EPHEMERAL, KEM),
    kem: bytes.subarray(KEM),
  };
}

/** `1 ‖ Ya(32) ‖ Xa(32) ‖ PKa(1216)`. Throws `damaged` for another length or type. */
export function readHello(frame: Uint8Array): KeyFlight {
  if (frame.length !== HELLO_BYTES || frame[0] !== FLIGHT.hello)
    throw new AparteError('damaged', { key: 'malformed', part: 'hello' });
  return readFlight(frame.slice());
}

/** `2 ‖ Yb(32) ‖ Xb(32) ‖ CT(1120) ‖ tagB(32)`. Throws `damaged` for another length or type. */
export function readReply(frame: Uint8Array): { readonly flight: KeyFlight; readonly tag: Uint8Array } {
  if (frame.length !== TAG + KEY_BYTES || frame[0] !== FLIGHT.reply)
    throw new AparteError('damaged', { key: 'malformed', part: 'reply' });
  return { flight: readFlight(frame.slice(0, TAG)), tag: frame.subarray(TAG) };
}
