/** The commands a script writes to a chat, one JSON object a line: types and validators. Unknown keys are ignored. */

import * as v from 'valibot';
import type { ErrorDetail } from './error-details.ts';

/** A text that UTF-8 can carry: half a surrogate pair would arrive as something else. */
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

/** Why something is no command. */
export type CommandFault = Extract<ErrorDetail, { key: 'no-type' | 'unknown-type' | 'bad-field' }>;

/** Reads a command from parsed JSON. If it is none, returns why, without names or values of the input. */
export function decodeCommand(input: unknown): Command | CommandFault {
  const result = v.safeParse(Command, input);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const at = issue.path?.[0]?.key;
  if (typeof at !== 'string') return { key: 'no-type' };
  return at === 'type' ? { key: 'unknown-type' } : { key: 'bad-field', field: at };
}
