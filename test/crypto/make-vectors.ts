/**
 * Makes `test/vectors/handshake-*.json` from the reference: one run of each mode with every intermediate value. They
 * are about keys alone: offers, candidates and messages in them are placeholders. Byte strings are hexadecimal.
 */
import sodium from 'libsodium-wrappers';
import type { Claims, HandshakeInputs, Mode } from '../../peer/crypto/index.ts';
import { base32, concat, hex, u64, utf8 } from '../../shared/bytes.ts';
import { ReferenceChannel } from './reference-channel.ts';
import type { Draws } from './reference-handshake.ts';
import * as reference from './reference-handshake.ts';
import { bytesOf, claimsOf, inputsOf, seeded } from './test-parties.ts';

export type Role = 'A' | 'B';

/** What both sides put into a handshake. */
export interface Given {
  readonly inputs: HandshakeInputs;
  /** Secret keys. */
  readonly identities: Readonly<Record<Role, Uint8Array>>;
  readonly draws: Readonly<Record<Role, Draws>>;
  readonly claims: Readonly<Record<Role, Claims>>;
}

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

/** The random bytes that a side draws for a handshake; `label` names the run. */
export const drawsOf = (label: string, role: Role): Draws => ({
  scalar: bytesOf(`${label} ${role} scalar`, 64),
  ephemeral: bytesOf(`${label} ${role} ephemeral`, 32),
  kem: bytesOf(`${label} ${role} kem`, role === 'A' ? 32 : 64),
});

/** What is put into a run, and the content of one SIG frame of each side. */
export function givenFor(mode: Mode): Given & { readonly signals: Readonly<Record<Role, string>> } {
  const draws = (role: Role) => drawsOf(`vector ${mode}`, role);
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
export function hexed(values: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, bytes]) => [name, hex(bytes)]));
}

export function inputsRecord({ mode, nameplate, secret, context, cardA, cardB }: HandshakeInputs) {
  const [a, b] = [hex(cardA), hex(cardB)];
  return { mode, nameplate, secret: hex(secret), context: hex(context), cardA: a, cardB: b };
}

export function claimsRecord({ A, B }: Given['claims']) {
  return { A: { ...A, capabilities: hex(A.capabilities) }, B: { ...B, capabilities: hex(B.capabilities) } };
}

/** The first SIG frame of a side. */
export function signal(key: Uint8Array, content: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(5), u64(1), reference.box(key, 5, 1, sodium.pad(content, 512)));
}

/** The handshake of a run, up to both proofs. */
export function handshake({ inputs, identities, draws, claims }: Given) {
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
    keys,
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
    flights: hexed({ hello: a.hello, reply: b.reply, proofA: flightA, proofB: flightB }),
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

/** A run as it is published. */
export function vectorOf(mode: Mode) {
  const given = givenFor(mode);
  const { inputs, identities, draws, claims, signals } = given;
  const { b, keys, session, values, flights } = handshake(given);
  return {
    description: `aparte/1, mode ${mode}: a full run with every intermediate value, by the names of docs/PROTOCOL.md`,
    meeting: inputsRecord(inputs),
    identity_secrets: hexed(identities),
    draws: { A: hexed({ ...draws.A }), B: hexed({ ...draws.B }) },
    claims: claimsRecord(claims),
    signals,
    values,
    flights: {
      ...flights,
      ...hexed({ signalA: signal(keys.hsA, utf8(signals.A)), signalB: signal(keys.hsB, utf8(signals.B)) }),
    },
    session: conversation(mode, session, b.pair),
  };
}
