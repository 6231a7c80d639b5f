/** Two honest programs with a hostile server between them. */
import type { TestContext } from 'node:test';
import { Identity, systemRandom } from '../../peer/crypto/index.ts';
import { spliced } from '../crypto/test-parties.ts';
import { EvilServer, type Hostility, type Passing } from './evil-server.ts';
import { Program } from './program.ts';

/** The code of both programs. */
export const CODE = '7-ocean-violin';
/** Offset of the X25519 key in HELLO and in REPLY. */
const EPHEMERAL = 33;

/** Two honest programs that share a code and a hostile server. Each has a text to send. */
export async function couple(t: TestContext, hostility: Hostility, codes: readonly [string, string] = [CODE, CODE]) {
  const server = await EvilServer.start(t, hostility);
  const alice = new Program(t, { server: server.url, code: codes[0], name: 'alice' });
  alice.say('for bob alone');
  await server.guest(0);
  const bob = new Program(t, { server: server.url, code: codes[1], name: 'bob' });
  bob.say('for alice alone');
  return { server, alice, bob };
}

/** Changes the frames of one type. */
export function changing(type: number, change: (bytes: Uint8Array) => readonly Uint8Array[]) {
  return ({ bytes }: Passing) => (bytes[0] === type ? change(bytes) : [bytes]);
}

/** A HELLO or REPLY with another public key in it. */
export const swappedKey = (bytes: Uint8Array) => [spliced(bytes, EPHEMERAL, Identity.generate(systemRandom).publicKey)];
