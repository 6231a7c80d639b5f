/** The way to somebody on the local network, of whom several addresses are known. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { AddressListAgent, urlOf } from '../../peer/rendezvous/lan/address-list-agent.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { atEnd, endAll } from './fake-servers.ts';
import { cardOf } from './guest.ts';

afterEach(endAll);

/** Joins by these addresses. Returns what comes of it. */
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

test('the first address that answers is taken, whatever the URL says', async () => {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS });
  atEnd(() => server.close());
  assert.equal(await joining(['127.0.0.1'], server.port), 'team');
  assert.equal(await joining(['::1', '127.0.0.2', '127.0.0.1'], server.port), 'team');
});

test('addresses that cannot even be tried are a failure like others', async () => {
  assert.match(await joining(['fe80::1%nowhere'], 9), /^server-unreachable/);
  assert.match(await joining(['fe80::1%nowhere', '255.255.255.255'], 9), /^server-unreachable/);
  assert.match(await joining(['127.0.0.1', '::1'], 9), /^server-unreachable/);
});

test('a URL names an address without its zone', () => {
  assert.equal(urlOf('fe80::1%eth0', 80), 'http://[fe80::1]:80');
  assert.equal(urlOf('192.168.7.1', 4_711), 'http://192.168.7.1:4711');
});
