/** A rendezvous through one server or several servers keeps the contract. */
import type { OpenRendezvous } from '../../peer/rendezvous/rendezvous.ts';
import { severalServers } from '../../peer/rendezvous/several-servers.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { atEnd, rubbishServer } from './fake-servers.ts';
import { keepsTheContract } from './rendezvous-contract.ts';

const CLOCK = { now: () => performance.now() };

async function server(): Promise<string> {
  const started = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS });
  atEnd(() => started.close());
  return started.url;
}

const rubbishUrl = async () => `http://127.0.0.1:${await rubbishServer()}`;

const through = (url: string) => socketIoRendezvous(url, CLOCK);

keepsTheContract({
  name: 'one server',
  room: async () => {
    const url = await server();
    return () => through(url);
  },
  makesNameplates: true,
  firstIsHost: true,
  firstBytes: 256,
  oneTooMany: 'refused',
  outlivesGuests: true,
  rubbish: async () => through(await rubbishUrl()),
});

const beside = (...urls: string[]): OpenRendezvous =>
  severalServers(urls.map((url) => ({ name: new URL(url).host, open: through(url), entered: () => {} })));

// The promises hold for the server that runs.
keepsTheContract({
  name: 'two servers, one of them down',
  room: async () => {
    const url = await server();
    return () => beside('http://127.0.0.1:9', url);
  },
  makesNameplates: true,
  firstIsHost: true,
  firstBytes: 256,
  // A full room on one server says nothing about the server that is down.
  oneTooMany: null,
  outlivesGuests: true,
  rubbish: async () => beside(await rubbishUrl(), await rubbishUrl()),
});
