/** Asks questions before a chat begins: for a code, whose words Tab completes, for a paste, and for yes or no. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { words } from '../words/index.ts';

/** The terminal to ask at. */
export interface PromptStreams {
  readonly input: Readable;
  readonly output: Writable;
}

interface AskOptions {
  readonly isWhole?: (text: string) => boolean;
  readonly completer?: (line: string) => [string[], string];
}

/** How many words a code has that the program makes. */
const CODE_WORDS = 2;

/**
 * The codes that the begun one can become. The nameplate, before the first `-`, is not completed. A first word is followed
 * by the `-` before the next.
 */
export function completeCode(begun: string, codeWords: readonly string[]): string[] {
  const parts = begun
    .trimStart()
    .toLowerCase()
    .split(/[\s-]+/);
  const last = parts.at(-1) ?? '';
  if (parts.length < 2 || last === '') return [];
  const stem = parts.slice(0, -1).join('-');
  const end = parts.length - 1 < CODE_WORDS ? '-' : '';
  return codeWords.filter((word) => word.startsWith(last)).map((word) => `${stem}-${word}${end}`);
}

/** Asks until a code is given; Tab completes it with `codeWords`. Null on Ctrl-C and Ctrl-D. */
export async function askCode(
  question: string,
  codeWords: readonly string[],
  streams: PromptStreams,
): Promise<string | null> {
  for (;;) {
    const answer = await ask(question, streams, { completer: (begun) => [completeCode(begun, codeWords), begun] });
    if (answer === null || answer.trim() !== '') return answer?.trim() ?? null;
  }
}

/**
 * Asks for a text that may be pasted in several lines: until `isWhole` accepts all lines together, or a line is empty.
 * Null on Ctrl-C, Ctrl-D, and where the first line is empty.
 */
export async function askPaste(
  question: string,
  isWhole: (text: string) => boolean,
  streams: PromptStreams,
): Promise<string | null> {
  const pasted = await ask(question, streams, { isWhole: (text) => /^\s*$/m.test(text.slice(0, -1)) || isWhole(text) });
  return pasted === null || pasted.trim() === '' ? null : pasted;
}

/** Asks until the answer is yes or no. Null on Ctrl-C and Ctrl-D. */
export async function confirm(question: string, streams: PromptStreams): Promise<boolean | null> {
  for (let repeated = ''; ; repeated = `${words.TYPE_YES_OR_NO} `) {
    const answer = await ask(`${repeated}${question} ${words.YES_OR_NO} `, streams);
    const decision = answer === null ? null : words.readYesOrNo(answer);
    if (answer === null || decision !== null) return decision;
  }
}

/** Reads lines, each with its end, until `isWhole` accepts them together. Null on Ctrl-C and Ctrl-D. */
function ask(
  question: string,
  { input, output }: PromptStreams,
  { isWhole = () => true, completer }: AskOptions = {},
): Promise<string | null> {
  return new Promise((resolve) => {
    // One prompt reads all lines, since lines that come between two prompts would be lost.
    const prompt = createInterface({ input, output, terminal: true, historySize: 0, ...(completer && { completer }) });
    let text = '';
    let isOver = false;
    prompt.on('line', (line) => {
      if (isOver) return;
      text += `${line}\n`;
      isOver = isWhole(text);
      if (isOver) prompt.close();
    });
    prompt.once('SIGINT', () => prompt.close());
    prompt.once('close', () => {
      // Only Enter ends the line on the screen.
      if (!isOver) output.write('\n');
      resolve(isOver ? text : null);
    });
    prompt.setPrompt(question);
    prompt.prompt();
  });
}
