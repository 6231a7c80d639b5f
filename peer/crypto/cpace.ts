/**
 * CPace, a password-authenticated key exchange: draft-irtf-cfrg-cpace-21, cipher suite CPACE-RISTR255-SHA512,
 * initiator-responder. Names in backquotes are those of the draft.
 */
import { concat, lv, utf8 } from '../../shared/bytes.ts';
import { ristrettoFromHash, ristrettoMultiply, sha512, wipe } from './sodium.ts';

const DSI = utf8('CPaceRistretto255');
const DSI_ISK = utf8('CPaceRistretto255_ISK');
/** `H.s_in_bytes`: the block size of SHA-512. Zeros fill the first block, so that the time does not tell the password's length. */
const BLOCK = 128;

/** `calculate_generator`: the secret group element made from password, channel identifier and session identifier. */
export function generator(prs: Uint8Array, ci: Uint8Array, sid: Uint8Array): Uint8Array {
  const padding = new Uint8Array(Math.max(0, BLOCK - 1 - lv(prs).length - lv(DSI).length));
  const input = lv(DSI, prs, padding, ci, sid);
  const hashed = sha512(input);
  const element = ristrettoFromHash(hashed);
  wipe(input, hashed);
  return element;
}

/** A public share and the associated data that travels with it. */
export interface CPaceShare {
  /** `Ya` or `Yb`: 32 bytes. */
  readonly element: Uint8Array;
  /** `ADa` or `ADb`. */
  readonly data: Uint8Array;
}

/** `Y = scalar_mult(y, g)`. */
export function publicShare(scalar: Uint8Array, element: Uint8Array): Uint8Array {
  return ristrettoMultiply(scalar, element);
}

/**
 * `ISK`, 64 bytes: equal on both sides if and only if both used the same password and saw the same shares. `scalar` is
 * our own, `theirs` the other side's element. Throws `damaged` if that is not an element, or if the product is the
 * identity.
 */
export function intermediateKey(
  scalar: Uint8Array,
  theirs: Uint8Array,
  sid: Uint8Array,
  initiator: CPaceShare,
  responder: CPaceShare,
): Uint8Array {
  const product = ristrettoMultiply(scalar, theirs);
  const transcript = concat(lv(initiator.element, initiator.data), lv(responder.element, responder.data));
  const prefix = lv(DSI_ISK, sid, product);
  const input = concat(prefix, transcript);
  const key = sha512(input);
  wipe(product, prefix, input);
  return key;
}
