/** What `aparte send` says: a text, or standard input cut into messages. */
import type { Readable } from 'node:stream';
import { fromUtf8, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import { MAX_OUTBOX_BYTES } from '../core/delivery.ts';
import type { UserCommand } from '../core/facts-and-orders.ts';

const TOO_LONG = `more than ${MAX_OUTBOX_BYTES} bytes of text`;

/** The parts of a text that fit a message each, cut between characters. */
function pieces(bytes: Uint8Array): string[] {
  const cut: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(from + MAX_TEXT, bytes.length);
    // A UTF-8 continuation byte has the form 10xxxxxx (RFC 3629, section 3).
    while (to < bytes.length && ((bytes[to] ?? 0) & 0xc0) === 0x80) to -= 1;
    cut.push(fromUtf8(bytes.subarray(from, to)));
    from = to;
  }
  return cut;
}

/** The messages that carry `--text`, behind which a line ends. Throws `usage` for what is empty or too long. */
export function textCommands(text: string): UserCommand[] {
  if (text === '') throw new AparteError('usage', 'there is nothing to send');
  const bytes = utf8(text);
  if (bytes.length > MAX_OUTBOX_BYTES) throw new AparteError('usage', TOO_LONG);
  const cut = pieces(bytes);
  return cut.map((piece, index) => {
    const command = { type: 'send', text: piece, ref: null } as const;
    return index === cut.length - 1 ? command : { ...command, raw: true };
  });
}

/** The messages that carry standard input, byte for byte. Throws `usage` for what is empty, too long or no text. */
export async function streamCommands(input: Readable): Promise<UserCommand[]> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_OUTBOX_BYTES) throw new AparteError('usage', TOO_LONG);
    chunks.push(chunk);
  }
  if (length === 0) throw new AparteError('usage', 'there is nothing to send: standard input is empty');
  try {
    return pieces(Buffer.concat(chunks)).map((text) => ({ type: 'send', text, ref: null, raw: true }));
  } catch {
    throw new AparteError('usage', 'standard input is not UTF-8 text: encode it, with base64 for example');
  }
}
