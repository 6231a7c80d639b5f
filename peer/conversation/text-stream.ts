/** Sends a stream of bytes as text messages: cut between characters, as the bytes come, however long the stream is. */
import { fromUtf8, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import type { ChatEvent, UserCommand } from '../core/facts-and-orders.ts';

/** Undelivered messages and bytes from which on no more is read. The core's outbox holds several times as much. */
const MAX_UNDELIVERED = 256;
const MAX_UNDELIVERED_BYTES = 1_048_576;
/** Bytes of a UTF-8 character behind its first one (RFC 3629, section 3). */
const MAX_CONTINUATION = 3;

/** A part of a text that fits one message. `raw`: no line end belongs behind it. */
export interface TextPiece {
  readonly text: string;
  readonly raw: boolean;
}

/** The pieces of a whole text. The receiver shows a line end behind the last one. */
export function piecesOfText(text: string): TextPiece[] {
  const parts = cut(utf8(text));
  return parts.map((part, index) => ({ text: part, raw: index < parts.length - 1 }));
}

/** The pieces of a stream, byte for byte, as they come. Throws `usage` when the bytes are not UTF-8, or there are none. */
export async function* piecesOfStream(input: AsyncIterable<Uint8Array>): AsyncGenerator<TextPiece> {
  let rest: Uint8Array = new Uint8Array();
  let isEmpty = true;
  for await (const chunk of input) {
    isEmpty &&= chunk.length === 0;
    const bytes = join(rest, chunk);
    const end = lastBoundary(bytes, bytes.length);
    rest = bytes.slice(end);
    for (const text of decoded(bytes.subarray(0, end))) yield { text, raw: true };
  }
  if (isEmpty) throw new AparteError('usage', { key: 'nothing-to-send', from: 'input' });
  for (const text of decoded(rest)) yield { text, raw: true };
}

/**
 * Reads pieces for up to `ms` (null: without a limit), so that input that cannot be sent is found before anybody is met.
 * Returns all pieces, those read and those to come. Throws what reading throws.
 */
export async function readAhead(
  pieces: AsyncIterator<TextPiece, void>,
  ms: number | null,
): Promise<Iterable<TextPiece> | AsyncIterable<TextPiece>> {
  const read: TextPiece[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    if (ms !== null) timer = setTimeout(resolve, ms, null);
  });
  let next = pieces.next();
  try {
    for (let bytes = 0; bytes < MAX_UNDELIVERED_BYTES && read.length < MAX_UNDELIVERED; ) {
      const result = await Promise.race([next, late]);
      if (result === null) break;
      if (result.done === true) return read;
      read.push(result.value);
      bytes += result.value.text.length;
      next = pieces.next();
    }
  } finally {
    clearTimeout(timer);
  }
  // The reader gets a failure when they read on.
  next.catch(() => undefined);
  return goOn(read, next, pieces);
}

async function* goOn(
  read: readonly TextPiece[],
  pending: Promise<IteratorResult<TextPiece, void>>,
  pieces: AsyncIterator<TextPiece, void>,
): AsyncGenerator<TextPiece> {
  yield* read;
  for (let result = await pending; result.done !== true; result = await pieces.next()) yield result.value;
}

/** Sends pieces, and reads on only while not too much is undelivered. */
export class TextStream {
  readonly #give: (command: UserCommand) => void;
  /** Bytes of each message on its way, by its number until it is sent and by its id until it is delivered. */
  readonly #undelivered = new Map<string, number>();
  #bytes = 0;
  #lastRef = 0;
  #wake: () => void = () => undefined;

  /** `give` passes commands to the conversation, whose events {@link event} is to be told. */
  constructor(give: (command: UserCommand) => void) {
    this.#give = give;
  }

  /** Sends all of `pieces`. Resolves once the last one has been given. Rejects with what reading throws. */
  async send(pieces: Iterable<TextPiece> | AsyncIterable<TextPiece>): Promise<void> {
    for await (const { text, raw } of pieces) {
      while (this.#isFull) await this.#delivered();
      this.#lastRef += 1;
      const ref = `piece ${this.#lastRef}`;
      const bytes = utf8(text).length;
      this.#undelivered.set(ref, bytes);
      this.#bytes += bytes;
      this.#give({ type: 'send', text, ref, ...(raw && { raw }) });
    }
  }

  /** Takes in an event of the conversation. */
  event(event: ChatEvent): void {
    if (event.type === 'sent' && event.ref !== null) {
      const bytes = this.#undelivered.get(event.ref);
      this.#undelivered.delete(event.ref);
      if (bytes !== undefined) this.#undelivered.set(event.id, bytes);
    } else if (event.type === 'delivered') {
      this.#bytes -= this.#undelivered.get(event.id) ?? 0;
      this.#undelivered.delete(event.id);
      this.#wake();
    }
  }

  #delivered(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  get #isFull(): boolean {
    return this.#undelivered.size >= MAX_UNDELIVERED || this.#bytes >= MAX_UNDELIVERED_BYTES;
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

function decoded(bytes: Uint8Array): string[] {
  try {
    return cut(bytes);
  } catch {
    throw new AparteError('usage', { key: 'input-not-utf8' });
  }
}

/** The texts that fit a message each. Throws when the bytes are not UTF-8. */
function cut(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    const limit = from + MAX_TEXT;
    const to = limit < bytes.length ? lastBoundary(bytes, limit) : bytes.length;
    texts.push(fromUtf8(bytes.subarray(from, to)));
    from = to;
  }
  return texts;
}

/**
 * The last index up to `end` at which no character is cut in two. At most 3 bytes before `end`: where no character
 * begins among them, the bytes are not UTF-8, and decoding will say so.
 */
function lastBoundary(bytes: Uint8Array, end: number): number {
  for (let back = 1; back <= MAX_CONTINUATION && back <= end; back += 1) {
    const byte = bytes[end - back] ?? 0;
    // A continuation byte has the form 10xxxxxx.
    if ((byte & 0xc0) === 0x80) continue;
    return lengthOfCharacter(byte) > back ? end - back : end;
  }
  return end;
}

/** How many bytes a character has that begins with `byte`. */
function lengthOfCharacter(byte: number): number {
  if (byte >= 0xf0) return 4;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc0 ? 2 : 1;
}
