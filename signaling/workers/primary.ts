/** One server of several processes: starts them, keeps what they share, and replaces those that die. */
import type { Worker } from 'node:cluster';
import cluster from 'node:cluster';
import { setupPrimary } from '@socket.io/cluster-adapter';
import { AparteError } from '../../shared/errors.ts';
import type { ServerObserver } from '../observer.ts';
import { UNOBSERVED } from '../observer.ts';
import type { ServerOptions, SignalingServer } from '../server.ts';
import type { StunServer } from '../stun-server.ts';
import { startStunServer } from '../stun-server.ts';
import { readCertificate } from '../tls-certificate.ts';
import type { FromWorker, Report, ToWorker } from './messages.ts';
import { isOurs } from './messages.ts';
import { SharedState } from './state.ts';

/** Before a dead worker is replaced, in ms: twice as long as the time before, until none has died for a minute. */
const [FIRST_PAUSE, LONGEST_PAUSE, CALM] = [100, 30_000, 60_000];
/** A worker that was told to end, and by when, is killed so much later, in ms. */
const END_TIMEOUT = 5_000;

/** What is told of workers. */
export interface WorkerEvents {
  /** One ended that should not have, by this signal or with this exit code; it is replaced after `pause` ms. */
  died(how: string, pause: number): void;
  /** One that was to replace another could not start; the next try is after `pause` ms. */
  failed(error: AparteError, pause: number): void;
}

/**
 * Starts so many processes that serve as one. They run this program with its own arguments, and find out that they are
 * workers (see `worker.ts`). Throws as `startServer` does.
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
  /** When a worker died last, and how long its place was left empty. */
  #death = { at: Number.NEGATIVE_INFINITY, pause: 0 };
  /** What kept workers from listening that have not ended yet, by their ids. */
  readonly #failures = new Map<number, AparteError>();
  /** What Redis holds, as of the last report. */
  #inRedis = { rooms: 0, members: 0 };
  #where = { url: '', port: 0 };
  /** Where workers are to listen. Those that live share a port by the number that was asked for, be it 0. */
  #port: number;
  /** The ids of the workers that listen. */
  readonly #listening = new Set<number>();
  #isClosing = false;
  /** Until all have started: called when a worker listens, with null, or cannot. */
  #started: ((error: Error | null) => void) | null = null;
  /** Called when the last worker has ended. */
  #onEmpty = () => {};

  constructor(options: ServerOptions, stun: StunServer | null, events: WorkerEvents) {
    this.#options = options;
    this.#port = options.port;
    this.#observer = options.observer ?? UNOBSERVED;
    this.#stun = stun;
    this.#events = events;
    this.#state = new SharedState(options.limits);
    cluster.setupPrimary({ serialization: 'advanced' });
    if (options.redis === undefined) setupPrimary();
    cluster.on('message', (worker, message: unknown) => {
      if (isOurs(message)) this.#received(worker, message as FromWorker);
    });
    cluster.on('exit', (worker, code, signal) => this.#exited(worker, signal ?? `exit code ${code}`));
    this.#sweeper = setInterval(() => this.#sweep(), options.limits.sweepEvery);
  }

  /** Resolves when all workers listen. Where one cannot, throws what it threw. */
  async start(count: number): Promise<{ url: string; port: number }> {
    // One after the other: the first finds out whether it can be done at all.
    for (let each = 0; each < count; each += 1) {
      const error = await new Promise<Error | null>((resolve) => {
        this.#started = resolve;
        cluster.fork();
      });
      if (error !== null) throw error;
    }
    this.#started = null;
    return this.#where;
  }

  stats(): { connections: number; rooms: number; members: number } {
    const rooms = this.#options.redis === undefined ? this.#state.stats : this.#inRedis;
    return { connections: this.sum('connections'), ...rooms };
  }

  /** Of all workers, as of their last reports. */
  sum(what: 'connections' | 'sockets'): number {
    return Array.from(this.#reports.values()).reduce((sum, report) => sum + report[what], 0);
  }

  reload(): void {
    if (this.#options.tls === undefined) return;
    readCertificate(this.#options.tls);
    for (const worker of workers()) tell(worker, { kind: 'reload' });
  }

  async close(patience: number): Promise<void> {
    this.#isClosing = true;
    for (const worker of workers()) tell(worker, { kind: 'close', patience });
    const impatience = setTimeout(() => {
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
    clearTimeout(impatience);
    clearInterval(this.#sweeper);
    await this.#stun?.close();
  }

  #received(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'ask': {
        const { id, question } = message;
        const setup = { port: this.#port, stunPort: this.#stun?.port ?? null };
        const answer = question.on === 'setup' ? setup : this.#state.answer(worker.id, question, performance.now());
        tell(worker, { kind: 'answer', id, answer });
        break;
      }
      case 'listening':
        this.#listening.add(worker.id);
        this.#where = { url: message.url, port: message.port };
        this.#started?.(null);
        break;
      case 'failed':
        this.#failed(worker, new AparteError(message.code, message.detail));
        break;
      case 'report':
        this.#reports.set(worker.id, message.report);
        this.#inRedis = { rooms: message.report.rooms, members: message.report.members };
        this.#observe(message.report);
        tell(worker, { kind: 'stats', stats: this.#state.stats });
        break;
      case 'away':
        this.#options.away?.(message.cause);
        break;
      default:
        message satisfies never;
    }
  }

  #observe({ refused, met, frames }: Report): void {
    for (const [cause, count] of refused) for (let each = 0; each < count; each += 1) this.#observer.refused(cause);
    for (let each = 0; each < met; each += 1) this.#observer.met();
    for (const bytes of frames) this.#observer.forwarded(bytes);
  }

  /** It ends now. In the beginning that ends the server; later, another takes its place. */
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
    if (this.#where.port === 0) {
      this.#started?.(new Error(`a worker ended: ${how}`));
      return;
    }
    // With the last one went the port: who comes next takes the same.
    if (this.#listening.size === 0) this.#port = this.#where.port;
    const last = now - this.#death.at > CALM ? FIRST_PAUSE / 2 : this.#death.pause;
    const pause = Math.min(LONGEST_PAUSE, last * 2);
    this.#death = { at: now, pause };
    if (failure === undefined) this.#events.died(how, pause);
    else this.#events.failed(failure, pause);
    setTimeout(() => {
      if (!this.#isClosing) cluster.fork();
    }, pause);
  }

  #sweep(): void {
    const orders = this.#state.sweep(performance.now());
    const [any] = workers();
    // Whoever is told them finds those they are for.
    if (orders.length > 0 && any !== undefined) tell(any, { kind: 'orders', orders });
  }
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

function tell(worker: Worker, message: ToWorker): void {
  // One that has just died is told nothing more.
  worker.send(message, undefined, undefined, () => undefined);
}
