/** The messages inside sealed DATA frames: one kind byte, then an `lv` list (docs/PROTOCOL.md, Messages). */
import { fromLv, fromU64, fromUtf8, lvBehind, u64, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';

/** One message. `seen` is the number of session frames that its sender has opened so far. */
export type PeerMessage =
  /** First frame of side B, which proves its session keys. */
  | { readonly kind: 'hello' }
  /** A piece of text `seq`. More follows. */
  | { readonly kind: 'part'; readonly seq: number; readonly chunk: Uint8Array }
  /** The last or only piece of text `seq` (1, 2, … for each sender), sent at `at` (ms since the epoch). */
  | {
      readonly kind: 'text';
      readonly seq: number;
      /** 8 bytes, chosen by the sender. */
      readonly id: Uint8Array;
      readonly at: number;
      /** The text is a piece of a stream, which has no line end behind it. */
      readonly raw: boolean;
      /** As in `shown`, so that an answer needs no message of its own for it; 0 for none. */
      readonly shown: number;
      readonly chunk: Uint8Array;
    }
  /** The user has seen every text up to `seq`. */
  | { readonly kind: 'shown'; readonly seq: number }
  | { readonly kind: 'typing'; readonly on: boolean }
  /** Heartbeat, which asks for an `ack`. */
  | { readonly kind: 'ping'; readonly seen: number }
  | { readonly kind: 'ack'; readonly seen: number }
  /** Goodbye. `complete`: the receiver has shown every text of the sender. */
  | { readonly kind: 'bye'; readonly complete: boolean }
  /** Answer to `bye`, after which the channel may be closed. */
  | { readonly kind: 'byeAck' };

type Kind = PeerMessage['kind'];
type Bytes = Uint8Array;

/** Kind bytes. Receivers ignore other kinds, so that later releases can add some. */
const BYTES = { hello: 1, part: 2, text: 3, shown: 4, typing: 5, ping: 6, ack: 7, bye: 8, byeAck: 9 } as const;
const KINDS = new Map((Object.keys(BYTES) as Kind[]).map((kind) => [BYTES[kind] as number, kind]));

const [NO, YES] = [Uint8Array.of(0), Uint8Array.of(1)];
const flag = (on: boolean) => (on ? YES : NO);

/** The plain bytes of a message. */
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

/** Reads the plain bytes of a DATA frame. Returns null for an unknown kind. Throws `peer-protocol` for a malformed message. */
export function decodeMessage(plain: Uint8Array): PeerMessage | null {
  try {
    return decode(plain);
  } catch (error) {
    throw new AparteError('peer-protocol', error instanceof AparteError ? error.detail : null);
  }
}

function decode(plain: Uint8Array): PeerMessage | null {
  const rest = plain.subarray(1);
  const kind = KINDS.get(plain[0] ?? 0);
  const only = () => fromLv(rest, 1)[0] as Bytes;
  switch (kind) {
    case 'hello':
    case 'byeAck':
      fromLv(rest, 0);
      return { kind };
    case 'part': {
      const [seq, chunk] = fromLv(rest, 2) as [Bytes, Bytes];
      if (chunk.length === 0) throw new AparteError('damaged', { key: 'malformed', part: 'chunk' });
      return { kind, seq: fromSeq(seq), chunk };
    }
    case 'text': {
      const [seq, id, at, raw, shown, chunk] = fromLv(rest, 6) as [Bytes, Bytes, Bytes, Bytes, Bytes, Bytes];
      if (id.length !== 8) throw new AparteError('damaged', { key: 'malformed', part: 'message-id' });
      return { kind, seq: fromSeq(seq), id, at: fromU64(at), raw: fromFlag(raw), shown: fromU64(shown), chunk };
    }
    case 'shown':
      return { kind, seq: fromSeq(only()) };
    case 'typing':
      return { kind, on: fromFlag(only()) };
    case 'ping':
    case 'ack':
      return { kind, seen: fromU64(only()) };
    case 'bye':
      return { kind, complete: fromFlag(only()) };
    case undefined:
      return null;
    default:
      return kind satisfies never;
  }
}

/** The UTF-8 bytes of a text. Throws `message-too-long` past MAX_TEXT. */
export function encodeText(text: string): Uint8Array {
  const bytes = utf8(text);
  if (bytes.length > MAX_TEXT) throw new AparteError('message-too-long');
  return bytes;
}

/** The text of UTF-8 bytes. Throws `peer-protocol` for other bytes. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw new AparteError('peer-protocol', { key: 'malformed', part: 'utf8' });
  }
}
