/** What manual pairing needs from the user: the invite, the code agreed on aloud, and the answer. */
import { estimateBits, isWeak, mistypedWords, readAgreedSecret } from '../../shared/code.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_SECRET } from '../../shared/limits.ts';
import type { Conversation } from '../conversation/conversation.ts';
import type { ManualPairingOptions } from '../core/manual-pairing.ts';
import { blobKind, ready } from '../crypto/index.ts';
import { readPastes } from '../ui/unmarked-pastes.ts';
import { words } from '../words/index.ts';
import type { ConversationTask } from './command-line.ts';
import { say } from './output.ts';

const STREAMS = { input: process.stdin, output: process.stderr };

/**
 * The invite that the user was sent, and the code that both sides agreed on aloud. Asks for what is missing. Throws
 * `usage` if nobody can be asked or standard input would be two things at once, and `interrupted` if the user gives up.
 */
export async function askManualPairing(task: ConversationTask): Promise<ManualPairingOptions> {
  const { command, code: given, json } = task;
  const asks = process.stdin.isTTY && process.stderr.isTTY && !json;
  if (command === 'send' && given === null && task.text === null) {
    throw new AparteError('usage', { key: 'input-used-twice' });
  }
  const invite = given === '-' ? await askForInvite(asks) : given;
  const code = task.withCode ? await askForAgreedCode(asks) : null;
  return { invite, code, renews: asks && command === 'chat' };
}

async function askForInvite(asks: boolean): Promise<string> {
  if (!asks) throw new AparteError('usage', { key: 'no-terminal', for: 'invite' });
  await ready();
  const { askPaste } = await import('../ui/questions.ts');
  const pasted = await askPaste(words.ASK_INVITE, (text) => blobKind(text.replace(/\s+/g, '')) !== null, STREAMS);
  return pasted ?? raise(new AparteError('interrupted'));
}

async function askForAgreedCode(asks: boolean): Promise<string> {
  const given = process.env['APARTE_CODE'] ?? null;
  if (given === null && !asks) throw new AparteError('usage', { key: 'no-terminal', for: 'agreed-code' });
  for (let text = given ?? (await typedCode()); ; text = await typedCode()) {
    const { secret, dropped } = readAgreedSecret(text);
    if (secret === '') throw new AparteError('usage', { key: 'agreed-code-length', max: MAX_SECRET });
    if (dropped.length > 0) say(words.droppedCharacters(dropped));
    if (await isMeant(secret, asks)) return secret;
  }
}

async function typedCode(): Promise<string> {
  const [{ WORDS }, { askCode }] = await Promise.all([
    import('../../shared/code-words.ts'),
    import('../ui/questions.ts'),
  ]);
  return (await askCode(words.ASK_AGREED_CODE, WORDS, STREAMS)) ?? raise(new AparteError('interrupted'));
}

/**
 * Whether to use an agreed code. Asks back if one of two words is probably mistyped, as a wrong code ends the pairing.
 * People choose words of their own as well: without a similar word in the list nothing is said.
 */
async function isMeant(secret: string, asks: boolean): Promise<boolean> {
  const unknown = mistypedWords({ nameplate: '0', secret, text: `0-${secret}` });
  const isMistyped = unknown.length === 1 && unknown[0]?.near != null;
  if (isMistyped) {
    say(...words.unknownWords(asks ? unknown : null));
    if (asks) {
      const { confirm } = await import('../ui/questions.ts');
      return (await confirm(words.USE_ANYWAY, STREAMS)) ?? raise(new AparteError('interrupted'));
    }
  } else if (isWeak(secret)) say(words.weakSecret(estimateBits(secret)));
  return true;
}

function raise(error: AparteError): never {
  throw error;
}

/**
 * Reads the answer to our invite from standard input, for commands that read nothing else from it. Returns what stops
 * the reading. Input that ends before an answer was pasted ends the conversation.
 */
export function readAnswers(
  task: ConversationTask,
  { invite }: ManualPairingOptions,
  conversation: Conversation,
): () => void {
  if (task.command === 'chat' || invite !== null) return () => undefined;
  let isPasted = false;
  const take = (blob: string) => {
    isPasted = true;
    conversation.command({ type: 'answer', blob });
  };
  return readPastes(process.stdin, take, () => {
    const cause = new AparteError('usage', { key: 'answer-missing' });
    if (!isPasted) conversation.endAnswers(cause);
  });
}
