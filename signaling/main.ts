/** The `aparte signal` command: reads flags and environment, runs the server, and reports what happens. */
import cluster from 'node:cluster';
import { CommanderError } from 'commander';
import { unknownVariables } from '../shared/environment.ts';
import { AparteError, EXIT } from '../shared/errors.ts';
import type { SignalOptions } from './flags.ts';
import { parseServerFlags } from './flags.ts';
import { framesOf, Log, RefusalCounter } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { ServerObserver } from './observer.ts';
import { NO_OBSERVER } from './observer.ts';
import type { ProxyMismatch } from './request-origin.ts';
import { isLoopback } from './request-origin.ts';
import type { ServerOptions, SignalingServer } from './server.ts';
import { startServer } from './server.ts';

/** How often refusals are logged, in ms. */
const LOG_EVERY = 60_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** What the command needs of the process it runs in. */
export interface SignalIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Puts an error into words for people: what happened, and what to do. */
  describe(error: AparteError): { readonly message: string; readonly hint: string };
  /** Calls `stop` for each SIGTERM, and for each SIGINT, which is urgent. */
  onStop(stop: (isUrgent: boolean) => void): void;
  /** Calls `reload` for each SIGHUP. */
  onReload(reload: () => void): void;
  /** Calls `report` with what was thrown and not caught. The process ends then. */
  onBug(report: (thrown: unknown) => void): void;
}

/**
 * Runs the server until it is asked to stop. `argv` is what follows `signal`. Returns the exit code: 0 after a stop,
 * 1 for a bug, 2 for wrong usage or an unusable certificate, 4 if it cannot listen or cannot reach Redis.
 */
export async function runSignal(argv: readonly string[], env: Environment, io: SignalIo): Promise<number> {
  let metrics: Metrics | null = null;
  let reporter = new Reporter(null, env, io);
  io.onBug((thrown) => reporter.bug(thrown));
  try {
    const options = parseServerFlags(argv, env, io);
    reporter = new Reporter(options.log, env, io);
    const { log } = reporter;
    if (cluster.worker !== undefined && options.workers !== null) {
      // The primary process handles the signals and tells the workers.
      io.onStop(() => {});
      io.onReload(() => {});
      await (await import('./workers/worker.ts')).serveAsWorker(cluster.worker, options);
      return EXIT.ok;
    }
    if (options.metrics !== undefined) metrics = await (await import('./metrics.ts')).startMetrics(options.metrics);
    const refusals = new RefusalCounter();
    const mismatches = new Set<ProxyMismatch>();
    const starting = start(reporter, options.workers, {
      ...options,
      observer: alsoCounting(refusals, metrics?.observer ?? NO_OBSERVER),
      away: (cause) => reporter.redisAway(cause),
      proxyMismatch: (mismatch) => {
        if (!mismatches.has(mismatch)) reporter.proxyMismatch(mismatch, options.proxies ?? 0);
        mismatches.add(mismatch);
      },
    });
    // Registered at once, and also without a certificate: a process that does not listen to SIGHUP is ended by it.
    io.onReload(() => void starting.then((server) => reporter.reload(server)).catch(() => {}));
    const server = await starting;
    metrics?.watch(async () => ({ ...server.stats(), sockets: await server.sockets() }));
    const closed = new Promise<void>((resolve) => {
      let stops = 0;
      io.onStop((isUrgent) => {
        stops += 1;
        const patience = isUrgent || stops > 1 ? 0 : options.drain;
        log.event('info', 'drain', { patience, ...server.stats() });
        resolve(server.close(patience));
      });
    });
    reporter.warnings(options, argv);
    if (metrics !== null) log.message('info', 'metrics', `Metrics are at ${metrics.url}`, null);
    log.event('info', 'start', { port: server.port, stunPort: server.stunPort, tls: options.tls !== undefined });
    io.stdout.write(`listening on ${server.url}\n`);
    const record = () => {
      const causes = Object.fromEntries(refusals.take());
      if (Object.keys(causes).length > 0) log.event('info', 'refused', { causes });
      log.event('debug', 'census', server.stats());
    };
    const recorder = setInterval(record, LOG_EVERY).unref();
    await closed;
    clearInterval(recorder);
    record();
    log.event('info', 'stop');
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof AparteError) reporter.error(error);
    else reporter.bug(error);
    return error instanceof AparteError ? error.exit : EXIT.bug;
  } finally {
    await metrics?.close();
  }
}

/** Starts the server, in this process or in several. */
async function start(reporter: Reporter, workers: number | null, options: ServerOptions): Promise<SignalingServer> {
  if (workers === null) return await startServer(options);
  const { startWorkers } = await import('./workers/primary.ts');
  return await startWorkers(workers, options, {
    died: (how, pause) => {
      reporter.log.message('warn', 'worker-died', `A worker process ended (${how}). It is replaced.`, null, { pause });
    },
    failed: (error, pause) => reporter.error(error, 'A worker process is missing until one can start.', { pause }),
  });
}

/** An observer that also counts refusals. */
function alsoCounting(refusals: RefusalCounter, observer: ServerObserver): ServerObserver {
  return {
    ...observer,
    refused: (cause) => {
      refusals.add(cause);
      observer.refused(cause);
    },
  };
}

/** Puts what happens into the log, in words for people. */
class Reporter {
  readonly log: Log;
  readonly #env: Environment;
  readonly #io: SignalIo;

  constructor(level: SignalOptions['log'], env: Environment, io: SignalIo) {
    this.log = new Log(level, (text) => io.stderr.write(text));
    this.#env = env;
    this.#io = io;
  }

  /** Reports an error, and what follows from it for the server. */
  error(error: AparteError, consequence = '', fields = {}): void {
    const { message, hint } = this.#io.describe(error);
    this.log.message('error', error.code, `${message} ${consequence}`.trimEnd(), hint, fields);
  }

  /** Reports a bug. The stack is shown under `APARTE_DEBUG=1` only, because its message may quote a client. */
  bug(thrown: unknown): void {
    this.error(new AparteError('bug'), '', { frames: framesOf(thrown) });
    if (this.#env['APARTE_DEBUG'] !== '1') return;
    this.log.message('error', 'stack', thrown instanceof Error ? `${thrown.stack}` : '', null);
  }

  redisAway(cause: string | null): void {
    if (cause === null) this.log.event('info', 'redis-back');
    else this.#warn('redis-away', `Redis cannot be reached: ${cause}. Programs are told to come back later.`, null);
  }

  proxyMismatch(mismatch: ProxyMismatch, proxies: number): void {
    if (mismatch === 'untrusted')
      this.#warn(
        'untrusted-proxy',
        'A request was refused that came through a proxy, but no proxy is trusted.',
        'Set APARTE_TRUST_PROXY to the number of proxies in front: 1 for one nginx or Caddy.',
      );
    else
      this.#warn(
        'missing-proxy',
        `A request was refused that came through fewer than ${proxies} proxies.`,
        'Set APARTE_TRUST_PROXY to the number of proxies that append to X-Forwarded-For.',
      );
  }

  /** Reads the certificate again, or reports why the old one stays. */
  reload(server: SignalingServer): void {
    try {
      server.reload();
      this.log.event('info', 'reload');
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.error(error, 'The certificate in use stays.');
    }
  }

  /** Warns of what is unwise or mistyped in how the server was started. */
  warnings({ host, tls, proxies }: SignalOptions, argv: readonly string[]): void {
    for (const { name, meant } of unknownVariables(this.#env)) {
      const hint = meant === null ? 'See "aparte signal --help" for the variables.' : `Did you mean ${meant}?`;
      this.#warn('unknown-variable', `No setting has the name ${name}. It is ignored.`, hint);
    }
    if (!isLoopback(host) && tls === undefined && proxies === 0)
      this.#warn(
        'plain-http',
        'Plain HTTP beyond this machine shows nameplates and addresses to the network.',
        'Use --tls-cert and --tls-key, or a proxy that speaks HTTPS and --trust-proxy.',
      );
    if (argv.some((arg) => arg.startsWith('--turn-secret'))) this.#visibleSecret('--turn-secret', 'TURN_SECRET');
    if (argv.some((arg) => /^(?:--redis=)?rediss?:.*@/.test(arg)))
      this.#visibleSecret('the password in --redis', 'REDIS');
  }

  #visibleSecret(what: string, variable: string): void {
    const hint = `Put it into the environment instead, as APARTE_${variable}.`;
    this.#warn('visible-secret', `Other users of this machine can see ${what}.`, hint);
  }

  #warn(event: string, message: string, hint: string | null): void {
    this.log.message('warn', event, message, hint);
  }
}
