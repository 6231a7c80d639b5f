/**
 * The hash `H` and the key derivation `K` of docs/PROTOCOL.md, Notation: BLAKE2b over a length-prefixed list that begins
 * with the protocol's name and a label.
 */
import { lv, utf8 } from '../../shared/bytes.ts';
import { blake2b, keyedBlake2b, wipe } from './sodium.ts';

/** The protocol's name and version. Every hash begins with it. */
export const PROTOCOL = utf8('aparte/1');

/** `H(label, …parts)`: 64 bytes. */
export function hash(label: string, ...parts: Uint8Array[]): Uint8Array {
  const input = lv(PROTOCOL, utf8(label), ...parts);
  const output = blake2b(input);
  wipe(input);
  return output;
}

/** `K(key, label, …parts)`: 64 bytes. The key has 32 or 64 bytes. */
export function derive(key: Uint8Array, label: string, ...parts: Uint8Array[]): Uint8Array {
  const input = lv(PROTOCOL, utf8(label), ...parts);
  const output = keyedBlake2b(input, key);
  wipe(input);
  return output;
}

/** The first 32 bytes of {@link derive}. */
export function derive32(key: Uint8Array, label: string, ...parts: Uint8Array[]): Uint8Array {
  const whole = derive(key, label, ...parts);
  const half = whole.slice(0, 32);
  wipe(whole);
  return half;
}
