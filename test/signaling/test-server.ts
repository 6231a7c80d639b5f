/** Helpers for tests of the server: a real server on a free port, real clients, and raw sockets for hostile ones. */
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

/** A card. To the server it is bytes. */
export function card(seed: number): Uint8Array {
  return new Uint8Array(20).fill(seed);
}

/** An event that a client was sent. */
export type Told = readonly [event: string, payload: unknown];

/** The options of a client. */
export interface ClientOptions {
  readonly auth?: object;
  readonly transports?: string[];
  readonly extraHeaders?: Record<string, string>;
  /** The certificates of trusted authorities. */
  readonly ca?: string;
  /** The local address to connect from. */
  readonly localAddress?: string;
}

/** A client that records all events. */
export class Client {
  readonly socket: Socket<ServerEvents, PeerEvents>;
  /** All events so far. */
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

  /** A connected client that disconnects with the test. */
  static async connect(t: TestContext, url: string, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(url, options);
    t.after(() => client.socket.disconnect());
    await new Promise<void>((resolve, reject) => client.socket.on('connect', resolve).on('connect_error', reject));
    return client;
  }

  /** Joins. Returns the answer, also a refusal. */
  async ask(
    nameplate: string | null,
    seed: number,
    more: { capacity?: number; resume?: string } = {},
  ): Promise<Welcome | Refusal> {
    const answer = await this.socket.emitWithAck('join', { nameplate, card: card(seed), capacity: 2, ...more });
    return 'error' in answer ? answer : unpackWelcome(answer);
  }

  /** Joins. Fails if it is refused. */
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

  /** Sends a raw packet, which the library would not send. */
  write(packet: string | Uint8Array): void {
    this.socket.io.engine.write(packet);
  }

  /** Returns the payload of the next event, which must be this one. */
  async next(event: keyof ServerEvents): Promise<unknown> {
    while (this.told.length <= this.#read) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const [name, payload] = this.told[this.#read] as Told;
    this.#read += 1;
    assert.equal(name, event, JSON.stringify(payload));
    return payload;
  }

  /** Cuts the connection without a goodbye, as a lost network would. */
  cut(): void {
    this.socket.io.engine.close();
  }

  #note(event: string, payload: unknown): void {
    this.told.push([event, payload]);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** The first and the second member of a room, who know of each other. */
export async function couple(t: TestContext, url: string, nameplate = 'couple'): Promise<readonly [Client, Client]> {
  const first = await Client.connect(t, url);
  const second = await Client.connect(t, url);
  await first.join(nameplate, 1);
  await second.join(nameplate, 2);
  await first.next('came');
  return [first, second];
}

/** Checks that two members can exchange frames, and that they were sent nothing else. */
export async function undisturbed([first, second]: readonly [Client, Client]): Promise<void> {
  first.send('2', Uint8Array.of(1, 2, 3));
  assert.deepEqual(await second.next('frame'), { from: '1', data: Buffer.from([1, 2, 3]) });
  second.send('1', Uint8Array.of(4, 5));
  assert.deepEqual(await first.next('frame'), { from: '2', data: Buffer.from([4, 5]) });
}

/** Opens a polling connection. Returns its session id. */
export async function poll(url: string): Promise<string> {
  const answer = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  return (JSON.parse(answer.slice(1)) as { sid: string }).sid;
}

/** A TCP connection with an open WebSocket. `sid`: the session of a polling client to upgrade. */
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

/** How long `until` waits, in ms. */
const PATIENCE = 20_000;

/**
 * Resolves when a condition holds that no event announces. Throws, and names the condition, if it does not come true in
 * time.
 */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Each kind of WebSocket: opened at once, beside a polling client, and after its upgrade. */
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
