/** The code to use: from the arguments, the environment or a prompt. A code that looks wrong is asked back. */
import {
  type Code,
  codeInside,
  estimateBits,
  forgottenDash,
  forgottenNameplate,
  type GivenCode,
  isCutShort,
  isWeak,
  mistypedWords,
  parseCodeOrInvite,
} from '../../shared/code.ts';
import { AparteError } from '../../shared/errors.ts';
import { words } from '../words/index.ts';
import { type ConversationTask, meantCommand } from './command-line.ts';
import { say } from './output.ts';

/** The beginning of an invite or answer of manual pairing. No code is as long. */
const BLOB = /^\s*ap\d([ia])[A-Za-z0-9_-]{60}/;

/**
 * The code that the user gave. Asks for one if it is `required` or given as `-`. Null if the program is to make one.
 * Throws `bad-code`, `usage` if one is needed and nobody can be asked, and `interrupted` if the user gives up.
 */
export async function askForCode(
  task: Pick<ConversationTask, 'command' | 'code' | 'json'>,
  required: boolean,
): Promise<GivenCode | null> {
  const { code } = task;
  const interactive = process.stdin.isTTY && process.stderr.isTTY && !task.json;
  const streams = interactive ? { input: process.stdin, output: process.stderr } : null;
  if (code === null && !required) return null;
  let text = code ?? '-';
  for (;;) {
    if (text === '-') text = await typedCode(streams);
    refuseBlob(text, task.command);
    const given = readCode(text);
    if (await isMeant(given, streams)) return given;
    text = '-';
  }
}

/** A terminal to ask at; null if there is none. */
type Streams = { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream } | null;

async function typedCode(streams: Streams): Promise<string> {
  if (streams === null) throw new AparteError('usage', { key: 'no-terminal', for: 'code' });
  const [{ WORDS }, { askCode }] = await Promise.all([
    import('../../shared/code-words.ts'),
    import('../ui/questions.ts'),
  ]);
  const answer = await askCode(words.ASK_CODE, WORDS, streams);
  if (answer === null) throw new AparteError('interrupted');
  return answer;
}

/** Throws `usage` for a text of manual pairing. */
function refuseBlob(text: string, command: ConversationTask['command']): void {
  const kind = BLOB.exec(text)?.[1];
  if (kind === 'i') throw new AparteError('usage', { key: 'manual-invite', command });
  if (kind === 'a') throw new AparteError('usage', { key: 'manual-answer' });
}

function readCode(text: string): GivenCode {
  try {
    return parseCodeOrInvite(text);
  } catch (error) {
    const command = meantCommand(text);
    if (error instanceof AparteError && command !== null) {
      throw new AparteError('bad-code', { key: 'meant-command', command });
    }
    throw error;
  }
}

/** What may be wrong with a code, or null. `shows`: only the user who typed the code reads it, so it may be quoted. */
function doubt(code: Code, shows: boolean): string[] | null {
  if (forgottenNameplate(code)) return words.numberMissing(code.nameplate, code.secret);
  const meant = forgottenDash(code);
  if (meant !== null) return words.dashMissing(shows ? meant : null);
  if (isCutShort(code)) return words.endMissing();
  const inside = codeInside(code);
  if (inside !== null) return words.moreThanCode(shows ? inside : null);
  const mistyped = mistypedWords(code);
  return mistyped.length === 0 ? null : words.unknownWords(shows ? mistyped : null);
}

/**
 * Says what was left out of a code, and warns of a code that is probably not the one meant: it would show half the
 * secret to the server, or be spent on a wrong guess. Such a code is asked back. Warns of a weak secret as well.
 * Returns whether to use the code. Throws `interrupted`.
 */
async function isMeant({ code, dropped }: GivenCode, streams: Streams): Promise<boolean> {
  if (dropped.length > 0) say(words.droppedCharacters(dropped));
  const warning = doubt(code, streams !== null);
  if (warning !== null) {
    say(...warning);
    if (streams === null) return true;
    const { confirm } = await import('../ui/questions.ts');
    const answer = await confirm(words.USE_ANYWAY, streams);
    if (answer === null) throw new AparteError('interrupted');
    return answer;
  }
  if (isWeak(code.secret)) say(words.weakSecret(estimateBits(code.secret)));
  return true;
}
