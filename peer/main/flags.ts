/** Flags and environment of everything but the server, checked and turned into one plain description of what to do. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_NAME, TICKET_LIFE } from '../../shared/limits.ts';
import { meantCommand } from './command-names.ts';
import type { DoctorTask } from './doctor-command.ts';
import { writeError } from './exit.ts';
import { addIceOptions, type IceFlags, iceFlags, type ParsedIce } from './ice-flags.ts';
import { addMeetingOptions, type MeetingFlags, meetingFlags, type ParsedMeeting } from './meeting-flags.ts';
import { serverOption } from './server-option.ts';

/** What every conversation is told. */
export interface Flags extends IceFlags, MeetingFlags {
  /** What was given as code: a code or an invite, `-` to be asked for it, null for none. */
  readonly code: string | null;
  /** Origins. None: the default, with a server inside where none runs. */
  readonly servers: readonly string[];
  readonly name: string;
  readonly json: boolean;
  readonly plain: boolean;
  readonly color: boolean;
  /** ms to wait for the other side, null for ever. */
  readonly timeout: number | null;
  /** Whether the user named it. */
  readonly isTimeoutGiven: boolean;
  /** ms to try to come back after the path was lost; null: as long as tickets are good, 24 hours. */
  readonly reconnect: number | null;
  readonly data: string | null;
}

/** A conversation the user wants. */
export type ConversationTask =
  | ({ readonly command: 'chat' } & Flags)
  /** `text` null: standard input. */
  | ({ readonly command: 'send'; readonly text: string | null } & Flags)
  | ({ readonly command: 'receive' } & Flags);

/** What the user wants done. */
export type Task =
  | ConversationTask
  | { readonly command: 'id' | 'peers'; readonly data: string | null; readonly json: boolean }
  | DoctorTask;

/** How long (ms) the one-shot commands wait for the other side to come, or come back, unless told otherwise. */
const ONE_SHOT_TIMEOUT = 600_000;

const EXAMPLES = `
Two people, one code:
  aparte                            you: a code is made; tell it to the other
  aparte 7-ocean-violin             the other: joins with the code he was told
With the default server both are on one computer. Between two computers:
  aparte --lan                      on one network, no server (both of you)
  aparte --manual                   anywhere, no server: copy and paste
  aparte --server https://HOST      through a server that both reach
More:
  aparte send --text "the key"      send one text; aparte receive CODE gets it
  journalctl -b | aparte send       send what a program prints
  aparte signal                     run the rendezvous server for others
  aparte chat --help                all options of a chat

A code may also come from the environment (APARTE_CODE), or be asked for:
aparte -   (others on this machine can see what stands on a command line)`;

const DOCTOR = `
Asks each rendezvous server, the STUN servers and your own relays; those a server offers only with --relay allow.
Exit codes: 0 a direct or relayed connection can be expected, 5 none, 4 no server can be reached`;

const EXIT_CODES = `
Exit codes: 0 done, 2 wrong usage, 3 wrong code or an attack, 4 server
unreachable, 5 no direct connection, 6 timed out, 7 the other side left before
all was delivered, 130 interrupted, or nobody reads the output, 1 a bug, or the
data folder cannot be used, or there is no room for the output`;

/** Reads seconds as ms. `most`: what is too long, and how it is said. */
function seconds(most: { ms: number; words: string }): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) throw new InvalidArgumentError('Not a number of seconds.');
    if (value * 1_000 > most.ms) throw new InvalidArgumentError(`${most.words} at most.`);
    return value * 1_000;
  };
}

const timeoutSeconds = seconds({ ms: 1e9, words: '1000000 seconds' });
const reconnectSeconds = seconds({ ms: TICKET_LIFE, words: '24 hours (86400)' });

function nick(text: string): string {
  const name = text.trim();
  if (name === '') throw new InvalidArgumentError('A name needs at least one character.');
  if (utf8(name).length > MAX_NAME) throw new InvalidArgumentError(`A name has at most ${MAX_NAME} bytes.`);
  return name;
}

function dataOption(): Option {
  return new Option('--data <dir>', 'where identity and known peers live').env('APARTE_HOME').argParser((folder) => {
    if (folder === '') throw new InvalidArgumentError('A folder needs a name.');
    return folder;
  });
}

function loginName(): string {
  try {
    return nick(userInfo().username);
  } catch {
    return 'somebody';
  }
}

function conversation(name: string, about: string, code: string): Command {
  const patience = name === 'chat' ? { timeout: 'never', reconnect: '24 hours' } : { timeout: '600', reconnect: '600' };
  const awaits = name === 'receive' ? '; if named, also for its first text' : '';
  const command = new Command(name)
    .description(about)
    .argument('[code]', code)
    .addOption(serverOption())
    .addOption(
      new Option('--name <nick>', 'the name shown to the other side (default: login name)')
        .env('APARTE_NAME')
        .argParser(nick),
    )
    .addOption(
      new Option(
        '--timeout <seconds>',
        `give up waiting for the other side${awaits} (default: ${patience.timeout})`,
      ).argParser(timeoutSeconds),
    )
    .option('--plain', 'no cursor movement: for screen readers and logs')
    .option('--no-color', 'no colour (NO_COLOR)')
    .addOption(
      new Option(
        '--reconnect <seconds>',
        `how long to try after the path was lost, 24 hours at most (default: ${patience.reconnect})`,
      ).argParser(reconnectSeconds),
    )
    .addOption(dataOption());
  return addIceOptions(addMeetingOptions(command)).addHelpText('after', EXIT_CODES);
}

interface Parsed extends ParsedIce, ParsedMeeting {
  server?: readonly string[];
  name?: string;
  timeout?: number;
  reconnect?: number;
  data?: string;
  json?: boolean;
  plain?: boolean;
  color?: boolean;
  text?: string;
}

/** The environment, by name. */
type Environment = Readonly<Record<string, string | undefined>>;

function flags(code: string | undefined, command: Command, env: Environment, timeout: number | null): Flags {
  const parsed = command.opts<Parsed>();
  // The name of a terminal that can do nothing but print (terminfo), as editors say they are.
  const isDumb = env['TERM'] === 'dumb';
  return {
    code: code ?? (env[parsed.manual === true ? 'APARTE_INVITE' : 'APARTE_CODE'] || null),
    servers: parsed.server ?? [],
    name: parsed.name ?? loginName(),
    json: parsed.json === true,
    plain: parsed.plain === true || isDumb,
    color: parsed.color !== false && !env['NO_COLOR'] && !isDumb,
    timeout: parsed.timeout ?? timeout,
    isTimeoutGiven: parsed.timeout !== undefined,
    reconnect: parsed.reconnect ?? timeout,
    data: parsed.data ?? null,
    ...iceFlags(parsed),
    ...meetingFlags(parsed, command),
  };
}

/**
 * Reads the command line. Throws `usage`, or commander's `CommanderError`, whose `exitCode` is 0 behind `--help`; what
 * is to be read then has been written.
 */
export function parseFlags(args: readonly string[], env: Environment, version: string): Task {
  const meant = meantCommand(args[0] ?? '');
  if (meant !== null) throw new AparteError('usage', { key: 'meant-command', command: meant });
  let task: Task | null = null;
  const chat = conversation('chat', 'opens a chat (the default)', 'the code or invite you were told; none: one is made')
    .option('--json', 'machine mode: events on standard output, commands on standard input, one JSON object a line')
    .action((code: string | undefined, _parsed: Parsed, command: Command) => {
      task = { command: 'chat', ...flags(code, command, env, null) };
    });
  const send = conversation(
    'send',
    'sends a text, or standard input as it comes (UTF-8), and ends once the other side has it',
    'none: one is made and printed',
  )
    .option('--text <text>', 'what to send; without it, standard input')
    .action((code: string | undefined, { text = null }: { text?: string | null }, command: Command) => {
      refuseFile(code);
      task = { command: 'send', text, ...flags(code, command, env, ONE_SHOT_TIMEOUT) };
    });
  const receive = conversation('receive', 'receives a text and prints it', 'the code or invite you were told').action(
    (code: string | undefined, _parsed: Parsed, command: Command) => {
      task = { command: 'receive', ...flags(code, command, env, ONE_SHOT_TIMEOUT) };
    },
  );
  const about = (name: 'id' | 'peers', what: string) =>
    new Command(name)
      .description(what)
      .addOption(dataOption())
      .option('--json', 'as JSON')
      .action((parsed: Parsed) => {
        task = { command: name, data: parsed.data ?? null, json: parsed.json === true };
      });
  const doctor = new Command('doctor').description('says what works from here: server, STUN, NAT, relay');
  doctor
    .addOption(serverOption())
    .option('--json', 'as JSON')
    .action(({ server, json, ...ice }: Parsed) => {
      task = { command: 'doctor', servers: server ?? [], json: json === true, ...iceFlags(ice) };
    });
  const program = new Command('aparte')
    .description('Private conversation between two programs that share a short code: direct and end-to-end encrypted.')
    .version(version, '-V, --version')
    .addCommand(chat, { isDefault: true })
    .addCommand(send)
    .addCommand(receive)
    .addCommand(about('id', "shows this device's identity"))
    .addCommand(about('peers', 'lists the known peers'))
    .addCommand(addIceOptions(doctor).addHelpText('after', DOCTOR))
    .addCommand(new Command('signal').description('runs the rendezvous server: see aparte signal --help'))
    .addHelpText('after', `${EXAMPLES}\n${EXIT_CODES}`);
  for (const command of [program, ...program.commands]) strict(command);
  program.parse([...args], { from: 'user' });
  if (task === null) throw new Error('no command was run');
  return task;
}

/** Throws `usage` if the argument of `send` is a file: it would be taken for a code that nobody else has. */
function refuseFile(argument: string | undefined): void {
  if (argument !== undefined && argument !== '-' && existsSync(argument)) {
    throw new AparteError('usage', { key: 'file-given', path: argument });
  }
}

function strict(command: Command): void {
  command.exitOverride().allowExcessArguments(false).showSuggestionAfterError(true);
  command.configureOutput({
    outputError: (text) => {
      const sentence = text
        .replace(/^error: /, '')
        .trim()
        .replaceAll('\n', ' ');
      writeError(`aparte: ${sentence}\naparte: ${adviceFor(sentence, command)}\n`);
    },
  });
}

function adviceFor(sentence: string, command: Command): string {
  const takesCode = command.registeredArguments.length > 0;
  if (takesCode && sentence.startsWith('too many arguments')) {
    if (command.args.some((argument) => existsSync(argument)))
      return 'aparte cannot send files yet: type aparte send CODE < FILE';
    return 'a code with blanks in it needs quotes, or dashes instead: "7-ocean violin" or 7-ocean-violin';
  }
  return `see "aparte ${command.parent === null ? '' : `${command.name()} `}--help"`;
}
