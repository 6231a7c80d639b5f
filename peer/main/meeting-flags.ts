/** The flags that say how the two find each other, besides `--server`. */
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { AparteError } from '../../shared/errors.ts';

/** Other ways to meet than a server that runs already. */
export interface MeetingFlags {
  /** On the local network, with no server. */
  readonly lan: boolean;
  /** By hand: with texts to copy and paste. */
  readonly manual: boolean;
  /** With that, under a code that both agreed on aloud as well. */
  readonly withCode: boolean;
  /** The address on which the server inside listens; null: on loopback, and only where none runs. */
  readonly host: string | null;
}

/** As commander keeps the flags that {@link addMeetingOptions} adds. */
export interface ParsedMeeting {
  readonly lan?: boolean;
  readonly manual?: boolean;
  readonly code?: boolean;
  readonly host?: string;
}

function ipAddress(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('An IP address of this machine, or 0.0.0.0 or :: for all.');
  return text;
}

/** Adds the flags to a command. */
export function addMeetingOptions(command: Command): Command {
  return command
    .option('--lan', 'find each other on the local network, with no server')
    .option('--manual', 'pair with no server, by two texts to copy and paste; CODE is then the invite you were given')
    .option('--code', 'with --manual: under a code you agreed on aloud, too (asked for, or APARTE_CODE)')
    .option(
      '--host <address>',
      'run the server inside on this address, for others (default: loopback only)',
      ipAddress,
    );
}

/** What the flags say. Throws `usage` where they contradict each other; a server named by the environment gives way. */
export function meetingFlags(parsed: ParsedMeeting, command: Command): MeetingFlags {
  const { lan = false, manual = false, code: withCode = false, host } = parsed;
  const namesServer = command.getOptionValueSource('server') === 'cli';
  if (lan && namesServer) {
    throw new AparteError('usage', { key: 'lan-with-server' });
  }
  if (lan && host !== undefined) {
    throw new AparteError('usage', { key: 'lan-with-host' });
  }
  if (host !== undefined && namesServer) {
    throw new AparteError('usage', { key: 'host-with-server' });
  }
  if (manual && (lan || host !== undefined || namesServer)) {
    throw new AparteError('usage', { key: 'manual-with-other-way' });
  }
  if (withCode && !manual) throw new AparteError('usage', { key: 'code-without-manual' });
  return { lan, manual, withCode, host: host ?? null };
}
