/** Reads the lines typed into a chat: a text, or a command. */
import { distance } from '../../shared/edit-distance.ts';
import { words } from '../words/index.ts';

/** What a line asks for. `mistake`: nothing, for the reason that the sentence says. */
export type TypedLine =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'help' | 'peers' | 'code' | 'quit' }
  /** Show a peer's safety number; with `compared`, mark it as compared. `name` null: the only peer. */
  | { readonly type: 'verify'; readonly name: string | null; readonly compared: boolean }
  | { readonly type: 'mistake'; readonly sentence: string };

type Command = 'help' | 'peers' | 'code' | 'verify' | 'quit';
const COMMANDS: readonly Command[] = ['help', 'peers', 'code', 'verify', 'quit'];
/** Columns of a command's usage in the help. */
const USAGE_COLUMNS = 19;

/**
 * Reads what was typed. A single line that begins with `/` is a command. With `//` it is a text that begins with `/`. A
 * text of several lines is never a command.
 */
export function parseLine(typed: string): TypedLine {
  if (!typed.startsWith('/') || typed.trimEnd().includes('\n')) return { type: 'text', text: typed };
  if (typed.startsWith('//')) return { type: 'text', text: typed.slice(1) };
  const [, name = '', argument = ''] = /^\/(\S*)\s*(.*?)\s*$/s.exec(typed) ?? [];
  const command = COMMANDS.find((each) => each === name.toLowerCase());
  if (command === undefined) return unknown(name.slice(0, 20));
  if (command === 'verify') return verify(argument);
  return argument === '' ? { type: command } : { type: 'mistake', sentence: words.usageOf(`/${command}`) };
}

function verify(argument: string): TypedLine {
  const parts = argument.split(/\s+/).filter((part) => part !== '');
  const compared = parts.at(-1)?.toLowerCase() === 'yes';
  const name = parts.slice(0, compared ? -1 : undefined).join(' ');
  return { type: 'verify', name: name === '' ? null : name, compared };
}

function unknown(name: string): TypedLine {
  const near = COMMANDS.find((command) => command.startsWith(name) || distance(command, name) <= 2);
  return { type: 'mistake', sentence: words.noSuchCommand(name, near ?? null) };
}

/** A line for each command. */
export function commandHelp(): string[] {
  return words.COMMAND_HELP.map(([usage, help]) => `${usage.padEnd(USAGE_COLUMNS)} ${help}`);
}

/**
 * What Tab does behind a text: `insert` goes on with what all possible ends have in common; `choices` are the ends, whole.
 * `names`: the peers that a command can name.
 */
export function complete(typed: string, names: readonly string[]): { insert: string; choices: readonly string[] } {
  const isName = /^\/verify /i.test(typed);
  const begun = isName ? typed.slice('/verify '.length) : typed;
  const all = isName ? names : COMMANDS.map((command) => `/${command}`);
  const choices = all.filter((each) => each.toLowerCase().startsWith(begun.toLowerCase()));
  const [first = ''] = choices;
  if (begun === '' && !isName) return { insert: '', choices: [] };
  const isShared = (length: number) =>
    choices.every((each) => each.slice(0, length).toLowerCase() === first.slice(0, length).toLowerCase());
  let shared = begun.length;
  while (shared < first.length && isShared(shared + 1)) shared += 1;
  return { insert: first.slice(begun.length, shared), choices };
}
