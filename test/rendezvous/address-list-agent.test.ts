/** Connections to a server that has several addresses. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { AddressListAgent, urlOf } from '../../peer/rendezvous/lan/address-list-agent.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { atEnd, endAll } from './fake-servers.ts';
import { cardOf } from './guest.ts';

afterEach(endAll);

/** Joins by these addresses. Returns the nameplate, or the message of the error. */
async function joining(addresses: readonly string[], port: number): Promise<string> {
  const open = socketIoRendezvous(urlOf('192.0.2.1', port), { now: () => 0, agent: new AddressListAgent(addresses) });
  const nothing = { came: () => {}, left: () => {}, frame: () => {}, resumed: () => {}, noted: () => {} };
  return new Promise((resolve) => {
    const place = open(
      { nameplate: 'team', card: cardOf(1), capacity: 2 },
      {
        ...nothing,
        joined: (nameplate) => void place.leave().then(() => resolve(nameplate)),
        lost: ({ message }) => void place.leave().then(() => resolve(message)),
        refused: ({ message }) => resolve(message),
      },
    );
  });
}

test('connects to the first address that answers, whatever host the URL names', async () => {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS });
  atEnd(() => server.close());
  assert.equal(await joining(['127.0.0.1'], server.port), 'team');
  assert.equal(await joining(['::1', '127.0.0.2', '127.0.0.1'], server.port), 'team');
});

test('reports addresses that cannot be tried as an unreachable server', async () => {
  assert.match(await joining(['fe80::1%nowhere'], 9), /^server-unreachable/);
  assert.match(await joining(['fe80::1%nowhere', '255.255.255.255'], 9), /^server-unreachable/);
  assert.match(await joining(['127.0.0.1', '::1'], 9), /^server-unreachable/);
});

test('names an address in a URL without its zone', () => {
  assert.equal(urlOf('fe80::1%eth0', 80), 'http://[fe80::1]:80');
  assert.equal(urlOf('192.168.7.1', 4_711), 'http://192.168.7.1:4711');
});
