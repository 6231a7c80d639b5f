/** The `aparte signal` command: flags, environment, one line of output. */
import { Command, CommanderError, Option } from 'commander';
import { AparteError, EXIT } from '../shared/errors.ts';
import { DEFAULT_PORT } from '../shared/limits.ts';
import type { Limits } from './limits.ts';
import { LIMITS } from './limits.ts';
import { startServer } from './server.ts';

/** What the command needs of the process it runs in. */
export interface SignalIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Calls `stop` when the process is asked to end, by SIGTERM or SIGINT. */
  onStop(stop: () => void): void;
}

/** The environment, by name. */
type Environment = Readonly<Record<string, string | undefined>>;

const HELP = `
The server introduces programs that give it the same nameplate and forwards what they send each other, sealed, until
they are connected directly. It holds no keys, keeps nothing on disk and logs nothing about anyone.

Examples:
  aparte signal                          for programs on this machine
  aparte signal --host 0.0.0.0           for everyone who can reach this machine: put HTTPS in front
  aparte signal --port 0 --limits off    any free port, addresses not limited: for tests and benches

Others then chat with: aparte chat --server http://HOST:PORT
`;

/**
 * Runs the server until it is asked to stop. `argv` is what follows `signal`. Returns the exit code: 0 after a stop,
 * 2 for wrong usage, 4 where it cannot listen.
 */
export async function runSignal(argv: readonly string[], env: Environment, io: SignalIo): Promise<number> {
  try {
    const options = parse(argv, env, io);
    const server = await startServer(options);
    const stopped = new Promise<void>((resolve) => io.onStop(resolve));
    if (!isLoopback(options.host)) {
      io.stderr.write(
        'aparte: warning: plain HTTP beyond this machine shows nameplates and addresses to the network\n' +
          'aparte: put a proxy that speaks HTTPS in front of it\n',
      );
    }
    io.stdout.write(`listening on ${server.url}\n`);
    await stopped;
    await server.close();
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof AparteError)) throw error;
    io.stderr.write(`aparte: ${error.message}\naparte: ${error.hint}\n`);
    return error.exit;
  }
}

function parse(
  argv: readonly string[],
  env: Environment,
  io: SignalIo,
): { port: number; host: string; limits: Limits } {
  const command = new Command('aparte signal')
    .description('Runs the rendezvous server, where programs with the same code find each other.')
    .addOption(
      new Option('--port <number>', 'TCP port, 0 for any free one (APARTE_PORT)').default(
        env['APARTE_PORT'] || String(DEFAULT_PORT),
      ),
    )
    .addOption(
      new Option('--host <address>', 'address to listen on (APARTE_HOST)').default(env['APARTE_HOST'] || '127.0.0.1'),
    )
    .addOption(
      new Option('--limits <on|off>', 'off: no limits per address, for private networks (APARTE_LIMITS)').default(
        env['APARTE_LIMITS'] || 'on',
      ),
    )
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) =>
        write(`aparte: ${text.replace(/^error: /, '')}aparte: see "aparte signal --help"\n`),
    })
    .parse([...argv], { from: 'user' });
  const { port, host, limits } = command.opts<{ port: string; host: string; limits: string }>();
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    command.error('error: the port must be a number from 0 to 65535');
  if (!/^[a-z0-9:][a-z0-9.:-]*$/i.test(host)) command.error('error: the host must be a name or an address');
  if (limits !== 'on' && limits !== 'off') command.error('error: limits must be "on" or "off"');
  return { port: Number(port), host, limits: limits === 'off' ? { ...LIMITS, perAddress: null } : LIMITS };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
