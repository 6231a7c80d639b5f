/**
 * Makes `test/vectors/conversation-*.json` from the reference: what goes over the wire in one conversation of each mode,
 * from the cards on. Offers, candidates and messages are what docs/PROTOCOL.md asks for.
 */
import { readFileSync } from 'node:fs';
import type { Mode } from '../../peer/crypto/index.ts';
import { base32, concat, hex, lv, u64, utf8 } from '../../shared/bytes.ts';
import { encodeCard } from '../../shared/card.ts';
import {
  claimsRecord,
  drawsOf,
  type Given,
  handshake,
  hexed,
  inputsRecord,
  type Role,
  signal,
} from './make-vectors.ts';
import { ReferenceChannel } from './reference-channel.ts';
import { H } from './reference-handshake.ts';
import { bytesOf, seeded } from './test-parties.ts';

/** A message as the files show it: the fields of docs/PROTOCOL.md, Messages, byte strings in hexadecimal. */
export type Message =
  | { readonly kind: 'hello' | 'bye-ack' }
  | { readonly kind: 'part'; readonly seq: number; readonly chunk: string }
  | {
      readonly kind: 'text';
      readonly seq: number;
      readonly id: string;
      readonly at: number;
      readonly raw: boolean;
      readonly shown: number;
      readonly chunk: string;
    }
  | { readonly kind: 'shown'; readonly seq: number }
  | { readonly kind: 'typing'; readonly on: boolean }
  | { readonly kind: 'ping' | 'ack'; readonly seen: number }
  | { readonly kind: 'bye'; readonly complete: boolean };

/** A frame of the session: a DATA frame with a message, or a STEP. `lost`: it never reaches the other side. */
interface Planned {
  readonly from: Role;
  /** ms since the session began. */
  readonly now: number;
  readonly message?: Message;
  readonly lost?: boolean;
}

/** One conversation before it is sealed. */
interface Plan extends Given {
  /** The SIG frame of each side; null where nothing is signalled. */
  readonly candidates: Readonly<Record<Role, string>> | null;
  readonly frames: readonly Planned[];
}

const bytesFrom = (digits: string): Uint8Array =>
  Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const flag = (on: boolean): Uint8Array => Uint8Array.of(on ? 1 : 0);

/** What a DATA frame holds. */
export function plainOf(message: Message): Uint8Array {
  const list = (kind: number, ...parts: Uint8Array[]) => concat(Uint8Array.of(kind), lv(...parts));
  switch (message.kind) {
    case 'hello':
      return list(1);
    case 'part':
      return list(2, u64(message.seq), bytesFrom(message.chunk));
    case 'text': {
      const { seq, id, at, raw, shown, chunk } = message;
      return list(3, u64(seq), bytesFrom(id), u64(at), flag(raw), u64(shown), bytesFrom(chunk));
    }
    case 'shown':
      return list(4, u64(message.seq));
    case 'typing':
      return list(5, flag(message.on));
    case 'ping':
      return list(6, u64(message.seen));
    case 'ack':
      return list(7, u64(message.seen));
    case 'bye':
      return list(8, flag(message.complete));
    case 'bye-ack':
      return list(9);
  }
}

const said = (seq: number, at: number, shown: number, text: Uint8Array): Message => ({
  kind: 'text',
  seq,
  id: hex(bytesOf(`message ${seq} of ${at}`, 8)),
  at: 1_764_500_000_000 + at,
  raw: false,
  shown,
  chunk: hex(text),
});

/** Text that comes in two pieces, cut within a character. */
const LONG = utf8('An odd byte, then characters of two: '.concat('é'.repeat(9_000)));
const PIECE = 16_256;
const UNDELIVERED = said(3, 9_000, 1, utf8('Are you still there?'));

function descriptionOf(name: string, setup: 'actpass' | 'active'): string {
  const fingerprint = Array.from(bytesOf(`DTLS certificate of ${name}`, 32), (byte) => hex(Uint8Array.of(byte)));
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${name}`,
    `a=ice-pwd:${name}/the/password/of/ICE`,
    `a=fingerprint:sha-256 ${fingerprint.join(':').toUpperCase()}`,
    `a=setup:${setup}`,
    'a=mid:0',
    'a=sctp-port:5000',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

const candidate = (address: string) => `candidate:1 1 udp 2130706431 ${address} 50000 typ host`;
const card = (label: string) => encodeCard({ versions: [1], nonce: bytesOf(`card of ${label}`, 16) });
const NOTHING = new Uint8Array(0);
const REFUSES_RELAYS = Uint8Array.of(1);
const IDENTITIES = { ann: bytesOf('identity of Ann', 32), ben: bytesOf('identity of Ben', 32) };

/** Ann, who was there first, and Ben pair with a code and talk, until their link is cut. */
function byCode(): Plan {
  return {
    inputs: {
      mode: 'code',
      nameplate: '7',
      secret: utf8('ocean-violin'),
      context: NOTHING,
      cardA: card('Ann'),
      cardB: card('Ben'),
    },
    identities: { A: IDENTITIES.ann, B: IDENTITIES.ben },
    draws: { A: drawsOf('by code', 'A'), B: drawsOf('by code', 'B') },
    claims: {
      A: { name: 'Ann', description: descriptionOf('AnnA', 'actpass'), capabilities: REFUSES_RELAYS, cursor: 0 },
      B: { name: 'Bén', description: descriptionOf('BenB', 'active'), capabilities: NOTHING, cursor: 0 },
    },
    candidates: { A: candidate('192.0.2.1'), B: candidate('2001:db8::2') },
    frames: [
      { from: 'A', now: 0 },
      { from: 'B', now: 0, message: { kind: 'hello' } },
      { from: 'A', now: 2_000, message: said(1, 2_000, 0, utf8('Hello, Bén')) },
      { from: 'B', now: 2_020, message: { kind: 'shown', seq: 1 } },
      { from: 'B', now: 2_020 },
      { from: 'A', now: 3_000, message: { kind: 'ping', seen: 3 } },
      { from: 'B', now: 3_000, message: { kind: 'ack', seen: 3 } },
      { from: 'B', now: 4_000, message: { kind: 'typing', on: true } },
      { from: 'B', now: 6_000, message: said(1, 6_000, 1, utf8('')) },
      { from: 'A', now: 7_000, message: said(2, 7_000, 1, utf8('\u{1f511} follows')) },
      { from: 'A', now: 7_000 },
      { from: 'B', now: 7_020, message: { kind: 'shown', seq: 2 } },
      { from: 'B', now: 7_020 },
      { from: 'A', now: 9_000, message: UNDELIVERED, lost: true },
      { from: 'A', now: 9_000, lost: true },
    ],
  };
}

/** They meet again by the ticket that both hold. This time Ben was there first, so Ben is A. */
function byTicket(ticket: Uint8Array): Plan {
  return {
    inputs: {
      mode: 'ticket',
      nameplate: base32(ticket.slice(0, 16)),
      secret: ticket.slice(32),
      context: NOTHING,
      cardA: card('Ben, later'),
      cardB: card('Ann, later'),
    },
    identities: { A: IDENTITIES.ben, B: IDENTITIES.ann },
    draws: { A: drawsOf('by ticket', 'A'), B: drawsOf('by ticket', 'B') },
    claims: {
      A: { name: 'Bén', description: descriptionOf('BenC', 'actpass'), capabilities: NOTHING, cursor: 2 },
      B: { name: 'Ann', description: descriptionOf('AnnD', 'active'), capabilities: REFUSES_RELAYS, cursor: 1 },
    },
    candidates: { A: candidate('2001:db8::2'), B: candidate('198.51.100.1') },
    frames: [
      { from: 'A', now: 0 },
      { from: 'B', now: 0, message: { kind: 'hello' } },
      { from: 'B', now: 10, message: UNDELIVERED },
      { from: 'B', now: 10 },
      { from: 'A', now: 1_000, message: { kind: 'part', seq: 2, chunk: hex(LONG.slice(0, PIECE)) } },
      { from: 'A', now: 1_000 },
      { from: 'A', now: 1_000, message: said(2, 1_000, 3, LONG.slice(PIECE)) },
      { from: 'B', now: 1_020, message: { kind: 'shown', seq: 2 } },
      { from: 'B', now: 1_020 },
      { from: 'B', now: 2_000, message: { kind: 'bye', complete: true } },
      { from: 'A', now: 2_000, message: { kind: 'bye-ack' } },
    ],
  };
}

/** They pair by hand: with the two texts of `manual-blobs.json`, and no code. */
function byHand(): Plan {
  const file = new URL('../vectors/manual-blobs.json', import.meta.url);
  const blobs = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
  const [invite = '', answer = ''] = [blobs['inviteText'], blobs['answerText']];
  const cardOf = (nonce = '') => encodeCard({ versions: [1], nonce: bytesFrom(nonce) });
  return {
    inputs: {
      mode: 'manual',
      nameplate: '',
      secret: bytesFrom(blobs['s'] ?? ''),
      context: H('manual', utf8(invite), utf8(answer)),
      cardA: cardOf(blobs['nonceA']),
      cardB: cardOf(blobs['nonceB']),
    },
    identities: { A: IDENTITIES.ann, B: IDENTITIES.ben },
    draws: { A: drawsOf('by hand', 'A'), B: drawsOf('by hand', 'B') },
    claims: {
      A: { name: 'Ann', description: '', capabilities: REFUSES_RELAYS, cursor: 0 },
      B: { name: 'Bén', description: '', capabilities: REFUSES_RELAYS, cursor: 0 },
    },
    candidates: null,
    frames: [
      { from: 'A', now: 0 },
      { from: 'B', now: 0, message: { kind: 'hello' } },
      { from: 'A', now: 2_000, message: said(1, 2_000, 0, utf8('no server at all')) },
      { from: 'B', now: 2_020, message: { kind: 'shown', seq: 1 } },
      { from: 'B', now: 2_020 },
      { from: 'B', now: 3_000, message: { kind: 'bye', complete: true } },
      { from: 'A', now: 3_000, message: { kind: 'bye-ack' } },
    ],
  };
}

/** A frame as it is published. `via`: the server forwards it, or it travels on the data channel. */
export interface WireFrame {
  readonly from: Role;
  readonly via: 'server' | 'channel';
  readonly frame: 'HELLO' | 'REPLY' | 'PROOF_A' | 'PROOF_B' | 'SIG' | 'STEP' | 'DATA';
  readonly now?: number;
  readonly lost?: true;
  /** What a STEP draws: the seed of its X25519 pair. */
  readonly draws?: readonly string[];
  /** What a SIG frame holds: `lv(candidate, mid)`. */
  readonly signal?: { readonly candidate: string; readonly mid: string };
  readonly message?: Message;
  /** All of the frame, in hexadecimal. */
  readonly bytes: string;
}

function conversation(description: string, plan: Plan) {
  const { inputs, identities, draws, claims, candidates, frames } = plan;
  const { b, keys, session, values, flights } = handshake(plan);
  const via = candidates === null ? 'channel' : 'server';
  const flight = (from: Role, frame: WireFrame['frame'], bytes = ''): WireFrame => ({ from, via, frame, bytes });
  const sig = (from: Role): WireFrame[] => {
    const text = candidates?.[from];
    if (text === undefined) return [];
    const bytes = signal(from === 'A' ? keys.hsA : keys.hsB, lv(utf8(text), utf8('0')));
    return [{ from, via, frame: 'SIG', signal: { candidate: text, mid: '0' }, bytes: hex(bytes) }];
  };
  let drawn: string[] = [];
  const random = (role: Role) => {
    const next = seeded(`${inputs.mode} session of ${role}`);
    return (length: number) => {
      const fresh = next(length);
      drawn.push(hex(fresh));
      return fresh;
    };
  };
  const sides = {
    A: new ReferenceChannel('A', session, b.pair.publicKey, random('A')),
    B: new ReferenceChannel('B', session, b.pair.privateKey, random('B')),
  };
  const sealed = frames.map(({ from, now, message, lost }): WireFrame => {
    drawn = [];
    const bytes = message === undefined ? sides[from].step() : sides[from].data(plainOf(message));
    if (lost !== true) sides[from === 'A' ? 'B' : 'A'].open(bytes);
    const what = message === undefined ? { frame: 'STEP' as const, draws: drawn } : { frame: 'DATA' as const, message };
    return { from, via: 'channel', now, ...(lost === true && { lost }), ...what, bytes: hex(bytes) };
  });
  const wire: WireFrame[] = [
    flight('A', 'HELLO', flights['hello']),
    flight('B', 'REPLY', flights['reply']),
    flight('A', 'PROOF_A', flights['proofA']),
    ...sig('A'),
    flight('B', 'PROOF_B', flights['proofB']),
    ...sig('B'),
    ...sealed,
  ];
  const published = {
    description,
    meeting: inputsRecord(inputs),
    identity_secrets: hexed(identities),
    draws: { A: hexed({ ...draws.A }), B: hexed({ ...draws.B }) },
    claims: claimsRecord(claims),
    values,
    wire,
    ticket: { nameplate: base32(sides.B.ticket.slice(0, 16)), secret: hex(sides.B.ticket.slice(32)) },
  };
  return { published, ticket: sides.B.ticket };
}

/** The conversation of a mode, as it is published. That of mode `ticket` goes on where that of mode `code` was cut. */
export function conversationOf(mode: Mode) {
  const first = conversation('Ann and Bén pair with the code 7-ocean-violin and talk; then the link is cut', byCode());
  switch (mode) {
    case 'code':
      return first.published;
    case 'ticket':
      return conversation('Bén and Ann meet again by ticket, after conversation-code.json', byTicket(first.ticket))
        .published;
    case 'manual':
      return conversation('Ann and Bén pair by hand with the texts of manual-blobs.json', byHand()).published;
  }
}
