/** What the tests of the server share: a real server on a free port, real clients, and raw sockets for the rude. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket as TcpSocket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import {
  type PeerEvents,
  type Refusal,
  type ServerEvents,
  unpackWelcome,
  type Welcome,
} from '../../shared/signal-wire.ts';
import type { Limits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import type { SignalingServer } from '../../signaling/server.ts';
import { startServer } from '../../signaling/server.ts';

/** A server on loopback that ends with the test. */
export async function serve(t: TestContext, limits: Partial<Limits> = {}): Promise<SignalingServer> {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: { ...LIMITS, ...limits } });
  t.after(() => server.close());
  return server;
}

/** A card as the server sees it: bytes. */
export function card(seed: number): Uint8Array {
  return new Uint8Array(20).fill(seed);
}

/** What a client was told, in order. */
export type Told = readonly [event: string, payload: unknown];

/** How a client differs from an ordinary one. */
export interface ClientOptions {
  readonly auth?: object;
  readonly transports?: string[];
  readonly extraHeaders?: Record<string, string>;
  /** Certificates of authorities it trusts. */
  readonly ca?: string;
  /** The address of this machine it comes from. */
  readonly localAddress?: string;
}

/** A client that keeps all it is told. */
export class Client {
  readonly socket: Socket<ServerEvents, PeerEvents>;
  /** All it was told so far. */
  readonly told: Told[] = [];
  /** Why the connection ended. */
  readonly ended: Promise<string>;
  readonly #waiting: (() => void)[] = [];
  #read = 0;

  constructor(url: string, options: ClientOptions = {}) {
    const auth = { aparte: 1 };
    const fixed = { reconnection: false, forceNew: true } as const;
    // `localAddress` is handed on to `ws`, but missing from the types.
    this.socket = io(url, { transports: ['websocket'], auth, ...options, ...fixed });
    this.socket.onAny((event: string, payload: unknown) => this.#note(event, payload));
    this.ended = new Promise((resolve) => this.socket.on('disconnect', resolve));
  }

  /** A client that is connected, and hangs up with the test. */
  static async connect(t: TestContext, url: string, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(url, options);
    t.after(() => client.socket.disconnect());
    await new Promise<void>((resolve, reject) => client.socket.on('connect', resolve).on('connect_error', reject));
    return client;
  }

  /** Joins, and returns the answer, whichever it is. */
  async ask(
    nameplate: string | null,
    seed: number,
    more: { capacity?: number; resume?: string } = {},
  ): Promise<Welcome | Refusal> {
    const answer = await this.socket.emitWithAck('join', { nameplate, card: card(seed), capacity: 2, ...more });
    return 'error' in answer ? answer : unpackWelcome(answer);
  }

  /** Joins, which must succeed. */
  async join(
    nameplate: string | null,
    seed: number,
    more: { capacity?: number; resume?: string } = {},
  ): Promise<Welcome> {
    const answer = await this.ask(nameplate, seed, more);
    assert.ok('self' in answer, JSON.stringify(answer));
    return answer;
  }

  /** Sends a frame. */
  send(to: string, data: Uint8Array): void {
    this.socket.emit('frame', { to, data });
  }

  /** Sends what the library would not: a packet as it goes over the wire. */
  write(packet: string | Uint8Array): void {
    this.socket.io.engine.write(packet);
  }

  /** The next thing it is told, which must be this event; returns what came with it. */
  async next(event: keyof ServerEvents): Promise<unknown> {
    while (this.told.length <= this.#read) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const [name, payload] = this.told[this.#read] as Told;
    this.#read += 1;
    assert.equal(name, event, JSON.stringify(payload));
    return payload;
  }

  /** Cuts the connection without a word, as a lost network would. */
  cut(): void {
    this.socket.io.engine.close();
  }

  #note(event: string, payload: unknown): void {
    this.told.push([event, payload]);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Two members of one room, the first first, who have been told of each other. */
export async function couple(t: TestContext, url: string, nameplate = 'couple'): Promise<readonly [Client, Client]> {
  const first = await Client.connect(t, url);
  const second = await Client.connect(t, url);
  await first.join(nameplate, 1);
  await second.join(nameplate, 2);
  await first.next('came');
  return [first, second];
}

/** Shows that two members can speak, and that they were told nothing but what they say here. */
export async function undisturbed([first, second]: readonly [Client, Client]): Promise<void> {
  first.send('2', Uint8Array.of(1, 2, 3));
  assert.deepEqual(await second.next('frame'), { from: '1', data: Buffer.from([1, 2, 3]) });
  second.send('1', Uint8Array.of(4, 5));
  assert.deepEqual(await first.next('frame'), { from: '2', data: Buffer.from([4, 5]) });
}

/** Begins to poll; returns the name of the connection. */
export async function poll(url: string): Promise<string> {
  const answer = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  return (JSON.parse(answer.slice(1)) as { sid: string }).sid;
}

/** A TCP connection that has asked for a WebSocket and was let in; `sid`: of the client that polls and is to use it. */
export async function rawWebSocket(t: TestContext, port: number, sid?: string): Promise<TcpSocket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket${sid === undefined ? '' : `&sid=${sid}`} HTTP/1.1\r\n` +
      'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString('latin1'), /^HTTP\/1\.1 101 /);
  return socket;
}

/** A WebSocket text frame of a client, masked with zeros (RFC 6455, section 5.2); at most 65,535 bytes. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]);
}

/** How long `until` waits, in ms: far longer than anything here takes. */
const PATIENCE = 20_000;

/**
 * Resolves when a condition holds that nobody announces; looks again whenever the event loop has turned. Throws, and
 * names what was waited for, where it does not come.
 */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** WebSockets in each way that a client may have one: from the start, beside its polling, and in place of that. */
export async function everyWay(
  t: TestContext,
  { port, url }: Pick<SignalingServer, 'port' | 'url'>,
): Promise<readonly [direct: TcpSocket, probing: TcpSocket, upgraded: TcpSocket]> {
  const direct = await rawWebSocket(t, port);
  const probing = await rawWebSocket(t, port, await poll(url));
  const upgraded = await rawWebSocket(t, port, await poll(url));
  upgraded.write(textFrame('2probe'));
  await once(upgraded, 'data');
  upgraded.write(textFrame('5'));
  return [direct, probing, upgraded];
}
