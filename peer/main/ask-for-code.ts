/** The code to use: from the arguments, the environment or a prompt, with a second thought where it needs one. */
import {
  type Code,
  estimateBits,
  forgottenDash,
  forgottenNameplate,
  isCutShort,
  isWeak,
  mistypedWords,
  parseCodeOrInvite,
} from '../../shared/code.ts';
import { AparteError } from '../../shared/errors.ts';
import { meantCommand } from './command-names.ts';
import { writeError } from './exit.ts';
import type { ConversationTask } from './flags.ts';

/** How the texts of manual pairing look; no code is as long. */
const BLOB = /^\s*ap\d([ia])[A-Za-z0-9_-]{60}/;

/** A code, and the server its invite names (null for a bare code). */
export interface GivenCode {
  readonly code: Code;
  readonly server: string | null;
}

/**
 * The code the user gave, asked for where `required` or given as `-`; null where one is to be made.
 * Throws `bad-code`, `usage` where one is needed and nobody can be asked, `interrupted` where the user thought better.
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
    if (await isMeant(given.code, streams)) return given;
    text = '-';
  }
}

/** A terminal to ask at; null where there is none. */
type Streams = { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream } | null;

async function typedCode(streams: Streams): Promise<string> {
  if (streams === null) throw new AparteError('usage', { key: 'no-terminal', for: 'code' });
  const [{ WORDS }, { askCode }] = await Promise.all([
    import('../../shared/code-words.ts'),
    import('../ui/questions.ts'),
  ]);
  const answer = await askCode('Code (Tab completes words): ', WORDS, streams);
  if (answer === null) throw new AparteError('interrupted');
  return answer;
}

/** Throws `usage` for what belongs to pairing by hand. */
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

const EXAMPLE = 'A code looks like 7-ocean-violin.';

/** What deserves a second thought about a code, or null. `shows`: whether a person reads it, who typed the code. */
function doubt(code: Code, shows: boolean): string | null {
  if (forgottenNameplate(code)) {
    return (
      `aparte: WARNING: is the number missing? In this code "${code.nameplate}" is the nameplate, which the server sees,\n` +
      `aparte: and only "${code.secret}" is secret. ${EXAMPLE}\n`
    );
  }
  const meant = forgottenDash(code);
  if (meant !== null) {
    const first =
      'aparte: WARNING: is a dash missing? All before the first dash is the nameplate, which the server sees';
    return shows ? `${first}:\naparte: did you mean ${meant}?\n` : `${first}.\naparte: ${EXAMPLE}\n`;
  }
  if (isCutShort(code)) {
    return `aparte: WARNING: is the end missing? Behind the number stands a single word, quickly guessed.\naparte: ${EXAMPLE}\n`;
  }
  const mistyped = mistypedWords(code);
  if (mistyped.length === 0) return null;
  // Parts of a secret are for its owner's eyes, not for logs.
  if (!shows) return 'aparte: warning: not all words of the code are of the list that codes are made from: mistyped?\n';
  return mistyped
    .map(({ word, near }) => {
      const question = near === null ? '' : `: did you mean ${near}?`;
      return `aparte: WARNING: "${word}" is not one of the words that codes are made of${question}\n`;
    })
    .join('');
}

/**
 * Warns of a nameplate or a dash that seems to be missing (half the secret would be shown to the server), of a code that
 * seems to be cut short, of words that seem to be mistyped (the code would be spent on a wrong guess), all of which are
 * asked back, and of a weak secret. Whether the code is to be used. Throws `interrupted`.
 */
async function isMeant(code: Code, streams: Streams): Promise<boolean> {
  const warning = doubt(code, streams !== null);
  if (warning !== null) {
    writeError(warning);
    if (streams === null) return true;
    const { confirm } = await import('../ui/questions.ts');
    const answer = await confirm('Use it all the same?', streams);
    if (answer === null) throw new AparteError('interrupted');
    return answer;
  }
  if (isWeak(code.secret)) {
    const bits = estimateBits(code.secret);
    writeError(`aparte: warning: a weak secret, about ${bits} bits: whoever guesses it in one try is let in\n`);
  }
  return true;
}
