/** Questions asked before a chat begins: a code, with its words completed by Tab, and yes or no. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A terminal to ask at. */
export interface PromptStreams {
  readonly input: Readable;
  readonly output: Writable;
}

/** Words in a code that the program makes. */
const CODE_WORDS = 2;

/**
 * What a code that has been begun can go on with, as whole codes. The nameplate, before the first `-`, is completed by
 * nothing; the first words come with the `-` that goes on.
 */
export function completeCode(begun: string, words: readonly string[]): string[] {
  const parts = begun
    .trimStart()
    .toLowerCase()
    .split(/[\s-]+/);
  const last = parts.at(-1) ?? '';
  if (parts.length < 2 || last === '') return [];
  const stem = parts.slice(0, -1).join('-');
  const end = parts.length - 1 < CODE_WORDS ? '-' : '';
  return words.filter((word) => word.startsWith(last)).map((word) => `${stem}-${word}${end}`);
}

/** Asks until a code is given; Tab completes with `words`. Null where the user wants to give none: Ctrl-C, Ctrl-D. */
export async function askCode(
  question: string,
  words: readonly string[],
  streams: PromptStreams,
): Promise<string | null> {
  for (;;) {
    const answer = await ask(question, streams, (begun) => [completeCode(begun, words), begun]);
    if (answer === null || answer.trim() !== '') return answer?.trim() ?? null;
  }
}

/**
 * Asks for a text that may be pasted in several lines: until `isWhole` says so of all lines together, or a line is empty.
 * Null where nothing was given: Ctrl-C, Ctrl-D, an empty line.
 */
export function askPaste(
  question: string,
  isWhole: (text: string) => boolean,
  { input, output }: PromptStreams,
): Promise<string | null> {
  return new Promise((resolve) => {
    // One for all lines: what is pasted behind the first would be lost between two.
    const prompt = createInterface({ input, output, terminal: true, historySize: 0 });
    let pasted = '';
    let isOver = false;
    prompt.on('line', (line) => {
      if (isOver) return;
      pasted += `${line}\n`;
      isOver = line.trim() === '' || isWhole(pasted);
      if (isOver) prompt.close();
    });
    prompt.once('SIGINT', () => prompt.close());
    prompt.once('close', () => {
      if (!isOver) output.write('\n');
      resolve(isOver && pasted.trim() !== '' ? pasted : null);
    });
    prompt.setPrompt(question);
    prompt.prompt();
  });
}

/** Asks until the answer is yes or no; null where there is none: Ctrl-C, Ctrl-D. */
export async function confirm(question: string, streams: PromptStreams): Promise<boolean | null> {
  for (;;) {
    const answer = await ask(`${question} (yes/no) `, streams);
    if (answer === null) return null;
    if (/^\s*no?\s*$/i.test(answer)) return false;
    if (/^\s*y(es)?\s*$/i.test(answer)) return true;
  }
}

function ask(
  question: string,
  { input, output }: PromptStreams,
  completer?: (line: string) => [string[], string],
): Promise<string | null> {
  return new Promise((resolve) => {
    const prompt = createInterface({ input, output, terminal: true, historySize: 0, ...(completer && { completer }) });
    let answer: string | null = null;
    prompt.once('line', (line) => {
      answer = line;
      prompt.close();
    });
    prompt.once('SIGINT', () => prompt.close());
    prompt.once('close', () => {
      // Enter has ended the line; nothing else does.
      if (answer === null) output.write('\n');
      resolve(answer);
    });
    prompt.setPrompt(question);
    prompt.prompt();
  });
}
