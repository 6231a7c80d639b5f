/** The `aparte signal` command: flags, environment, one line of output. */
import cluster from 'node:cluster';
import { CommanderError } from 'commander';
import { AparteError, EXIT } from '../shared/errors.ts';
import type { SignalOptions } from './flags.ts';
import { parseServerFlags } from './flags.ts';
import { framesOf, Log, RefusalTally } from './log.ts';
import type { Metrics } from './metrics.ts';
import { alsoRefused } from './observer.ts';
import { isLoopback } from './request-origin.ts';
import type { ServerOptions, SignalingServer } from './server.ts';
import { startServer } from './server.ts';

/** How often refusals are written into the log, in ms. */
const LOG_EVERY = 60_000;

interface Described {
  readonly message: string;
  readonly hint: string;
}

/** What the command needs of the process it runs in. */
export interface SignalIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Puts a failure into words for people: what happened, and what to do. */
  describe(error: AparteError): Described;
  /** Calls `stop` each time the process is asked to end: by SIGTERM, or by SIGINT, which cannot wait. */
  onStop(stop: (isUrgent: boolean) => void): void;
  /** Calls `reload` each time the process is asked to read its files again, by SIGHUP. */
  onReload(reload: () => void): void;
  /** Calls `report` with what was thrown and nobody caught; the process ends then. */
  onBug(report: (thrown: unknown) => void): void;
}

/**
 * Runs the server until it is asked to stop. `argv` is what follows `signal`. Returns the exit code: 0 after a stop,
 * 1 for a bug, 2 for wrong usage or a certificate that cannot be used, 4 where it cannot listen.
 */
export async function runSignal(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: SignalIo,
): Promise<number> {
  let metrics: Metrics | null = null;
  let log = new Log(null, (text) => io.stderr.write(text));
  io.onBug((thrown) => reportBug(log, thrown, env, io));
  try {
    const options = parseServerFlags(argv, env, io);
    log = new Log(options.log, (text) => io.stderr.write(text));
    if (cluster.worker !== undefined && options.workers !== null) {
      // Only the primary process is asked to end, and tells us.
      io.onStop(() => {});
      io.onReload(() => {});
      await (await import('./workers/worker.ts')).serveAsWorker(cluster.worker, options);
      return EXIT.ok;
    }
    if (options.metrics !== undefined) metrics = await (await import('./metrics.ts')).startMetrics(options.metrics);
    const refusals = new RefusalTally();
    const observer = alsoRefused(metrics?.observer ?? null, (cause) => refusals.add(cause));
    const settings = { ...options, observer, away: (cause: string | null) => sayAway(log, cause) };
    const starting = start(settings, options.workers, log, io);
    // Also without a certificate, and while it starts: a process that does not listen to SIGHUP is ended by it.
    io.onReload(
      () =>
        void starting.then(
          (server) => reload(server, log, io),
          () => {},
        ),
    );
    const server = await starting;
    metrics?.watch(async () => ({ ...server.stats(), sockets: await server.sockets() }));
    const closed = new Promise<void>((resolve) => {
      let asked = 0;
      io.onStop((isUrgent) => {
        asked += 1;
        const patience = isUrgent || asked > 1 ? 0 : options.drain;
        log.note('info', 'drain', { patience, ...server.stats() });
        resolve(server.close(patience));
      });
    });
    warn(log, options, argv);
    if (metrics !== null) log.say('info', 'metrics', `metrics at ${metrics.url}`, null);
    log.note('info', 'start', { port: server.port, stunPort: server.stunPort, tls: options.tls !== undefined });
    io.stdout.write(`listening on ${server.url}\n`);
    const record = () => {
      const causes = refusals.take();
      if (causes !== null) log.note('info', 'refused', { causes });
      log.note('debug', 'census', server.stats());
    };
    const recorder = setInterval(record, LOG_EVERY).unref();
    await closed;
    clearInterval(recorder);
    record();
    log.note('info', 'stop');
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof AparteError)) {
      reportBug(log, error, env, io);
      return EXIT.bug;
    }
    const { message, hint } = io.describe(error);
    log.say('error', error.code, message, hint);
    return error.exit;
  } finally {
    await metrics?.close();
  }
}

/** Says what is unwise in how the server was started. */
function warn(log: Log, { host, tls, proxies }: SignalOptions, argv: readonly string[]): void {
  if (!isLoopback(host) && tls === undefined && proxies === 0) {
    log.say(
      'warn',
      'plain-http',
      'plain HTTP beyond this machine shows nameplates and addresses to the network',
      'use --tls-cert and --tls-key, or a proxy that speaks HTTPS and --trust-proxy',
    );
  }
  if (argv.some((arg) => arg.startsWith('--turn-secret'))) {
    log.say(
      'warn',
      'visible-secret',
      'other users of this machine can see --turn-secret',
      'put it into the environment instead, as APARTE_TURN_SECRET',
    );
  }
  if (argv.some((arg) => /^(?:--redis=)?rediss?:.*@/.test(arg))) {
    log.say(
      'warn',
      'visible-secret',
      'other users of this machine can see the password in --redis',
      'put it into the environment instead, as APARTE_REDIS',
    );
  }
}

/** Starts the server, in this process or in several. */
async function start(
  settings: ServerOptions,
  workers: number | null,
  log: Log,
  io: SignalIo,
): Promise<SignalingServer> {
  if (workers === null) return await startServer(settings);
  const { startWorkers } = await import('./workers/primary.ts');
  return await startWorkers(workers, settings, {
    died: (how, pause) => {
      log.say('warn', 'worker-died', `a worker process ended (${how}) and is replaced`, null, { pause });
    },
    failed: (error, pause) => {
      const { message, hint } = io.describe(error);
      log.say('error', error.code, `${message} A worker process is missing until one can start.`, hint, { pause });
    },
  });
}

function sayAway(log: Log, cause: string | null): void {
  if (cause === null) log.note('info', 'redis-back');
  else log.say('warn', 'redis-away', `Redis cannot be reached (${cause}): programs are told to come back later`, null);
}

/** Takes up a new certificate, or says why it goes on with the old one. */
function reload(server: SignalingServer, log: Log, io: SignalIo): void {
  try {
    server.reload();
    log.note('info', 'reload');
  } catch (error) {
    if (!(error instanceof AparteError)) throw error;
    const { message, hint } = io.describe(error);
    log.say('error', error.code, `${message} The certificate in use stays.`, hint);
  }
}

function reportBug(log: Log, thrown: unknown, env: Readonly<Record<string, string | undefined>>, io: SignalIo): void {
  const { message, hint } = io.describe(new AparteError('bug'));
  log.say('error', 'bug', message, hint, { frames: framesOf(thrown) });
  if (env['APARTE_DEBUG'] === '1') log.say('error', 'stack', thrown instanceof Error ? `${thrown.stack}` : '', null);
}
