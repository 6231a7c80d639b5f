/**
 * What peers say to one another inside sealed DATA frames: one kind byte, then an `lv` list (docs/PROTOCOL.md,
 * Messages). Type, encoder and decoder of each live here and nowhere else.
 */
import { fromLv, fromU64, fromUtf8, lvBehind, u64, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';

/** One sealed message. `seen` is the number of session frames its sender has opened so far. */
export type PeerMessage =
  /** First frame of the side that came second: proves its session keys. */
  | { readonly kind: 'hello' }
  /** A piece of text message `seq`; more follows. */
  | { readonly kind: 'part'; readonly seq: number; readonly chunk: Uint8Array }
  /** The last or only piece of text message `seq` (1, 2, … per sender), said at `at` (ms since the epoch). */
  | {
      readonly kind: 'text';
      readonly seq: number;
      /** 8 bytes, chosen by the sender. */
      readonly id: Uint8Array;
      readonly at: number;
      /** A piece of a stream: no line end belongs behind it. */
      readonly raw: boolean;
      /** As in `shown`, so that who answers need not say it apart; 0 for none. */
      readonly shown: number;
      readonly chunk: Uint8Array;
    }
  /** Every message up to `seq` has been put before the user. */
  | { readonly kind: 'shown'; readonly seq: number }
  | { readonly kind: 'typing'; readonly on: boolean }
  /** Heartbeat: asks for an `ack`. */
  | { readonly kind: 'ping'; readonly seen: number }
  | { readonly kind: 'ack'; readonly seen: number }
  /** Goodbye. `complete`: all that the sender ever took over has been shown here. */
  | { readonly kind: 'bye'; readonly complete: boolean }
  /** Answer to `bye`: the channel may be closed. */
  | { readonly kind: 'byeAck' };

type Kind = PeerMessage['kind'];
type Bytes = Uint8Array;

/** Kind bytes. A kind not listed is ignored by its receiver, so that later releases can add some. */
const BYTES = { hello: 1, part: 2, text: 3, shown: 4, typing: 5, ping: 6, ack: 7, bye: 8, byeAck: 9 } as const;
const KINDS = new Map((Object.keys(BYTES) as Kind[]).map((kind) => [BYTES[kind] as number, kind]));

const [NO, YES] = [Uint8Array.of(0), Uint8Array.of(1)];
const flag = (on: boolean) => (on ? YES : NO);

/** The plain bytes of a message, ready to be sealed. */
export function encodeMessage(message: PeerMessage): Uint8Array {
  const kind = BYTES[message.kind];
  switch (message.kind) {
    case 'part':
      return lvBehind(kind, u64(message.seq), message.chunk);
    case 'text': {
      const { seq, id, at, raw, shown, chunk } = message;
      return lvBehind(kind, u64(seq), id, u64(at), flag(raw), u64(shown), chunk);
    }
    case 'shown':
      return lvBehind(kind, u64(message.seq));
    case 'typing':
      return lvBehind(kind, flag(message.on));
    case 'bye':
      return lvBehind(kind, flag(message.complete));
    case 'ping':
    case 'ack':
      return lvBehind(kind, u64(message.seen));
    case 'hello':
    case 'byeAck':
      return lvBehind(kind);
    default:
      return message satisfies never;
  }
}

function fromFlag(bytes: Uint8Array): boolean {
  const [value] = bytes;
  if (bytes.length !== 1 || value === undefined || value > 1)
    throw new AparteError('damaged', { key: 'malformed', part: 'flag' });
  return value === 1;
}

function fromSeq(bytes: Uint8Array): number {
  const seq = fromU64(bytes);
  if (seq < 1) throw new AparteError('damaged', { key: 'malformed', part: 'sequence-number' });
  return seq;
}

/**
 * Reads the plain bytes of a DATA frame. Returns null for a kind this release does not know.
 * Throws `peer-protocol` for one it knows that is malformed.
 */
export function decodeMessage(plain: Uint8Array): PeerMessage | null {
  try {
    return decode(plain);
  } catch (error) {
    throw new AparteError('peer-protocol', error instanceof AparteError ? error.detail : null);
  }
}

function decode(plain: Uint8Array): PeerMessage | null {
  const rest = plain.subarray(1);
  const parts = (count: number) => fromLv(rest, count);
  const kind = KINDS.get(plain[0] ?? 0);
  switch (kind) {
    case 'hello':
      parts(0);
      return { kind: 'hello' };
    case 'part': {
      const [seq, chunk] = parts(2) as [Uint8Array, Uint8Array];
      if (chunk.length === 0) throw new AparteError('damaged', { key: 'malformed', part: 'chunk' });
      return { kind: 'part', seq: fromSeq(seq), chunk };
    }
    case 'text': {
      const [seq, id, at, raw, shown, chunk] = parts(6) as [Bytes, Bytes, Bytes, Bytes, Bytes, Bytes];
      if (id.length !== 8) throw new AparteError('damaged', { key: 'malformed', part: 'message-id' });
      return { kind: 'text', seq: fromSeq(seq), id, at: fromU64(at), raw: fromFlag(raw), shown: fromU64(shown), chunk };
    }
    case 'shown':
      return { kind: 'shown', seq: fromSeq(parts(1)[0] as Uint8Array) };
    case 'typing':
      return { kind: 'typing', on: fromFlag(parts(1)[0] as Uint8Array) };
    case 'ping':
      return { kind: 'ping', seen: fromU64(parts(1)[0] as Uint8Array) };
    case 'ack':
      return { kind: 'ack', seen: fromU64(parts(1)[0] as Uint8Array) };
    case 'bye':
      return { kind: 'bye', complete: fromFlag(parts(1)[0] as Uint8Array) };
    case 'byeAck':
      parts(0);
      return { kind: 'byeAck' };
    case undefined:
      return null;
    default:
      return kind satisfies never;
  }
}

/** The UTF-8 bytes of a text message. Throws `message-too-long` past MAX_TEXT. */
export function encodeText(text: string): Uint8Array {
  const bytes = utf8(text);
  if (bytes.length > MAX_TEXT) throw new AparteError('message-too-long');
  return bytes;
}

/** The text of a whole message. Throws `peer-protocol` where it is not UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw new AparteError('peer-protocol', { key: 'malformed', part: 'utf8' });
  }
}
