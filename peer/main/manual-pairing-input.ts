/** Manual pairing as the flags say it: what is asked first, and the way to meet that is made of it. */

import { estimateBits, isWeak, readAgreedSecret } from '../../shared/code.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_SECRET } from '../../shared/limits.ts';
import type { Conversation } from '../conversation/conversation.ts';
import type { ManualPairingOptions } from '../core/manual-pairing.ts';
import { blobKind, ready } from '../crypto/index.ts';
import { readPastes } from '../ui/unmarked-pastes.ts';
import { words } from '../words/index.ts';
import { writeError } from './exit.ts';
import type { ConversationTask } from './flags.ts';

const STREAMS = { input: process.stdin, output: process.stderr };

/**
 * What the user has or is asked for: the invite he was given, the code both agreed on. Throws `usage` where nobody can
 * be asked or standard input would have to be two things at once, `interrupted` where the user thought better.
 */
export async function askManualPairing(task: ConversationTask): Promise<ManualPairingOptions> {
  const { command, code: given, json } = task;
  const asks = process.stdin.isTTY && process.stderr.isTTY && !json;
  if (command === 'send' && given === null && task.text === null) {
    throw new AparteError('usage', { key: 'input-used-twice' });
  }
  const invite = given === '-' ? await askForInvite(asks) : given;
  const code = task.withCode ? await askForSpoken(asks) : null;
  return { invite, code, renews: asks && command === 'chat' };
}

async function askForInvite(asks: boolean): Promise<string> {
  if (!asks) throw new AparteError('usage', { key: 'no-terminal', for: 'invite' });
  await ready();
  const { askPaste } = await import('../ui/questions.ts');
  const pasted = await askPaste('Paste the invite: ', (text) => blobKind(text.replace(/\s+/g, '')) !== null, STREAMS);
  return pasted ?? raise(new AparteError('interrupted'));
}

async function askForSpoken(asks: boolean): Promise<string> {
  const named = process.env['APARTE_CODE'] ?? null;
  if (named === null && !asks) {
    throw new AparteError('usage', { key: 'no-terminal', for: 'agreed-code' });
  }
  const [{ WORDS }, { askCode }] = await Promise.all([
    import('../../shared/code-words.ts'),
    import('../ui/questions.ts'),
  ]);
  const code = named ?? (await askCode('Code you both agreed on: ', WORDS, STREAMS));
  const { secret, dropped } = readAgreedSecret(code ?? raise(new AparteError('interrupted')));
  if (secret === '') throw new AparteError('usage', { key: 'agreed-code-length', max: MAX_SECRET });
  if (dropped.length > 0) writeError(`aparte: ${words.droppedCharacters(dropped)}\n`);
  if (isWeak(secret)) writeError(`aparte: ${words.weakSecret(estimateBits(secret))}\n`);
  return secret;
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
