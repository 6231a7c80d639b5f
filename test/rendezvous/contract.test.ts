/** The ways to meet that need a rendezvous server keep the contract: through one, and through several side by side. */
import type { OpenRendezvous } from '../../peer/rendezvous/rendezvous.ts';
import { severalServers } from '../../peer/rendezvous/several-servers.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { keepsTheContract } from './contract.ts';
import { atEnd } from './fake-servers.ts';
import { rubbishServer } from './garbage-server.ts';

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
  place: async () => {
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

// The other one is down: all that is promised is promised of those that are there.
keepsTheContract({
  name: 'two servers, one of them down',
  place: async () => {
    const url = await server();
    return () => beside('http://127.0.0.1:9', url);
  },
  makesNameplates: true,
  firstIsHost: true,
  firstBytes: 256,
  // One that is full may be so for others than the one that may come back.
  oneTooMany: null,
  outlivesGuests: true,
  rubbish: async () => beside(await rubbishUrl(), await rubbishUrl()),
});
