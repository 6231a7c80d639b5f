/** Reads the command line and the environment, except that of `aparte signal`, into a description of what to do. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { distance } from '../../shared/edit-distance.ts';
import { AparteError } from '../../shared/errors.ts';
import { words } from '../words/index.ts';
import {
  addIceOptions,
  addMeetingOptions,
  dataOption,
  defaultName,
  type IceFlags,
  iceFlags,
  type MeetingFlags,
  meetingFlags,
  nameOption,
  type ParsedIce,
  type ParsedMeeting,
  reconnectOption,
  serverOption,
  timeoutOption,
} from './options.ts';
import { say } from './output.ts';

/** What the options of a conversation say. */
export interface ConversationFlags extends IceFlags, MeetingFlags {
  /** The argument: a code or an invite, `-` to be asked for it; null: none. */
  readonly code: string | null;
  /** Origins of rendezvous servers; none: the default server, which is started if none runs. */
  readonly servers: readonly string[];
  readonly name: string;
  readonly json: boolean;
  readonly plain: boolean;
  readonly color: boolean;
  /** How long to wait for the remote peer, in ms; null: for ever. */
  readonly timeout: number | null;
  /** Whether the user set `timeout`. */
  readonly isTimeoutGiven: boolean;
  /** How long to try to come back after the connection was lost, in ms; null: as long as tickets are good. */
  readonly reconnect: number | null;
  /** The data folder; null: the usual one. */
  readonly data: string | null;
}

/** A conversation that the user wants. */
export type ConversationTask =
  | ({ readonly command: 'chat' } & ConversationFlags)
  /** `text` null: standard input. */
  | ({ readonly command: 'send'; readonly text: string | null } & ConversationFlags)
  | ({ readonly command: 'receive' } & ConversationFlags);

/** What the user wants to know about the data folder. */
export interface DataTask {
  readonly command: 'id' | 'peers';
  readonly data: string | null;
  readonly json: boolean;
}

/** What the doctor is to examine. */
export interface DoctorTask extends IceFlags {
  readonly command: 'doctor';
  /** The servers to examine, as origins; none: the default server. */
  readonly servers: readonly string[];
  readonly json: boolean;
}

/** What the user wants done. */
export type Task = ConversationTask | DataTask | DoctorTask;

/** The environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How long `send` and `receive` wait for the remote peer to come, or to come back, unless told otherwise, in ms. */
const ONE_SHOT_TIMEOUT = 600_000;

/** The values of all options, as commander keeps them. */
interface Parsed extends ParsedIce, ParsedMeeting {
  readonly server?: readonly string[];
  readonly name?: string;
  readonly timeout?: number;
  readonly reconnect?: number;
  readonly data?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly color?: boolean;
  readonly text?: string;
}

/**
 * Reads the command line. Throws `usage`, or commander's `CommanderError` after it has written what the user is to read;
 * its `exitCode` is 0 after `--help`.
 */
export function readCommandLine(args: readonly string[], env: Environment, version: string): Task {
  const meant = meantCommand(args[0] ?? '');
  if (meant !== null) throw new AparteError('usage', { key: 'meant-command', command: meant });
  let task: Task | null = null;
  const chat = conversation('chat', 'opens a chat; this is the default', 'the code or invite you got; none: makes one')
    .option('--json', 'for scripts: events on standard output and commands on standard input, one JSON object a line')
    .action((code: string | undefined, _parsed: Parsed, command: Command) => {
      task = { command: 'chat', ...flags(code, command, env, null) };
    });
  const send = conversation(
    'send',
    'sends a text, or standard input as it comes (UTF-8), and ends when the other side has received it',
    'the code or invite you got; none: makes one and prints it on standard error',
  )
    .option('--text <text>', 'the text to send, instead of standard input')
    .action((code: string | undefined, { text = null }: { text?: string | null }, command: Command) => {
      refuseFile(code);
      task = { command: 'send', text, ...flags(code, command, env, ONE_SHOT_TIMEOUT) };
    });
  const receive = conversation('receive', 'receives a text and prints it', 'the code or invite you got').action(
    (code: string | undefined, _parsed: Parsed, command: Command) => {
      task = { command: 'receive', ...flags(code, command, env, ONE_SHOT_TIMEOUT) };
    },
  );
  const aboutData = (name: DataTask['command'], about: string) =>
    new Command(name)
      .description(about)
      .addOption(dataOption())
      .option('--json', 'prints JSON')
      .action(({ data = null, json = false }: { data?: string | null; json?: boolean }) => {
        task = { command: name, data, json };
      });
  const doctor = addIceOptions(
    new Command('doctor')
      .description('shows what works from here: server, STUN, NAT, relay')
      .addOption(serverOption())
      .option('--json', 'prints JSON, one line for each server'),
  )
    .addHelpText('after', words.DOCTOR_HELP)
    .action(({ server = [], json = false, ...ice }: Parsed) => {
      task = { command: 'doctor', servers: server, json, ...iceFlags(ice) };
    });
  const program = new Command('aparte')
    .description('Private conversation between two programs that share a short code: direct and end-to-end encrypted.')
    .version(version, '-V, --version')
    .addCommand(chat, { isDefault: true })
    .addCommand(send)
    .addCommand(receive)
    .addCommand(aboutData('id', 'shows your identity and its half of a safety number'))
    .addCommand(aboutData('peers', 'lists the people you know'))
    .addCommand(doctor)
    .addCommand(new Command('signal').description('runs the rendezvous server: see aparte signal --help'))
    .addHelpText('after', `${words.EXAMPLES}\n${words.EXIT_CODES}`);
  for (const command of [program, ...program.commands]) makeStrict(command);
  program.parse([...args], { from: 'user' });
  if (task === null) throw new Error('no command was run');
  return task;
}

/** A command that opens a conversation, with the options of all of them. `code`: what its argument is. */
function conversation(name: ConversationTask['command'], about: string, code: string): Command {
  const isChat = name === 'chat';
  const awaited = name === 'receive' ? 'the other side; if you set it, also for their first text' : 'the other side';
  const command = new Command(name)
    .description(about)
    .argument('[code]', code)
    .addOption(serverOption())
    .addOption(nameOption())
    .addOption(timeoutOption(awaited, isChat ? 'never' : '600'))
    .addOption(reconnectOption(isChat ? '24 hours' : '600'))
    .option('--plain', 'no cursor movement: for screen readers and logs')
    .option('--no-color', 'no colour (NO_COLOR)')
    .addOption(dataOption());
  return addIceOptions(addMeetingOptions(command)).addHelpText('after', words.EXIT_CODES);
}

function flags(code: string | undefined, command: Command, env: Environment, timeout: number | null) {
  const parsed = command.opts<Parsed>();
  // A terminal that can only print (terminfo). Editors name theirs so.
  const isDumb = env['TERM'] === 'dumb';
  return {
    code: code ?? (env[parsed.manual === true ? 'APARTE_INVITE' : 'APARTE_CODE'] || null),
    servers: parsed.server ?? [],
    name: parsed.name ?? defaultName(),
    json: parsed.json === true,
    plain: parsed.plain === true || isDumb,
    color: parsed.color !== false && !env['NO_COLOR'] && !isDumb,
    timeout: parsed.timeout ?? timeout,
    isTimeoutGiven: parsed.timeout !== undefined,
    reconnect: parsed.reconnect ?? timeout,
    data: parsed.data ?? null,
    ...iceFlags(parsed),
    ...meetingFlags(parsed, command),
  } satisfies ConversationFlags;
}

/** Throws `usage` if the argument of `send` is a file: it would be taken for a code that nobody else has. */
function refuseFile(argument: string | undefined): void {
  if (argument !== undefined && argument !== '-' && existsSync(argument)) {
    throw new AparteError('usage', { key: 'file-given', path: argument });
  }
}

/** Lets a command refuse what it does not know, in the form of our errors: what happened, and what to do. */
function makeStrict(command: Command): void {
  command.exitOverride().allowExcessArguments(false).showSuggestionAfterError(true);
  command.configureOutput({
    outputError: (text) => {
      const sentence = commanderSentence(text);
      say(sentence, adviceFor(sentence, command));
    },
  });
}

/** What commander says is wrong, as one sentence on one line. */
export function commanderSentence(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll('\n', ' ');
}

function adviceFor(sentence: string, command: Command): string {
  const takesCode = command.registeredArguments.length > 0;
  if (takesCode && sentence.startsWith('too many arguments')) {
    const namesFile = command.name() === 'send' && command.args.some((argument) => existsSync(argument));
    return namesFile ? words.NO_FILES_YET : words.CODE_WITH_BLANKS;
  }
  return `see "aparte ${command.parent === null ? '' : `${command.name()} `}--help"`;
}

const COMMANDS: readonly string[] = ['chat', 'send', 'receive', 'signal', 'id', 'peers', 'doctor', 'help'];
/** Letters that may be wrong in a long word; in a short one, half of them. */
const MAX_SLIPS = 2;
/** Number of first letters that tell the commands apart. */
const STEM = 3;

/** The command that a word probably means; null if it is a command, may be a code, or is near to no command. */
export function meantCommand(word: string): string | null {
  const typed = word.toLowerCase();
  if (!/^[a-z]+$/.test(typed) || COMMANDS.includes(word)) return null;
  const slips = Math.min(MAX_SLIPS, Math.floor(typed.length / 2));
  const isNear = (name: string) =>
    distance(name, typed) <= slips || (typed.length >= STEM && typed.startsWith(name.slice(0, STEM)));
  return COMMANDS.find(isNear) ?? null;
}
