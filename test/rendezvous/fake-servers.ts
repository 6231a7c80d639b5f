/** Servers on loopback that are not rendezvous servers, or misbehave, and a proxy that can be cut. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as SocketIoServer } from 'socket.io';
import { packWelcome } from '../../shared/signal-wire.ts';
import { cardOf } from './guest.ts';

const cleanups: (() => Promise<void>)[] = [];

/** Ends all servers of a test. */
export async function endAll(): Promise<void> {
  await Promise.all(cleanups.splice(0).map((end) => end()));
}

/** Runs `end` when the test is over. */
export function atEnd(end: () => Promise<void>): void {
  cleanups.push(end);
}

/** Listens on loopback, on any port by default. Returns the port. */
export async function listen(server: Server, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    const closed = server.listening ? once(server, 'close') : null;
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/**
 * A TCP proxy in front of a server. `cut` breaks all connections and refuses new ones until `mend`. `hold` keeps the
 * connections open but passes nothing on.
 */
export async function line(target: number) {
  const ends = new Set<Socket>();
  let isDown = false;
  const server = createServer((near) => {
    if (isDown) {
      near.destroy();
      return;
    }
    const far = connect(target, '127.0.0.1');
    for (const [end, other] of [[near, far] as const, [far, near] as const]) {
      ends.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    cut: () => {
      isDown = true;
      for (const end of ends) end.destroy();
    },
    mend: () => {
      isDown = false;
    },
    hold: () => {
      for (const end of ends) end.unpipe().resume();
    },
  };
}

/** Starts a TCP server that sends one text to every client. Returns its port. */
export async function sayer(text: string): Promise<number> {
  return listen(createServer((socket) => socket.end(text)));
}

/**
 * Starts a WebSocket server (RFC 6455) that sends the first text at once and the next after each message, and never a
 * closing frame. `after` acts when all texts are sent. Returns its port.
 */
export async function rawWebSocket(texts: readonly string[], after?: (socket: Duplex) => void): Promise<number> {
  const server = createHttpServer();
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
    const rest = [...texts];
    const next = () => {
      if (rest.length === 0 && after !== undefined) {
        socket.off('data', next);
        after(socket);
        return;
      }
      const payload = Buffer.from(rest.shift() ?? '');
      if (payload.length > 0) socket.write(Buffer.concat([Buffer.of(0x81, payload.length), payload]));
    };
    socket.on('data', next);
    next();
  });
  return listen(server);
}

/** The first packet of an Engine.IO server. Texts of `rawWebSocket` have at most 125 bytes. */
export const OPENING = `0${JSON.stringify({ sid: 'x', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 })}`;

/**
 * Starts a rendezvous server that reports a member with the card `cardOf(9)` to everybody who joins, and then sends
 * rubbish. Returns its port.
 */
export async function rubbishServer(): Promise<number> {
  const http = createHttpServer();
  const io = new SocketIoServer(http);
  io.on('connection', (socket) => {
    socket.on('leave', (reply: () => void) => reply());
    socket.on('join', (_request: unknown, reply: (answer: object) => void) => {
      const members = [{ id: 'evil', card: cardOf(9) }];
      reply(packWelcome({ nameplate: 'team', self: 'me', token: 't', members }));
      socket.emit('frame', { from: 'evil', data: '\u001b[2J' });
      socket.emit('frame', { from: 'nobody', data: Buffer.of(1) });
      socket.emit('came', { id: 'c\u0007', card: cardOf(3) });
    });
  });
  const port = await listen(http);
  atEnd(async () => io.disconnectSockets(true));
  return port;
}
