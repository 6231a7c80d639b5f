/** One process of several that are one server: asks the primary process for what they share. */
import type { Worker } from 'node:cluster';
import { createAdapter } from '@socket.io/cluster-adapter';
import { AparteError } from '../../shared/errors.ts';
import type { FrameRequest, JoinRequest } from '../../shared/signal-wire.ts';
import type { Cluster, ClusterEvents, SharedAddresses } from '../cluster.ts';
import type { RefusalCause, ServerObserver } from '../observer.ts';
import type { Rooms } from '../rooms-interface.ts';
import { RoomsUnavailable } from '../rooms-interface.ts';
import type { ServerOptions, SignalingServer } from '../server.ts';
import { startServer } from '../server.ts';
import type { Answer, FromWorker, Question, Report, Topic, ToWorker } from './messages.ts';
import { isOurs } from './messages.ts';

/** How often the primary is told what was done, in ms. */
const REPORT_EVERY = 1_000;

/** Serves until the primary process says otherwise. Where it cannot, the primary is told why. */
export async function serveAsWorker(worker: Worker, options: ServerOptions): Promise<void> {
  const primary = new PrimaryLink(worker);
  const tally = new Tally();
  try {
    const setup = await primary.ask({ on: 'setup' });
    const { stun: _, ...rest } = options;
    const server = await startServer({
      ...rest,
      port: setup.port,
      webSocketOnly: true,
      observer: tally,
      away: (cause) => primary.say({ kind: 'away', cause }),
      ...(setup.stunPort !== null && { stunPort: setup.stunPort }),
      ...(options.redis === undefined && { cluster: primary.cluster(options.limits.perAddress !== null) }),
    });
    primary.say({ kind: 'listening', url: server.url, port: server.port });
    await servedOut(primary, server, tally);
  } catch (error) {
    if (!(error instanceof AparteError)) throw error;
    primary.say({ kind: 'failed', code: error.code, detail: error.detail });
  }
  worker.disconnect();
}

/** Resolves when the server was told to close, and has. */
async function servedOut(primary: PrimaryLink, server: SignalingServer, tally: Tally): Promise<void> {
  const report = async () => {
    const sockets = await server.sockets();
    primary.say({ kind: 'report', report: { ...server.stats(), sockets, ...tally.take() } });
  };
  const reporter = setInterval(() => void report(), REPORT_EVERY);
  await new Promise<void>((resolve) => {
    primary.onReload = () => reloadIfPossible(server);
    primary.onClose = (patience) => resolve(server.close(patience));
  });
  clearInterval(reporter);
}

/** The primary process has looked at the files already; if they have changed since, the certificate in use stays. */
function reloadIfPossible(server: SignalingServer): void {
  try {
    server.reload();
  } catch (error) {
    if (!(error instanceof AparteError)) throw error;
  }
}

/** The way to the primary process. */
class PrimaryLink {
  onReload = () => {};
  onClose: (patience: number) => void = () => {};
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  #asked = 0;
  #stats = { rooms: 0, members: 0 };
  #events: ClusterEvents = { perform: () => {}, startedOver: () => {} };

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: unknown) => {
      if (isOurs(message)) this.#received(message as ToWorker);
    });
    worker.on('disconnect', () => {
      for (const { reject } of this.#waiting.values()) reject(new RoomsUnavailable('the primary process is gone'));
      this.#waiting.clear();
    });
  }

  say(message: FromWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  /** Rejects with {@link RoomsUnavailable} where the primary process has gone. */
  async ask<On extends Topic>(question: Question<On> & Question): Promise<Answer<On>> {
    if (!this.#worker.isConnected()) throw new RoomsUnavailable('the primary process is gone');
    this.#asked += 1;
    const id = this.#asked;
    // What comes bears the number of this question.
    return await new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.say({ kind: 'ask', id, question });
    });
  }

  /** The workers together, to one of them. */
  cluster(countsAddresses: boolean): Cluster {
    const stats = () => this.#stats;
    const rooms: Rooms = {
      get stats() {
        return stats();
      },
      join: (client: string, request: JoinRequest) => this.ask({ on: 'join', client, request }),
      frame: async (client: string, request: FrameRequest) => {
        const answer = await this.ask({ on: 'frame', client, request });
        return answer.map((order) => (order.type === 'frame' ? { ...order, data: request.data } : order));
      },
      free: (client: string, member: string) => this.ask({ on: 'free', client, member }),
      leave: (client: string) => this.ask({ on: 'leave', client }),
      lose: (client: string) => this.ask({ on: 'lose', client }),
      sweep: () => [],
    };
    const addresses: SharedAddresses = {
      connected: (address) => this.ask({ on: 'connected', address }).catch(() => null),
      disconnected: (address) => void this.ask({ on: 'disconnected', address }).catch(() => undefined),
      join: (address, nameplate) => this.ask({ on: 'attempt', address, nameplate }),
    };
    return {
      rooms,
      addresses: countsAddresses ? addresses : null,
      adapter: createAdapter(),
      attach: async (events) => {
        this.#events = events;
      },
      close: async () => {},
    };
  }

  #received(message: ToWorker): void {
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

/** Counts what happens until the next report. */
class Tally implements ServerObserver {
  #refused = new Map<RefusalCause, number>();
  #met = 0;
  #frames: number[] = [];

  refused(cause: RefusalCause): void {
    this.#refused.set(cause, (this.#refused.get(cause) ?? 0) + 1);
  }

  met(): void {
    this.#met += 1;
  }

  forwarded(bytes: number): void {
    this.#frames.push(bytes);
  }

  take(): Pick<Report, 'refused' | 'met' | 'frames'> {
    const report = { refused: [...this.#refused], met: this.#met, frames: this.#frames };
    this.#refused = new Map();
    this.#met = 0;
    this.#frames = [];
    return report;
  }
}
