/**
 * One full run of each mode with every intermediate value, made from the reference: the files handshake-*.json in
 * test/vectors. Every value is hexadecimal save where it is plainly text or a number.
 */
import sodium from 'libsodium-wrappers';
import type { Claims, HandshakeInputs, Mode } from '../../peer/crypto/index.ts';
import { base32, concat, hex, u64, utf8 } from '../../shared/bytes.ts';
import { ReferenceChannel } from './reference-channel.ts';
import type { Draws } from './reference-handshake.ts';
import * as reference from './reference-handshake.ts';
import { bytesOf, claimsOf, inputsOf, seeded } from './test-parties.ts';

type Role = 'A' | 'B';

/** A frame of the session: who makes it, when (ms), and what it holds or carries. */
const FRAMES: readonly { readonly from: Role; readonly now: number; readonly text?: string; readonly ek?: boolean }[] =
  [
    { from: 'A', now: 0 },
    { from: 'B', now: 5, text: 'hello' },
    { from: 'A', now: 10, text: 'hello' },
    { from: 'A', now: 15, text: 'a text that does not fit into the smallest frame: '.repeat(3) },
    { from: 'B', now: 10_000 },
    { from: 'A', now: 20_000, ek: true },
    { from: 'B', now: 30_000, ek: true },
    { from: 'A', now: 40_000, ek: true },
    { from: 'A', now: 40_005, text: 'under both secrets' },
    { from: 'B', now: 40_010, text: '' },
  ];

/** All that is put into a run. */
export function givenFor(mode: Mode) {
  const draws = (role: Role): Draws => ({
    scalar: bytesOf(`vector ${mode} ${role} scalar`, 64),
    ephemeral: bytesOf(`vector ${mode} ${role} ephemeral`, 32),
    kem: bytesOf(`vector ${mode} ${role} kem`, role === 'A' ? 32 : 64),
  });
  const claims = (name: string): Claims =>
    mode === 'manual' ? { ...claimsOf(name), description: '' } : claimsOf(name);
  return {
    inputs: inputsOf(mode === 'ticket' ? { nameplate: base32(bytesOf('vector nameplate', 16)) } : {}, mode),
    identities: { A: bytesOf('vector identity A', 32), B: bytesOf('vector identity B', 32) },
    draws: { A: draws('A'), B: draws('B') },
    claims: { A: claims('Ann'), B: claims('Bén') },
    signals: { A: 'candidate:1', B: 'candidate:2' },
  };
}

/** The bytes of all values of an object, in hexadecimal. */
function hexed(values: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, bytes]) => [name, hex(bytes)]));
}

function inputsRecord({ mode, nameplate, secret, context, cardA, cardB }: HandshakeInputs) {
  return { mode, nameplate, ...hexed({ secret, context, cardA, cardB }) };
}

function signal(key: Uint8Array, text: string): Uint8Array {
  return concat(Uint8Array.of(5), u64(1), reference.box(key, 5, 1, sodium.pad(utf8(text), 512)));
}

/** The handshake of a run. */
function handshake(mode: Mode) {
  const { inputs, identities, draws, claims, signals } = givenFor(mode);
  const a = reference.sideA(inputs, draws.A);
  const b = reference.sideB(inputs, draws.B, a.hello);
  const { keys } = b;
  const idA = sodium.crypto_scalarmult_base(identities.A);
  const idB = sodium.crypto_scalarmult_base(identities.B);
  const es = reference.dh(b.pair.publicKey, identities.A);
  const se = reference.dh(a.pair.publicKey, identities.B);
  const proofA = reference.proofA(es, keys.th, idA);
  const proofB = reference.proofB(se, keys.th, idB, idA);
  const flightA = reference.flight3(keys, reference.claimsContent(claims.A, idA, proofA));
  const flightB = reference.flight4(keys, reference.claimsContent(claims.B, idB, proofB));
  const session = reference.session(keys, flightA, flightB, es, se);
  return {
    b,
    session,
    values: hexed({
      ci: reference.ci(inputs),
      sid: reference.sid(inputs),
      generator: reference.generator(inputs),
      ya: a.scalar,
      yb: b.scalar,
      K: sodium.crypto_scalarmult_ristretto255(a.scalar, b.reply.slice(1, 33)),
      Xa_secret: a.pair.privateKey,
      Xb_secret: b.pair.privateKey,
      ...keys,
      idA,
      idB,
      es,
      se,
      proofA,
      proofB,
      S: session,
    }),
    flights: hexed({
      hello: a.hello,
      reply: b.reply,
      proofA: flightA,
      proofB: flightB,
      signalA: signal(keys.hsA, signals.A),
      signalB: signal(keys.hsB, signals.B),
    }),
  };
}

/** The session of a run: each frame, with what the ratchet holds after it. */
function conversation(mode: Mode, session: Uint8Array, xb: { publicKey: Uint8Array; privateKey: Uint8Array }) {
  const drawn: string[] = [];
  const recorded = (role: Role) => (bytes: number) => {
    const fresh = seeded(`vector ${mode} ${role} ${drawn.length}`)(bytes);
    drawn.push(hex(fresh));
    return fresh;
  };
  const sides = {
    A: new ReferenceChannel('A', session, xb.publicKey, recorded('A')),
    B: new ReferenceChannel('B', session, xb.privateKey, recorded('B')),
  };
  const state = ({ rk, chains, ticket }: ReferenceChannel) => ({
    rk: hex(rk),
    ckA: hex(chains.A),
    ckB: hex(chains.B),
    ticket_secret: hex(ticket.slice(32)),
    ticket_nameplate: base32(ticket.slice(0, 16)),
  });
  const start = state(sides.A);
  const frames = FRAMES.map(({ from, now, text, ek }) => {
    drawn.length = 0;
    const frame = text === undefined ? sides[from].step({ ek: ek === true }) : sides[from].data(utf8(text));
    sides[from === 'A' ? 'B' : 'A'].open(frame);
    const what = text === undefined ? { kind: 'step' as const } : { kind: 'data' as const, plain: hex(utf8(text)) };
    return { from, now, ...what, draws: [...drawn], frame: hex(frame), after: state(sides[from]) };
  });
  return { start, frames };
}

/** A whole run, as it is published. */
export function vectorOf(mode: Mode) {
  const { inputs, identities, draws, claims, signals } = givenFor(mode);
  const { b, session, values, flights } = handshake(mode);
  return {
    description: `aparte/1, mode ${mode}: a full run with every intermediate value, by the names of docs/PROTOCOL.md`,
    meeting: inputsRecord(inputs),
    identity_secrets: hexed(identities),
    draws: { A: hexed({ ...draws.A }), B: hexed({ ...draws.B }) },
    claims: {
      A: { ...claims.A, capabilities: hex(claims.A.capabilities) },
      B: { ...claims.B, capabilities: hex(claims.B.capabilities) },
    },
    signals,
    values,
    flights,
    session: conversation(mode, session, b.pair),
  };
}
