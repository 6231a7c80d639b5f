/** The `aparte signal` command: flags, environment, one line of output. */
import { CommanderError } from 'commander';
import { AparteError, EXIT } from '../shared/errors.ts';
import { isLoopback } from './door.ts';
import { parseServerFlags } from './flags.ts';
import type { Metrics } from './metrics.ts';
import type { SignalingServer } from './server.ts';
import { startServer } from './server.ts';

/** What the command needs of the process it runs in. */
export interface SignalIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Calls `stop` each time the process is asked to end: by SIGTERM, or by SIGINT, which cannot wait. */
  onStop(stop: (isUrgent: boolean) => void): void;
  /** Calls `reload` each time the process is asked to read its files again, by SIGHUP. */
  onReload(reload: () => void): void;
}

/**
 * Runs the server until it is asked to stop. `argv` is what follows `signal`. Returns the exit code: 0 after a stop,
 * 2 for wrong usage or a certificate that cannot be used, 4 where it cannot listen.
 */
export async function runSignal(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: SignalIo,
): Promise<number> {
  let metrics: Metrics | null = null;
  try {
    const options = parseServerFlags(argv, env, io);
    if (options.metrics !== undefined) metrics = await (await import('./metrics.ts')).startMetrics(options.metrics);
    const server = await startServer({ ...options, ...(metrics !== null && { observer: metrics.observer }) });
    metrics?.watch(async () => ({ ...server.stats(), sockets: await server.sockets() }));
    const closed = new Promise<void>((resolve) => {
      let asked = 0;
      io.onStop((isUrgent) => {
        asked += 1;
        resolve(server.close(isUrgent || asked > 1 ? 0 : options.drain));
      });
    });
    if (options.tls !== undefined) io.onReload(() => reload(server, io));
    if (!isLoopback(options.host) && options.tls === undefined && options.proxies === 0) {
      io.stderr.write(
        'aparte: warning: plain HTTP beyond this machine shows nameplates and addresses to the network\n' +
          'aparte: use --tls-cert and --tls-key, or a proxy that speaks HTTPS and --trust-proxy\n',
      );
    }
    if (argv.some((arg) => arg.startsWith('--turn-secret'))) {
      io.stderr.write(
        'aparte: warning: other users of this machine can see --turn-secret\n' +
          'aparte: put it into the environment instead, as APARTE_TURN_SECRET\n',
      );
    }
    if (metrics !== null) io.stderr.write(`aparte: metrics at ${metrics.url}\n`);
    io.stdout.write(`listening on ${server.url}\n`);
    await closed;
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof AparteError)) throw error;
    explain(error, io);
    return error.exit;
  } finally {
    await metrics?.close();
  }
}

/** Takes up a new certificate, or says why it goes on with the old one. */
function reload(server: SignalingServer, io: SignalIo): void {
  try {
    server.reload();
  } catch (error) {
    if (!(error instanceof AparteError)) throw error;
    explain(error, io);
    io.stderr.write('aparte: the certificate in use stays\n');
  }
}

function explain({ message, hint }: AparteError, { stderr }: SignalIo): void {
  stderr.write(`aparte: ${message}\naparte: ${hint}\n`);
}
