/** A worker: one of several processes that serve as one server. It asks the primary process for what they share. */
import type { Worker } from 'node:cluster';
import { AparteError } from '../../shared/errors.ts';
import type { FrameRequest, JoinRequest } from '../../shared/signal-wire.ts';
import { RefusalCounter } from '../log.ts';
import type { RefusalCause, ServerObserver } from '../observer.ts';
import type { Cluster, ClusterEvents, Rooms, SharedAddressLimits } from '../rooms-interface.ts';
import { RoomsUnavailable } from '../rooms-interface.ts';
import type { ServerOptions, SignalingServer } from '../server.ts';
import { startServer } from '../server.ts';
import type { Answer, FromWorker, Question, Report, Topic, ToWorker } from './messages.ts';

/** How often the primary process gets a report, in ms. */
const REPORT_EVERY = 1_000;

/** Serves until the primary process says otherwise. Tells the primary process why, if it cannot. */
export async function serveAsWorker(worker: Worker, options: ServerOptions): Promise<void> {
  const primary = new PrimaryLink(worker);
  const counter = new ReportCounter();
  try {
    const setup = await primary.ask({ on: 'setup' });
    const { stun: _, ...rest } = options;
    const server = await startServer({
      ...rest,
      port: setup.port,
      webSocketOnly: true,
      observer: counter,
      away: (cause) => primary.send({ kind: 'away', cause }),
      proxyMismatch: (mismatch) => primary.send({ kind: 'proxies', mismatch }),
      ...(setup.stunPort !== null && { stunPort: setup.stunPort }),
      ...(options.redis === undefined && { cluster: primary.cluster(options.limits.perAddress !== null) }),
    });
    primary.send({ kind: 'listening', url: server.url, port: server.port });
    await serveUntilClosed(primary, server, counter);
  } catch (error) {
    if (!(error instanceof AparteError)) throw error;
    primary.send({ kind: 'failed', code: error.code, detail: error.detail });
  }
  worker.disconnect();
}

/** Resolves when the server has been told to close and has done so. */
async function serveUntilClosed(primary: PrimaryLink, server: SignalingServer, counter: ReportCounter): Promise<void> {
  const report = async () => {
    const sockets = await server.sockets();
    primary.send({ kind: 'report', report: { ...server.stats(), sockets, ...counter.take() } });
  };
  const reporter = setInterval(() => void report(), REPORT_EVERY);
  await new Promise<void>((resolve) => {
    primary.onReload = () => reloadIfPossible(server);
    primary.onClose = (patience) => resolve(server.close(patience));
  });
  clearInterval(reporter);
}

/** The primary process has checked the files. If they have changed since, the certificate in use stays. */
function reloadIfPossible(server: SignalingServer): void {
  try {
    server.reload();
  } catch (error) {
    if (!(error instanceof AparteError)) throw error;
  }
}

/** The connection to the primary process. */
class PrimaryLink {
  onReload = () => {};
  onClose: (patience: number) => void = () => {};
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  /** Messages that have come and are not handled yet. */
  #inbox: ToWorker[] = [];
  /** Whether an answer was handled in this turn of the event loop. */
  #isPaused = false;
  #asked = 0;
  #stats = { rooms: 0, members: 0 };
  #events: ClusterEvents = { perform: () => {}, startedOver: () => {} };

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: ToWorker) => {
      this.#inbox.push(message);
      this.#readInbox();
    });
    worker.on('disconnect', () => {
      for (const { reject } of this.#waiting.values()) reject(new RoomsUnavailable('the primary process is gone'));
      this.#waiting.clear();
    });
  }

  send(message: FromWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  /** Rejects with {@link RoomsUnavailable} if the primary process has gone. */
  async ask<On extends Topic>(question: Question<On> & Question): Promise<Answer<On>> {
    if (!this.#worker.isConnected()) throw new RoomsUnavailable('the primary process is gone');
    this.#asked += 1;
    const id = this.#asked;
    // The type holds because an answer has the number of its question.
    return await new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.send({ kind: 'ask', id, question });
    });
  }

  /** The cluster of all workers. */
  cluster(countsAddresses: boolean): Cluster {
    const stats = () => this.#stats;
    const rooms: Rooms = {
      get stats() {
        return stats();
      },
      join: (client: string, request: JoinRequest) => this.ask({ on: 'join', client, request }),
      frame: async (client: string, request: FrameRequest) => {
        const orders = await this.ask({ on: 'frame', client, request });
        return orders.map((order) => (order.type === 'frame' ? { ...order, data: request.data } : order));
      },
      free: (client: string, member: string) => this.ask({ on: 'free', client, member }),
      leave: (client: string) => this.ask({ on: 'leave', client }),
      lose: (client: string) => this.ask({ on: 'lose', client }),
      sweep: () => [],
    };
    const addresses: SharedAddressLimits = {
      connected: (address) => this.ask({ on: 'connected', address }).catch(() => null),
      disconnected: (address) => void this.ask({ on: 'disconnected', address }).catch(() => undefined),
      join: (address, nameplate) => this.ask({ on: 'attempt', address, nameplate }),
    };
    return {
      rooms,
      addresses: countsAddresses ? addresses : null,
      attach: (events) => {
        this.#events = events;
      },
      close: async () => {},
    };
  }

  /**
   * Handles messages in the order they came. An answer is used in microtasks. What came after it waits for the next turn
   * of the event loop, so that clients are told everything in order.
   */
  #readInbox(): void {
    while (!this.#isPaused) {
      const message = this.#inbox.shift();
      if (message === undefined) return;
      this.#handle(message);
      if (message.kind !== 'answer') continue;
      this.#isPaused = true;
      setImmediate(() => {
        this.#isPaused = false;
        this.#readInbox();
      });
    }
  }

  #handle(message: ToWorker): void {
    switch (message.kind) {
      case 'answer':
        this.#waiting.get(message.id)?.resolve(message.answer);
        this.#waiting.delete(message.id);
        break;
      case 'orders':
        this.#events.perform(message.orders);
        break;
      case 'stats':
        this.#stats = message.stats;
        break;
      case 'reload':
        this.onReload();
        break;
      case 'close':
        this.onClose(message.patience);
        break;
      default:
        message satisfies never;
    }
  }
}

/** Counts events until the next report. */
class ReportCounter implements ServerObserver {
  readonly #refusals = new RefusalCounter();
  #paired = 0;
  #frames: number[] = [];

  refused(cause: RefusalCause): void {
    this.#refusals.add(cause);
  }

  paired(): void {
    this.#paired += 1;
  }

  forwarded(bytes: number): void {
    this.#frames.push(bytes);
  }

  take(): Pick<Report, 'refused' | 'paired' | 'frames'> {
    const report = { refused: this.#refusals.take(), paired: this.#paired, frames: this.#frames };
    this.#paired = 0;
    this.#frames = [];
    return report;
  }
}
