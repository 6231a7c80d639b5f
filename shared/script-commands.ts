/** The commands that a script writes to a chat, one JSON object a line: types and validators. Unknown keys are ignored. */

import * as v from 'valibot';
import type { ErrorDetail } from './error-details.ts';

/** A text that UTF-8 can carry. A lone surrogate would arrive as another character. */
const text = v.pipe(
  v.string(),
  v.check((input) => !/\p{Cs}/u.test(input), 'half a surrogate pair'),
);

const Command = v.variant('type', [
  v.object({ type: v.literal('send'), text, ref: v.optional(v.nullable(v.string()), null) }),
  v.object({ type: v.literal('typing'), on: v.boolean() }),
  v.object({ type: v.literal('verify'), peer: v.string() }),
  v.object({ type: v.literal('answer'), blob: text }),
  v.object({ type: v.literal('quit') }),
]);
/** A command of a script. */
export type Command = v.InferOutput<typeof Command>;

/** Why something is no command, and its `ref` by which the script knows it; null: it has none. */
export interface CommandFault {
  readonly fault: Extract<ErrorDetail, { key: 'no-type' | 'unknown-type' | 'bad-field' }>;
  readonly ref: string | null;
}

const Referenced = v.object({ ref: v.string() });

/** Reads a command from parsed JSON. If it is none, returns why, without other values of the input. */
export function decodeCommand(input: unknown): Command | CommandFault {
  const result = v.safeParse(Command, input);
  if (result.success) return result.output;
  const ref = v.is(Referenced, input) ? input.ref : null;
  const [issue] = result.issues;
  const at = issue.path?.[0]?.key;
  if (typeof at !== 'string') return { fault: { key: 'no-type' }, ref };
  return { fault: at === 'type' ? { key: 'unknown-type' } : { key: 'bad-field', field: at }, ref };
}
