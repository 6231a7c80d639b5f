/** A rendezvous server that is one up to the moment somebody has joined. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { packWelcome } from '../../shared/signal-wire.ts';
import { atEnd, listen } from './fake-servers.ts';
import { cardOf } from './guest.ts';

/** Starts a server at which `evil` with the card `cardOf(9)` is, and which then talks rubbish. Returns its port. */
export async function rubbishServer(): Promise<number> {
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
  return port;
}
