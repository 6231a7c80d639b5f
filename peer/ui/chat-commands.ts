/** What a line typed into the chat means. Commands are rows of one table, which is the help as well. */

import { distance } from '../../shared/edit-distance.ts';

/** What a line asks for. `mistake`: nothing is to be done, the sentence says why. */
export type Line =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'help' }
  | { readonly type: 'peers' }
  /** Show the safety number of a person, or, with `compared`, say that it was compared. `name` null: the only one. */
  | { readonly type: 'verify'; readonly name: string | null; readonly compared: boolean }
  | { readonly type: 'quit' }
  | { readonly type: 'mistake'; readonly sentence: string };

interface Command {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  /** What it asks for, null where the arguments make no sense. */
  parse(argument: string): Line | null;
}

const alone = (line: Line) => (argument: string) => (argument === '' ? line : null);

const COMMANDS: readonly Command[] = [
  { name: 'help', usage: '/help', help: 'this list', parse: alone({ type: 'help' }) },
  { name: 'peers', usage: '/peers', help: 'who is here, and by which path', parse: alone({ type: 'peers' }) },
  { name: 'verify', usage: '/verify [NAME]', help: 'the safety number, to compare', parse: verify },
  { name: 'verify', usage: '/verify [NAME] yes', help: 'you compared it: the same', parse: verify },
  { name: 'quit', usage: '/quit', help: 'say goodbye and leave', parse: alone({ type: 'quit' }) },
];

function verify(argument: string): Line {
  const words = argument.split(/\s+/).filter((word) => word !== '');
  const compared = words.at(-1)?.toLowerCase() === 'yes';
  const name = words.slice(0, compared ? -1 : undefined).join(' ');
  return { type: 'verify', name: name === '' ? null : name, compared };
}

function unknown(name: string): Line {
  const near = COMMANDS.find((command) => command.name.startsWith(name) || distance(command.name, name) <= 2);
  const advice = near === undefined ? '/help lists them.' : `did you mean /${near.name}?`;
  return {
    type: 'mistake',
    sentence: `There is no command /${name}; ${advice} Nothing was sent: to send a line that begins with /, type //.`,
  };
}

/**
 * Reads what was typed. A single line that begins with `/` is a command, with `//` a text that begins with `/`; a text of
 * several lines is never a command.
 */
export function parseLine(typed: string): Line {
  if (!typed.startsWith('/') || typed.trimEnd().includes('\n')) return { type: 'text', text: typed };
  if (typed.startsWith('//')) return { type: 'text', text: typed.slice(1) };
  const [, name = '', argument = ''] = /^\/(\S*)\s*(.*?)\s*$/s.exec(typed) ?? [];
  const command = COMMANDS.find((each) => each.name === name.toLowerCase());
  if (command === undefined) return unknown(name.slice(0, 20));
  return command.parse(argument) ?? { type: 'mistake', sentence: `Usage: ${command.usage}` };
}

/** A line for each command. */
export function commandHelp(): string[] {
  return COMMANDS.map(({ usage, help }) => `${usage.padEnd(19)} ${help}`);
}

/** The rest of a command's name that has been begun, or null where none or several fit. */
export function completeCommand(typed: string): string | null {
  if (!/^\/[a-z]+$/.test(typed)) return null;
  const names = new Set(COMMANDS.map(({ name }) => name).filter((name) => name.startsWith(typed.slice(1))));
  const [only, ...others] = names;
  return only === undefined || others.length > 0 ? null : only.slice(typed.length - 1);
}
