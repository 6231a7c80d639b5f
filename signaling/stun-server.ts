/**
 * A STUN server (RFC 8489) on UDP and TCP. Peers behind a NAT learn their public address from it. It authenticates
 * nobody and stores nothing but rates.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { createServer, isIPv6, type Server as TcpServer, type Socket as TcpSocket } from 'node:net';
import { AparteError } from '../shared/errors.ts';
import {
  ATTRIBUTE,
  BINDING,
  decodeStun,
  encodeErrorCode,
  encodeStun,
  encodeXorAddress,
  MAX_STUN_MESSAGE,
  type SocketAddress,
  STUN_HEADER,
  type StunMessage,
  stunLength,
} from '../shared/stun.ts';
import { addressKey, limitPerAddress } from './address-limits.ts';
import { KeyedBuckets, type Rate } from './token-bucket.ts';

/**
 * Answers to one address. A program sends about ten requests while it connects, and an office shares one address. An
 * answer is up to 2.2 times as long as its request, over IPv4 1.6 times, so the rate also limits amplification attacks
 * under a forged source address.
 */
const ANSWERS: Rate = { burst: 256, perSecond: 32 };
/** Addresses whose rates are remembered, at about 100 bytes each. */
const MAX_ADDRESSES = 100_000;
/** TCP connections at a time: in all, and of one address. */
const MAX_CONNECTIONS = 1_000;
const MAX_CONNECTIONS_PER_ADDRESS = 64;
/** How long a TCP connection may be silent and how long it may last, in ms. */
const IDLE = 10_000;
const LIFETIME = 60_000;
/** Bytes that may wait for a slow reader. */
const MAX_UNREAD = 16_384;
/** How often expired rates are forgotten, in ms. */
const SWEEP_EVERY = 10_000;

/** The attributes that a request may have to a server that asks for no password (RFC 8489). */
const UNDERSTOOD = new Set<number>([
  ATTRIBUTE.username,
  ATTRIBUTE.messageIntegrity,
  ATTRIBUTE.realm,
  ATTRIBUTE.nonce,
  ATTRIBUTE.messageIntegritySha256,
  ATTRIBUTE.passwordAlgorithm,
  ATTRIBUTE.userhash,
]);

/** The answer to a datagram or message from `source`; null if it gets none. */
export function answerStun(bytes: Uint8Array, source: SocketAddress): Uint8Array | null {
  // A forged source port can be 0. Node throws if asked to send there.
  if (source.port === 0) return null;
  const request = decodeStun(bytes);
  if (request === null || request.method !== BINDING || request.class !== 'request') return null;
  const unknown = unknownAttributes(request);
  if (unknown.length > 0) {
    const types = new Uint8Array(2 * unknown.length);
    for (const [index, type] of unknown.entries()) types.set([type >> 8, type & 255], 2 * index);
    return encodeStun({
      ...request,
      class: 'error',
      attributes: [
        // Without a reason phrase the answer is at most half as long again as the request.
        { type: ATTRIBUTE.errorCode, value: encodeErrorCode(420) },
        { type: ATTRIBUTE.unknownAttributes, value: types },
      ],
    });
  }
  const value = encodeXorAddress(source, request.transaction);
  return encodeStun({ ...request, class: 'success', attributes: [{ type: ATTRIBUTE.xorMappedAddress, value }] });
}

/** The attribute types that must be understood and are not. Those after a MESSAGE-INTEGRITY are ignored (section 14.5). */
function unknownAttributes({ attributes }: StunMessage): number[] {
  const types = attributes.map(({ type }) => type);
  const end = types.findIndex(
    (type) => type === ATTRIBUTE.messageIntegrity || type === ATTRIBUTE.messageIntegritySha256,
  );
  const counted = end < 0 ? types : types.slice(0, end);
  return [...new Set(counted.filter((type) => type < 0x8000 && !UNDERSTOOD.has(type)))];
}

/** A STUN server that listens. */
export interface StunServer {
  readonly port: number;
  /** Closes all connections. Resolves when the ports are free. Idempotent. */
  close(): Promise<void>;
}

/** Attempts to find a port that is free for both UDP and TCP. */
const ATTEMPTS = 10;

/**
 * Listens at `host`, a name or address, on UDP and TCP `port` (0: any free port). If it can, it also listens on the next
 * UDP port: a client that asks both from one socket learns whether its NAT uses a new port for each destination.
 * Throws `cannot-listen`.
 */
export async function startStunServer(host: string, port: number): Promise<StunServer> {
  const rates = new KeyedBuckets(ANSWERS, MAX_ADDRESSES);
  const reply: Reply = (bytes, source) =>
    rates.take(addressKey(source.address), performance.now()) ? answerStun(bytes, source) : null;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const server = await listen((await lookup(host)).address, port, reply);
      const sweeper = setInterval(() => rates.sweep(performance.now()), SWEEP_EVERY).unref();
      let closing: Promise<void> | null = null;
      const close = () => {
        clearInterval(sweeper);
        closing ??= server.close();
        return closing;
      };
      return { port: server.port, close };
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      if (port === 0 && code === 'EADDRINUSE' && attempt < ATTEMPTS) continue;
      throw new AparteError('cannot-listen', { key: 'cannot-bind', service: 'stun', port, code });
    }
  }
}

async function listen(address: string, port: number, reply: Reply): Promise<StunServer> {
  const udp = await listenUdp(address, port, reply);
  const bound = udp.address().port;
  try {
    const tcp = await listenTcp(address, bound, reply);
    const above = bound < 65_535 ? await listenUdp(address, bound + 1, reply).catch(() => null) : null;
    return {
      port: bound,
      close: async () => {
        await Promise.all([closeUdp(udp), above === null ? null : closeUdp(above), tcp.close()]);
      },
    };
  } catch (error) {
    await closeUdp(udp);
    throw error;
  }
}

type Reply = (bytes: Uint8Array, source: SocketAddress) => Uint8Array | null;

function listenUdp(address: string, port: number, reply: Reply): Promise<UdpSocket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => {
      // From now on an error concerns a single datagram, such as an answer that cannot be routed.
      socket.off('error', reject).on('error', () => {});
      socket.on('message', (bytes, source) => {
        const answer = reply(bytes, source);
        if (answer !== null) socket.send(answer, source.port, source.address, () => {});
      });
      resolve(socket);
    });
  });
}

function closeUdp(socket: UdpSocket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve));
}

async function listenTcp(address: string, port: number, reply: Reply): Promise<{ close(): Promise<void> }> {
  const open = new Set<TcpSocket>();
  const server: TcpServer = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    serveTcp(socket, reply);
  });
  server.maxConnections = MAX_CONNECTIONS;
  limitPerAddress(server, { connections: MAX_CONNECTIONS_PER_ADDRESS, connects: ANSWERS });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  server.on('error', () => {});
  return {
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers messages on a TCP connection. Closes it if something else than STUN comes, and at the limits above. */
function serveTcp(socket: TcpSocket, reply: Reply): void {
  const source = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  let pending: Uint8Array = new Uint8Array(0);
  socket.setTimeout(IDLE, () => socket.destroy());
  const end = setTimeout(() => socket.destroy(), LIFETIME).unref();
  socket.once('close', () => clearTimeout(end));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= STUN_HEADER) {
      const length = stunLength(pending);
      if (length === null || socket.writableLength > MAX_UNREAD) return void socket.destroy();
      if (pending.length < length) break;
      const answer = reply(pending.subarray(0, length), source);
      if (answer !== null) socket.write(answer);
      pending = pending.subarray(length);
    }
    if (pending.length > MAX_STUN_MESSAGE) socket.destroy();
  });
}
