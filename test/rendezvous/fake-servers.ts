/** Servers on loopback that are no rendezvous, and a line to one that can be cut. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Duplex } from 'node:stream';

const cleanups: (() => Promise<void>)[] = [];

/** Ends all servers of a test. */
export async function endAll(): Promise<void> {
  await Promise.all(cleanups.splice(0).map((end) => end()));
}

/** Runs `end` when the test is over. */
export function atEnd(end: () => Promise<void>): void {
  cleanups.push(end);
}

/** Listens on loopback, on any port unless told which; returns the port. */
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
 * A line to a server: `cut` breaks all connections over it, and while it is down it takes no new ones. `hold` lets them
 * stand, but nothing passes any more.
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

/** A TCP server that says one thing to all who come. */
export async function sayer(text: string): Promise<number> {
  return listen(createServer((socket) => socket.end(text)));
}

/**
 * A WebSocket server that sends a text, the next as often as it hears something, and never a goodbye (RFC 6455).
 * `after`: what it does instead when it has no more.
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

/** The Engine.IO opening that a good server sends. No text here may be longer than 125 bytes. */
export const OPENING = `0${JSON.stringify({ sid: 'x', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 })}`;
