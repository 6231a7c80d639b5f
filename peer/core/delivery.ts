/**
 * Exactly once and in order, over any number of sessions with one peer: messages are numbered, kept until the other
 * side has shown them, and said again in the next session from where the peer's cursor stands.
 */
import { concat, hex } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import { decodeText, encodeText, type PeerMessage } from './peer-messages.ts';

/** Messages kept for delivery, at most. */
export const MAX_OUTBOX_MESSAGES = 1_000;
/** Bytes of text kept for delivery, at most: 4 MiB. */
export const MAX_OUTBOX_BYTES = 4 * 1_024 * 1_024;
/**
 * Text bytes in each frame of a message but its last: a full DATA frame less its header, box, padding byte and the
 * fields around the text.
 */
export const CHUNK = 16_256;

/** A message of ours, taken over for delivery. */
export interface Outgoing {
  /** 8 bytes. */
  readonly id: Uint8Array;
  /** ms since the epoch. */
  readonly at: number;
  readonly raw: boolean;
  /** UTF-8, at most MAX_TEXT bytes. */
  readonly bytes: Uint8Array;
}

/** A message of the peer, whole. */
export interface Incoming {
  readonly seq: number;
  /** Hexadecimal. */
  readonly id: string;
  /** ms since the epoch, as its sender says. */
  readonly at: number;
  readonly raw: boolean;
  readonly text: string;
}

/** Names messages: 8 bytes each, counted up from a random start, since randomness costs more than sealing does. */
export class MessageIds {
  readonly #last: Uint8Array;

  constructor(random: (n: number) => Uint8Array) {
    this.#last = random(8);
  }

  /** The next one. */
  next(): Uint8Array {
    const id = this.#last;
    let at = id.length;
    do {
      at -= 1;
      id[at] = (id[at] ?? 0) + 1;
    } while (id[at] === 0 && at > 0);
    return id.slice();
  }
}

/** Makes a message. `id`: 8 bytes. Throws `message-too-long`. */
export function outgoing(id: Uint8Array, text: string, raw: boolean, now: number): Outgoing {
  return { id, at: now, raw, bytes: encodeText(text) };
}

/** The outbox towards one peer and the order of what comes from it. */
export class Delivery {
  readonly #outbox: Outgoing[];
  #outboxBytes: number;
  /** Sequence number of the first message in the outbox. */
  #firstSeq = 1;
  /** What this session says next: index into the outbox and offset into its text. */
  #index = 0;
  #offset = 0;
  /** Sequence number of the last message ever said, in whichever session. */
  #said = 0;

  #received = 0;
  #shown = 0;
  /** Up to where the peer has been told, in this session, that its messages were shown. */
  #told = 0;
  /** Bytes of the peer's messages that came and were not shown yet, in order. */
  #unshown: number[] = [];
  #unshownBytes = 0;
  #partSeq = 0;
  #parts: Uint8Array[] = [];
  #partBytes = 0;

  /** `early`: texts of ours that were sent before the remote peer came. */
  constructor(early: readonly Outgoing[] = []) {
    this.#outbox = [...early];
    this.#outboxBytes = early.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Messages not yet shown on the other side, the oldest first. */
  get pending(): readonly Outgoing[] {
    return this.#outbox;
  }

  /** Number of messages not yet shown on the other side. */
  get undelivered(): number {
    return this.#outbox.length;
  }

  /** Sequence number of the last message of the peer that the user has seen: our cursor. */
  get shown(): number {
    return this.#shown;
  }

  /** Whether the peer does not know yet of something that was shown. */
  get owesShown(): boolean {
    return this.#told < this.#shown;
  }

  /** Tells the peer what was shown. */
  takeShown(): PeerMessage {
    this.#told = this.#shown;
    return { kind: 'shown', seq: this.#shown };
  }

  /** Takes a message over. Throws `outbox-full`. */
  add(message: Outgoing): void {
    this.assertTakes(message);
    this.#outbox.push(message);
    this.#outboxBytes += message.bytes.length;
  }

  /** Throws `outbox-full` where a message is too much just now. */
  assertTakes(message: Outgoing): void {
    const bytes = this.#outboxBytes + message.bytes.length;
    if (this.#outbox.length >= MAX_OUTBOX_MESSAGES || bytes > MAX_OUTBOX_BYTES) throw new AparteError('outbox-full');
  }

  /** The next piece to say in this session, or null when all has been said. */
  next(): PeerMessage | null {
    const message = this.#outbox[this.#index];
    if (message === undefined) return null;
    const seq = this.#firstSeq + this.#index;
    const chunk = message.bytes.subarray(this.#offset, this.#offset + CHUNK);
    if (this.#offset + CHUNK < message.bytes.length) {
      this.#offset += CHUNK;
      return { kind: 'part', seq, chunk };
    }
    this.#index += 1;
    this.#offset = 0;
    this.#told = this.#shown;
    this.#said = Math.max(this.#said, seq);
    return { kind: 'text', seq, id: message.id, at: message.at, raw: message.raw, shown: this.#shown, chunk };
  }

  /**
   * The peer has shown everything up to `seq`. Returns the ids (hexadecimal) that are delivered by it.
   * Throws `peer-protocol` for a message that was never said.
   */
  gotShown(seq: number): string[] {
    if (seq > this.#said) throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'early-acknowledgement' });
    const count = seq - this.#firstSeq + 1;
    if (count <= 0) return [];
    const delivered = this.#outbox.splice(0, count);
    for (const message of delivered) this.#outboxBytes -= message.bytes.length;
    this.#firstSeq += count;
    if (this.#index < count) this.#offset = 0;
    this.#index = Math.max(0, this.#index - count);
    return delivered.map((message) => hex(message.id));
  }

  /** A new session begins; the peer has shown everything up to `cursor`. Returns the ids delivered by that. */
  resume(cursor: number): string[] {
    const delivered = cursor === 0 ? [] : this.gotShown(cursor);
    this.#index = 0;
    this.#offset = 0;
    this.#told = 0;
    this.#partSeq = 0;
    this.#parts = [];
    this.#partBytes = 0;
    return delivered;
  }

  /**
   * A piece of a message came. Returns the message when it is whole, null while it is not or where it is one we have.
   * Throws `peer-protocol` on a gap or past MAX_TEXT.
   */
  got(message: Extract<PeerMessage, { kind: 'part' | 'text' }>): Incoming | null {
    if (message.seq <= this.#received) {
      // Said again although it was shown: our word of that was lost with an earlier session.
      if (message.seq <= this.#shown) this.#told = 0;
      return null;
    }
    if (message.seq !== this.#received + 1)
      throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'missing-messages' });
    if (message.seq !== this.#partSeq) {
      this.#partSeq = message.seq;
      this.#parts = [];
      this.#partBytes = 0;
    }
    // Shorter pieces would hold far more memory than they have text.
    if (message.kind === 'part' && message.chunk.length !== CHUNK) {
      throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'part-length' });
    }
    this.#partBytes += message.chunk.length;
    if (this.#partBytes > MAX_TEXT)
      throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'message-length' });
    this.#parts.push(message.chunk);
    if (message.kind === 'part') return null;
    const text = decodeText(concat(...this.#parts));
    this.#received = message.seq;
    this.#parts = [];
    this.#keepUnshown(this.#partBytes);
    return { seq: message.seq, id: hex(message.id), at: message.at, raw: message.raw, text };
  }

  /** The user has seen the peer's message `seq`. */
  markShown(seq: number): void {
    if (seq <= this.#shown || seq > this.#received) return;
    for (const bytes of this.#unshown.splice(0, seq - this.#shown)) this.#unshownBytes -= bytes;
    this.#shown = seq;
  }

  /** The peer may not have more on its way than an outbox holds: what cannot be shown that fast would fill memory. */
  #keepUnshown(bytes: number): void {
    this.#unshown.push(bytes);
    this.#unshownBytes += bytes;
    if (this.#unshown.length > MAX_OUTBOX_MESSAGES || this.#unshownBytes > MAX_OUTBOX_BYTES) {
      throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'too-many-messages' });
    }
  }
}
