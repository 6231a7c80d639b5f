/** The options that commands share: how each is named, read and checked. */
import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { type IceServer, isStunUrl, parseTurnServer, type RelayPolicy } from '../../shared/ice-servers.ts';
import { MAX_NAME, TICKET_LIFE } from '../../shared/limits.ts';
import { DEFAULT_SERVER } from '../ways-to-meet/node/default-server.ts';

/** Servers that may be named. Each one more sees when the user meets somebody, and is one more connection. */
const MAX_SERVERS = 4;
/** The longest `--timeout`, in seconds: longer timers end at once (Node limits them to 2^31 ms). */
const MAX_TIMEOUT = 1_000_000;

/** `--data`: the data folder. */
export function dataOption(): Option {
  return new Option('--data <folder>', 'where your identity and the people you know are kept')
    .env('APARTE_HOME')
    .argParser((folder) => {
      if (folder === '') throw new InvalidArgumentError('A folder needs a name.');
      return folder;
    });
}

/** `--name`: the name shown to the remote peer. */
export function nameOption(): Option {
  return new Option('--name <name>', 'the name shown to the other side (default: your login name)')
    .env('APARTE_NAME')
    .argParser(readName);
}

function readName(text: string): string {
  const name = text.trim();
  if (name === '') throw new InvalidArgumentError('A name needs at least one character.');
  if (utf8(name).length > MAX_NAME) throw new InvalidArgumentError(`A name has at most ${MAX_NAME} bytes.`);
  return name;
}

/** The name to show if the user gives none. */
export function defaultName(): string {
  try {
    return readName(userInfo().username);
  } catch {
    return 'somebody';
  }
}

/** `--timeout`, in ms. `what`: what is waited for. */
export function timeoutOption(what: string, initially: string): Option {
  return new Option('--timeout <seconds>', `give up waiting for ${what} (default: ${initially})`).argParser((text) =>
    readSeconds(text, MAX_TIMEOUT, `${MAX_TIMEOUT} seconds`),
  );
}

/** `--reconnect`, in ms. */
export function reconnectOption(initially: string): Option {
  const about = `how long to try to come back after the connection is lost, at most 24 hours (default: ${initially})`;
  return new Option('--reconnect <seconds>', about).argParser((text) =>
    readSeconds(text, TICKET_LIFE / 1_000, '24 hours (86400)'),
  );
}

function readSeconds(text: string, max: number, maxInWords: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0) throw new InvalidArgumentError('Not a number of seconds.');
  if (seconds > max) throw new InvalidArgumentError(`${maxInWords} at most.`);
  return seconds * 1_000;
}

/** `--server`: the origins of rendezvous servers, each once. */
export function serverOption(): Option {
  const about = `rendezvous server, or up to ${MAX_SERVERS} of them: people meet who share one (default: ${DEFAULT_SERVER}, started if none runs there)`;
  return new Option('--server <url,...>', about).env('APARTE_SERVER').argParser((text): readonly string[] => {
    const urls = [...new Set(text.split(',').map((each) => readServer(each.trim())))];
    if (urls.length > MAX_SERVERS) throw new InvalidArgumentError(`${MAX_SERVERS} servers at most.`);
    return urls;
  });
}

function readServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isBare = url !== null && /^https?:$/.test(url.protocol) && url.host !== '' && url.pathname === '/';
  if (!isBare || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('A server address looks like https://HOST[:PORT].');
  }
  return url.origin;
}

/** STUN and TURN servers of the user, and whether relays may be used. */
export interface IceFlags {
  readonly iceServers: readonly IceServer[];
  readonly relay: RelayPolicy;
}

/** The values of the options that {@link addIceOptions} adds. */
export interface ParsedIce {
  readonly stun?: readonly IceServer[];
  readonly turn?: readonly IceServer[];
  readonly relay?: RelayPolicy;
}

/** Adds `--stun`, `--turn` and `--relay` to a command. Reading them throws `usage`. */
export function addIceOptions(command: Command): Command {
  const stun = iceServerReader('--stun or APARTE_STUN', 'stun:HOST[:PORT]', (word) =>
    isStunUrl(word) ? { urls: [word] } : null,
  );
  const turnForm = 'turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]';
  const turn = iceServerReader('--turn or APARTE_TURN', turnForm, parseTurnServer);
  return command
    .addOption(
      new Option('--stun <url>', 'STUN server, stun:HOST[:PORT], in place of those the server offers; repeatable')
        .env('APARTE_STUN')
        .argParser(stun),
    )
    .addOption(
      new Option('--turn <url>', 'relay, turn:USER:PASSWORD@HOST[:PORT]; repeatable; safer in APARTE_TURN')
        .env('APARTE_TURN')
        .argParser(turn),
    )
    .addOption(
      new Option('--relay <never|allow|only>', 'whether a relay may carry the encrypted data (default: never)')
        .env('APARTE_RELAY')
        .choices(['never', 'allow', 'only']),
    );
}

/** Reads the servers in a text, and adds them to those before. A wrong word is not quoted: it may hold a password. */
function iceServerReader(options: string, form: string, read: (word: string) => IceServer | null) {
  return (text: string, before: readonly IceServer[] | undefined): readonly IceServer[] => {
    const added = text.split(/\s+/).filter((word) => word !== '');
    return [
      ...(before ?? []),
      ...added.map((word) => {
        const server = read(word);
        if (server === null) throw new AparteError('usage', { key: 'ice-server-form', options, form });
        return server;
      }),
    ];
  };
}

/** What the options say. */
export function iceFlags({ stun = [], turn = [], relay = 'never' }: ParsedIce): IceFlags {
  return { iceServers: [...stun, ...turn], relay };
}

function namesRelay({ iceServers }: IceFlags): boolean {
  return iceServers.some(({ credential }) => credential !== undefined);
}

/** Whether the user has named a TURN server that the options do not allow to be used. */
export function isTurnIdle(flags: IceFlags): boolean {
  return flags.relay === 'never' && namesRelay(flags);
}

/** Whether the doctor may try TURN servers: the user's own, or with `--relay` those that a server offers. */
export function mayTryRelays(flags: IceFlags): boolean {
  return flags.relay !== 'never' || namesRelay(flags);
}

/** Ways to meet without a server that runs already. */
export interface MeetingFlags {
  /** On the local network. */
  readonly lan: boolean;
  /** By two texts to copy and paste. */
  readonly manual: boolean;
  /** With `manual`: also under a code that both sides agreed on aloud. */
  readonly withCode: boolean;
  /** Address at which the program runs a server for others; null: it runs none for others. */
  readonly host: string | null;
}

/** The values of the options that {@link addMeetingOptions} adds. */
export interface ParsedMeeting {
  readonly lan?: boolean;
  readonly manual?: boolean;
  readonly code?: boolean;
  readonly host?: string;
}

/** Adds `--lan`, `--manual`, `--code` and `--host` to a command. */
export function addMeetingOptions(command: Command): Command {
  return command
    .option('--lan', 'meet on the local network, without a server')
    .option('--manual', 'meet without a server, by two texts to copy and paste; CODE is then the invite you were sent')
    .option('--code', 'with --manual: also agree on a code aloud (you are asked for it, or set APARTE_CODE)')
    .option('--host <address>', 'run a server for others inside this program, at this address', (text: string) => {
      if (isIP(text) !== 0) return text;
      throw new InvalidArgumentError('An IP address of this machine, or 0.0.0.0 or :: for all.');
    });
}

/** What the options say. Throws `usage` if they contradict each other. A server in the environment gives way to them. */
export function meetingFlags(parsed: ParsedMeeting, command: Command): MeetingFlags {
  const { lan = false, manual = false, code: withCode = false, host } = parsed;
  const namesServer = command.getOptionValueSource('server') === 'cli';
  if (lan && namesServer) throw new AparteError('usage', { key: 'lan-with-server' });
  if (lan && host !== undefined) throw new AparteError('usage', { key: 'lan-with-host' });
  if (host !== undefined && namesServer) throw new AparteError('usage', { key: 'host-with-server' });
  if (manual && (lan || host !== undefined || namesServer)) {
    throw new AparteError('usage', { key: 'manual-with-other-way' });
  }
  if (withCode && !manual) throw new AparteError('usage', { key: 'code-without-manual' });
  return { lan, manual, withCode, host: host ?? null };
}
