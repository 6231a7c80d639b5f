/** The ways to meet that need a rendezvous server keep the contract: through one, and through several side by side. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import type { OpenRendezvous } from '../../peer/rendezvous/rendezvous.ts';
import { sideBySide } from '../../peer/rendezvous/side-by-side.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { packWelcome } from '../../shared/signal-wire.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { keepsTheContract } from './contract.ts';
import { cardOf } from './guest.ts';
import { atEnd, listen } from './lines.ts';

const CLOCK = { now: () => performance.now() };

async function server(): Promise<string> {
  const started = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS });
  atEnd(() => started.close());
  return started.url;
}

/** A server that talks rubbish once somebody has joined. */
async function rubbish(): Promise<string> {
  const http = createServer();
  const io = new Server(http);
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
  return `http://127.0.0.1:${port}`;
}

const through = (url: string) => socketIoRendezvous(url, CLOCK);

keepsTheContract({
  name: 'one server',
  place: async () => {
    const url = await server();
    return () => through(url);
  },
  makesNameplates: true,
  isLimited: true,
  rubbish: async () => through(await rubbish()),
});

const beside = (...urls: string[]): OpenRendezvous =>
  sideBySide(urls.map((url) => ({ name: new URL(url).host, open: through(url), entered: () => {} })));

// The other one is down: all that is promised is promised of those that are there.
keepsTheContract({
  name: 'two servers, one of them down',
  place: async () => {
    const url = await server();
    return () => beside('http://127.0.0.1:9', url);
  },
  makesNameplates: true,
  // One that is full may be so for others than the one that may come back.
  isLimited: false,
  rubbish: async () => beside(await rubbish(), await rubbish()),
});
