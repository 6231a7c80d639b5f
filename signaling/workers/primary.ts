/** The primary process of a server with several workers: starts them, keeps what they share, and replaces dead ones. */
import type { Worker } from 'node:cluster';
import cluster from 'node:cluster';
import { AparteError } from '../../shared/errors.ts';
import { readCertificate } from '../http-server.ts';
import type { ServerObserver } from '../observer.ts';
import { NO_OBSERVER } from '../observer.ts';
import type { ServerOptions, SignalingServer } from '../server.ts';
import type { StunServer } from '../stun-server.ts';
import { startStunServer } from '../stun-server.ts';
import type { FromWorker, Report, ToWorker } from './messages.ts';
import { SharedState } from './shared-state.ts';

/** Pauses before a dead worker is replaced, in ms. Each is twice the one before, until no worker has died for CALM. */
const [FIRST_PAUSE, LONGEST_PAUSE, CALM] = [100, 30_000, 60_000];
/** How long after its deadline a worker that should have ended is killed, in ms. */
const END_TIMEOUT = 5_000;

/** What is reported about workers. */
export interface WorkerEvents {
  /** A worker died by this signal or exit code, and is replaced after `pause` ms. */
  died(how: string, pause: number): void;
  /** A replacement could not start. The next attempt is after `pause` ms. */
  failed(error: AparteError, pause: number): void;
}

/**
 * Starts processes that serve as one server. They run this program with the same arguments and recognise that they are
 * workers (`worker.ts`). Throws what `startServer` throws.
 */
export async function startWorkers(
  count: number,
  options: ServerOptions,
  events: WorkerEvents,
): Promise<SignalingServer> {
  if (options.tls !== undefined) readCertificate(options.tls);
  const stun = options.stun === undefined ? null : await startStunServer(options.stun.host, options.stun.port);
  const primary = new Primary(options, stun, events);
  try {
    const { url, port } = await primary.start(count);
    return {
      url,
      port,
      stunPort: stun?.port ?? null,
      stats: () => primary.stats(),
      sockets: async () => primary.sum('sockets'),
      reload: () => primary.reload(),
      close: (patience = 0) => primary.close(patience),
    };
  } catch (error) {
    await primary.close(0);
    throw error;
  }
}

class Primary {
  readonly #options: ServerOptions;
  readonly #observer: ServerObserver;
  readonly #stun: StunServer | null;
  readonly #events: WorkerEvents;
  readonly #state: SharedState;
  readonly #sweeper: NodeJS.Timeout;
  /** The last report of each worker, by its id. */
  readonly #reports = new Map<number, Report>();
  /** When a worker last died, and the pause after that. */
  #death = { at: Number.NEGATIVE_INFINITY, pause: 0 };
  /** Why workers could not listen, by their ids, until they have ended. */
  readonly #failures = new Map<number, AparteError>();
  /** What Redis holds, by the last report. */
  #inRedis = { rooms: 0, members: 0 };
  /** Where the server listens. Port 0: no worker has listened yet. */
  #bound = { url: '', port: 0 };
  /** The port that workers ask for. Living workers share one port under the number they asked for, even 0. */
  #port: number;
  /** The ids of the workers that listen. */
  readonly #listening = new Set<number>();
  #isClosing = false;
  /** Is called, while the first workers start, when one listens (null) or cannot. */
  #started: ((error: Error | null) => void) | null = null;
  /** Is called when the last worker has ended. */
  #onEmpty = () => {};

  constructor(options: ServerOptions, stun: StunServer | null, events: WorkerEvents) {
    this.#options = options;
    this.#port = options.port;
    this.#observer = options.observer ?? NO_OBSERVER;
    this.#stun = stun;
    this.#events = events;
    this.#state = new SharedState(options.limits, (id, orders) => {
      const worker = cluster.workers?.[id];
      if (worker !== undefined) send(worker, { kind: 'orders', orders });
    });
    cluster.setupPrimary({ serialization: 'advanced' });
    cluster.on('message', (worker, message: FromWorker) => this.#received(worker, message));
    cluster.on('exit', (worker, code, signal) => this.#exited(worker, signal ?? `exit code ${code}`));
    this.#sweeper = setInterval(() => this.#state.sweep(performance.now()), options.limits.sweepEvery);
  }

  /** Resolves when all workers listen. Throws what the first one throws that cannot. */
  async start(count: number): Promise<{ url: string; port: number }> {
    // One after the other: the first finds out whether the server can start at all.
    for (let each = 0; each < count; each += 1) {
      const error = await new Promise<Error | null>((resolve) => {
        this.#started = resolve;
        cluster.fork();
      });
      if (error !== null) throw error;
    }
    this.#started = null;
    return this.#bound;
  }

  stats(): { connections: number; rooms: number; members: number } {
    const rooms = this.#options.redis === undefined ? this.#state.stats : this.#inRedis;
    return { connections: this.sum('connections'), ...rooms };
  }

  /** The sum over all workers, by their last reports. */
  sum(what: 'connections' | 'sockets'): number {
    return Array.from(this.#reports.values()).reduce((sum, report) => sum + report[what], 0);
  }

  reload(): void {
    if (this.#options.tls === undefined) return;
    readCertificate(this.#options.tls);
    for (const worker of workers()) send(worker, { kind: 'reload' });
  }

  async close(patience: number): Promise<void> {
    this.#isClosing = true;
    for (const worker of workers()) send(worker, { kind: 'close', patience });
    const timeout = setTimeout(() => {
      for (const worker of workers()) worker.process.kill('SIGKILL');
    }, patience + END_TIMEOUT);
    await new Promise<void>((resolve) => {
      const before = this.#onEmpty;
      this.#onEmpty = () => {
        before();
        resolve();
      };
      if (workers().length === 0) this.#onEmpty();
    });
    clearTimeout(timeout);
    clearInterval(this.#sweeper);
    await this.#stun?.close();
  }

  #received(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'ask': {
        const { id, question } = message;
        const setup = { port: this.#port, stunPort: this.#stun?.port ?? null };
        const answer = question.on === 'setup' ? setup : this.#state.answer(worker.id, question, performance.now());
        send(worker, { kind: 'answer', id, answer });
        break;
      }
      case 'listening':
        this.#listening.add(worker.id);
        this.#bound = { url: message.url, port: message.port };
        this.#started?.(null);
        break;
      case 'failed':
        this.#failed(worker, new AparteError(message.code, message.detail));
        break;
      case 'report':
        this.#reports.set(worker.id, message.report);
        this.#inRedis = { rooms: message.report.rooms, members: message.report.members };
        this.#observe(message.report);
        send(worker, { kind: 'stats', stats: this.#state.stats });
        break;
      case 'away':
        this.#options.away?.(message.cause);
        break;
      case 'proxies':
        this.#options.proxyMismatch?.(message.mismatch);
        break;
      default:
        message satisfies never;
    }
  }

  #observe({ refused, paired, frames }: Report): void {
    for (const [cause, count] of refused) for (let each = 0; each < count; each += 1) this.#observer.refused(cause);
    for (let each = 0; each < paired; each += 1) this.#observer.paired();
    for (const bytes of frames) this.#observer.forwarded(bytes);
  }

  /** A worker cannot listen and ends. At the start that ends the server; later the worker is replaced. */
  #failed(worker: Worker, error: AparteError): void {
    if (this.#started === null) this.#failures.set(worker.id, error);
    else this.#started(error);
  }

  #exited(worker: Worker, how: string): void {
    const now = performance.now();
    const failure = this.#failures.get(worker.id);
    this.#failures.delete(worker.id);
    this.#reports.delete(worker.id);
    this.#listening.delete(worker.id);
    this.#state.lost(worker.id, now);
    if (workers().length === 0) this.#onEmpty();
    if (this.#isClosing) return;
    if (this.#bound.port === 0) {
      this.#started?.(new Error(`a worker ended: ${how}`));
      return;
    }
    // The port is released with the last worker. The next one takes the same.
    if (this.#listening.size === 0) this.#port = this.#bound.port;
    const last = now - this.#death.at > CALM ? FIRST_PAUSE / 2 : this.#death.pause;
    const pause = Math.min(LONGEST_PAUSE, last * 2);
    this.#death = { at: now, pause };
    if (failure === undefined) this.#events.died(how, pause);
    else this.#events.failed(failure, pause);
    setTimeout(() => {
      if (!this.#isClosing) cluster.fork();
    }, pause);
  }
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

/** Sends a message. A worker that has just died does not get it. */
function send(worker: Worker, message: ToWorker): void {
  worker.send(message, undefined, undefined, () => undefined);
}
