/** The code to use: from the arguments, the environment or a prompt, with a second thought where it needs one. */
import { type Code, estimateBits, forgottenNameplate, isWeak, parseCodeOrInvite } from '../../shared/code.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Flags } from './flags.ts';
import { writeError } from './stop.ts';

/** A code, and the server its invite names (null for a bare code). */
export interface GivenCode {
  readonly code: Code;
  readonly server: string | null;
}

/**
 * The code the user gave, asked for where `required` or given as `-`; null where one is to be made.
 * Throws `bad-code`, `usage` where one is needed and nobody can be asked, `interrupted` where the user thought better.
 */
export async function askForCode(flags: Pick<Flags, 'code' | 'json'>, required: boolean): Promise<GivenCode | null> {
  const { code } = flags;
  const streams = { input: process.stdin, output: process.stderr };
  const interactive = process.stdin.isTTY && process.stderr.isTTY && !flags.json;
  if (code === null && !required) return null;
  let text = code ?? '-';
  if (text === '-') {
    if (!interactive) throw new AparteError('usage', 'no code was given, and there is no terminal to ask for one');
    const [{ WORDS }, { askCode }] = await Promise.all([import('../../shared/words.ts'), import('../ui/prompt.ts')]);
    const answer = await askCode('Code (Tab completes words): ', WORDS, streams);
    if (answer === null) throw new AparteError('interrupted');
    text = answer;
  }
  const given = readCode(text);
  await thinkAgain(given.code, interactive ? streams : null);
  return given;
}

function readCode(text: string): GivenCode {
  try {
    return parseCodeOrInvite(text);
  } catch (error) {
    const command = ['chat', 'send', 'receive', 'signal', 'id', 'peers', 'doctor'].find((name) => near(name, text));
    if (error instanceof AparteError && command !== undefined) {
      throw new AparteError('bad-code', `did you mean the command "${command}"?`);
    }
    throw error;
  }
}

/** Whether a word looks like a slip of another: the same letters, give or take one or two swapped or missing. */
function near(name: string, text: string): boolean {
  const letters = (word: string) => Array.from(word.toLowerCase()).sort().join('');
  return !text.includes('-') && (text.toLowerCase().startsWith(name.slice(0, 3)) || letters(name) === letters(text));
}

/** Warns of a nameplate that seems to be missing (half the secret would be shown to the server) and of a weak secret. */
async function thinkAgain(
  code: Code,
  streams: { input: NodeJS.ReadStream; output: NodeJS.WriteStream } | null,
): Promise<void> {
  if (forgottenNameplate(code)) {
    const warning =
      `aparte: WARNING: is the number missing? In this code "${code.nameplate}" is the nameplate, which the server sees,\n` +
      `aparte: and only "${code.secret}" is secret. A code looks like 7-ocean-violin.\n`;
    writeError(warning);
    if (streams === null) return;
    const { confirm } = await import('../ui/prompt.ts');
    if (!(await confirm('Use it all the same?', streams))) throw new AparteError('interrupted');
  } else if (isWeak(code.secret)) {
    const bits = estimateBits(code.secret);
    writeError(`aparte: warning: a weak secret, about ${bits} bits: whoever guesses it in one try is let in\n`);
  }
}
