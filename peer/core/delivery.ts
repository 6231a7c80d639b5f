/**
 * Delivers texts exactly once and in order, over any number of sessions with one remote peer. Texts are numbered and kept
 * until the peer has shown them. The next session sends again whatever lies above the peer's cursor.
 */
import { concat, hex } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import { decodeText, encodeText, type PeerMessage } from './peer-messages.ts';

/** Texts kept for delivery, at most. */
export const MAX_OUTBOX_MESSAGES = 1_000;
/** Bytes of text kept for delivery, at most: 4 MiB. */
export const MAX_OUTBOX_BYTES = 4 * 1_024 * 1_024;
/** Bytes of text in each frame but the last: a full DATA frame without its header, box, padding byte and other fields. */
export const CHUNK = 16_256;

/** A text of ours, taken over for delivery. */
export interface Outgoing {
  /** 8 bytes. */
  readonly id: Uint8Array;
  /** ms since the epoch. */
  readonly at: number;
  readonly raw: boolean;
  /** UTF-8, at most MAX_TEXT bytes. */
  readonly bytes: Uint8Array;
}

/** A whole text of the peer. */
export interface Incoming {
  readonly seq: number;
  /** Hexadecimal. */
  readonly id: string;
  /** ms since the epoch, as the sender says. */
  readonly at: number;
  readonly raw: boolean;
  readonly text: string;
}

/** Makes ids of 8 bytes. They count up from a random start, because randomness costs more than sealing does. */
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

/** Makes a text that is sent at `at`, in ms since the epoch. `id` has 8 bytes. Throws `message-too-long`. */
export function outgoing(id: Uint8Array, text: string, raw: boolean, at: number): Outgoing {
  return { id, at, raw, bytes: encodeText(text) };
}

/** The texts to and from one remote peer. */
export class Delivery {
  readonly #outbox: Outgoing[];
  #outboxBytes: number;
  /** Sequence number of the first text in the outbox. */
  #firstSeq = 1;
  /** What this session sends next: index into the outbox, and offset into that text. */
  #index = 0;
  #offset = 0;
  /** Sequence number of the last text that was sent in any session. */
  #sent = 0;

  #received = 0;
  #shown = 0;
  /** Sequence number up to which this session has told the peer what was shown. */
  #told = 0;
  /** Bytes of each text that came and was not shown yet, in order. */
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

  /** Texts that the peer has not shown yet, the oldest first. */
  get pending(): readonly Outgoing[] {
    return this.#outbox;
  }

  /** Number of texts that the peer has not shown yet. */
  get undelivered(): number {
    return this.#outbox.length;
  }

  /** Sequence number of the peer's last text that the user has seen: our cursor. */
  get shown(): number {
    return this.#shown;
  }

  /** Whether something was shown that this session has not told the peer. */
  get owesShown(): boolean {
    return this.#told < this.#shown;
  }

  /** Takes the message that tells the peer what was shown. */
  takeShown(): PeerMessage {
    this.#told = this.#shown;
    return { kind: 'shown', seq: this.#shown };
  }

  /** Takes a text over. Throws `outbox-full`. */
  add(message: Outgoing): void {
    this.assertTakes(message);
    this.#outbox.push(message);
    this.#outboxBytes += message.bytes.length;
  }

  /** Throws `outbox-full` if the text is too much just now. */
  assertTakes(message: Outgoing): void {
    const bytes = this.#outboxBytes + message.bytes.length;
    if (this.#outbox.length >= MAX_OUTBOX_MESSAGES || bytes > MAX_OUTBOX_BYTES) throw new AparteError('outbox-full');
  }

  /** Takes the next piece to send in this session; null when all was sent. */
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
    this.#sent = Math.max(this.#sent, seq);
    return { kind: 'text', seq, id: message.id, at: message.at, raw: message.raw, shown: this.#shown, chunk };
  }

  /**
   * The peer has shown everything up to `seq`. Returns the ids (hexadecimal) of the texts that are delivered by that.
   * Throws `peer-protocol` for a text that was never sent.
   */
  gotShown(seq: number): string[] {
    if (seq > this.#sent) throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'early-acknowledgement' });
    const count = seq - this.#firstSeq + 1;
    if (count <= 0) return [];
    const delivered = this.#outbox.splice(0, count);
    for (const message of delivered) this.#outboxBytes -= message.bytes.length;
    this.#firstSeq += count;
    if (this.#index < count) this.#offset = 0;
    this.#index = Math.max(0, this.#index - count);
    return delivered.map((message) => hex(message.id));
  }

  /** A new session begins, and the peer has shown everything up to `cursor`. Returns the ids delivered by that. */
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
   * Takes a piece of a text. Returns the text once it is whole; null before that, and for a text that we have. Throws
   * `peer-protocol` for a gap, and for a text over MAX_TEXT.
   */
  got(message: Extract<PeerMessage, { kind: 'part' | 'text' }>): Incoming | null {
    if (message.seq <= this.#received) {
      // The peer sends a text again that was shown, so they do not know that. An earlier session lost our message.
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
    // Short pieces would take far more memory than they have text.
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

  /** The user has seen the peer's text `seq`. */
  markShown(seq: number): void {
    if (seq <= this.#shown || seq > this.#received) return;
    for (const bytes of this.#unshown.splice(0, seq - this.#shown)) this.#unshownBytes -= bytes;
    this.#shown = seq;
  }

  /** Texts that cannot be shown as fast as they come would fill the memory, so no more may wait than an outbox holds. */
  #keepUnshown(bytes: number): void {
    this.#unshown.push(bytes);
    this.#unshownBytes += bytes;
    if (this.#unshown.length > MAX_OUTBOX_MESSAGES || this.#unshownBytes > MAX_OUTBOX_BYTES) {
      throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'too-many-messages' });
    }
  }
}
