/** The flags by which a user says how two programs may reach each other: `--stun`, `--turn`, `--relay`. */
import { type Command, Option } from 'commander';
import { AparteError } from '../../shared/errors.ts';
import { type IceServer, isStunUrl, parseTurnServer, type RelayPolicy } from '../../shared/ice-servers.ts';

/** STUN and TURN servers of the user's own, in place of those a rendezvous offers, and what he says of relays. */
export interface IceFlags {
  readonly iceServers: readonly IceServer[];
  readonly relay: RelayPolicy;
}

/** As commander keeps the flags that {@link addIceOptions} adds. */
export interface ParsedIce {
  readonly stun?: readonly IceServer[];
  readonly turn?: readonly IceServer[];
  readonly relay?: RelayPolicy;
}

/** Adds what each of the words in `text` names. The words are not shown where they are wrong: they may hold passwords. */
function adding(read: (word: string) => IceServer | null, options: string, form: string) {
  return (text: string, before: readonly IceServer[] | undefined): readonly IceServer[] => {
    const servers = text
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(read);
    return [
      ...(before ?? []),
      ...servers.map((server) => server ?? raise(new AparteError('usage', { key: 'ice-server-form', options, form }))),
    ];
  };
}

function raise(error: AparteError): never {
  throw error;
}

const readStun = (word: string) => (isStunUrl(word) ? { urls: [word] } : null);

/** Adds the flags to a command. Reading them throws `usage`. */
export function addIceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--stun <url>', 'stun:HOST[:PORT], repeatable, instead of what the server offers')
        .env('APARTE_STUN')
        .argParser(adding(readStun, '--stun, APARTE_STUN', 'stun:HOST[:PORT]')),
    )
    .addOption(
      new Option('--turn <url>', 'turn:USER:PASSWORD@HOST[:PORT], repeatable; better in the environment')
        .env('APARTE_TURN')
        .argParser(
          adding(parseTurnServer, '--turn, APARTE_TURN', 'turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]'),
        ),
    )
    .addOption(
      new Option('--relay <never|allow|only>', 'may a TURN relay carry the sealed traffic (default: never)')
        .env('APARTE_RELAY')
        .choices(['never', 'allow', 'only']),
    );
}

/** What the flags say. */
export function iceFlags({ stun = [], turn = [], relay = 'never' }: ParsedIce): IceFlags {
  return { iceServers: [...stun, ...turn], relay };
}

/** Whether the user has named a TURN server. */
function namesRelay({ iceServers }: IceFlags): boolean {
  return iceServers.some(({ credential }) => credential !== undefined);
}

/** Whether the user has named a TURN server that the flags do not allow to be used. */
export function isTurnIdle(flags: IceFlags): boolean {
  return flags.relay === 'never' && namesRelay(flags);
}

/** Whether the doctor may try TURN servers: the user's own, or with `--relay` those that a server offers. */
export function mayTryRelays(flags: IceFlags): boolean {
  return flags.relay !== 'never' || namesRelay(flags);
}
