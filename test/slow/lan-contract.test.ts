/**
 * The local network keeps the contract of every rendezvous. This file runs itself again in a network namespace of its
 * own, so that the network of this machine neither hears nor disturbs the tests. The test runner sees both runs.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Announcement, readAnnouncement, roomMark } from '../../peer/rendezvous/lan/announcement.ts';
import { localInterfaces } from '../../peer/rendezvous/lan/interfaces.ts';
import { lanRendezvous } from '../../peer/rendezvous/lan/lan-rendezvous.ts';
import { MulticastBudget } from '../../peer/rendezvous/lan/multicast-budget.ts';
import { MulticastDns } from '../../peer/rendezvous/lan/multicast-dns.ts';
import type { OpenRendezvous } from '../../peer/rendezvous/rendezvous.ts';
import { startLanServer } from '../../peer/ways-to-meet/node/local-network.ts';
import { NO_MACHINE } from '../cli/own-namespace.ts';
import { atEnd, rubbishServer } from '../rendezvous/fake-servers.ts';
import { Guest } from '../rendezvous/guest.ts';
import { keepsTheContract } from '../rendezvous/rendezvous-contract.ts';

const INSIDE = 'inside';
/** Time for all tests in the namespace, and for the process to end after them, in ms. */
const PATIENCE = 180_000;
const END_PATIENCE = 10_000;

/** Each guest has a server and multicast DNS of its own, as a program has. */
const open = () => lanRendezvous(startLanServer, () => performance.now());

/** Two guests that know of each other, one of them on its own server. */
async function couple(): Promise<Guest[]> {
  const guests = [1, 2].map((n) => new Guest(open(), 'team', n));
  await Promise.all(guests.map((guest, index) => guest.isShown(2 - index)));
  return guests;
}

/** Multicast DNS on all interfaces, as anybody can use it. Searches at once and ends with the test. */
function multicast(heard: (announcement: Announcement) => void): MulticastDns[] {
  const budget = new MulticastBudget();
  return localInterfaces().map((local) => {
    const all = new MulticastDns(local, budget, {
      heard: (service) => {
        const announcement = readAnnouncement(service, local);
        if (announcement !== null) heard(announcement);
      },
      gone: () => {},
      stranger: () => {},
      portHeld: () => {},
    });
    all.search();
    atEnd(() => all.close());
    return all;
  });
}

/** Announces a server under the smallest id, which all programs visit, and sends rubbish to visitors. */
async function rubbish(): Promise<OpenRendezvous> {
  const id = '0'.repeat(32);
  const port = await rubbishServer();
  for (const link of multicast(() => {})) link.announce({ id, room: roomMark(id, 'team'), port });
  return open();
}

function inside(): void {
  after(() => {
    const stuck = () => {
      process.stderr.write('something that was left keeps the program alive\n');
      process.exit(1);
    };
    setTimeout(stuck, END_PATIENCE).unref();
  });
  keepsTheContract({
    name: 'the local network',
    room: async () => open,
    makesNameplates: true,
    // Random ids decide who visits whom.
    firstIsHost: false,
    firstBytes: 256,
    // Another program may announce the same room.
    oneTooMany: 'noted',
    outlivesGuests: true,
    rubbish,
  });

  // A visitor would otherwise return to its own server, which is gone, and try it for ever.
  test('a member that has left goes nowhere any more, whatever is asked of it', async () => {
    const guests = await couple();
    await Promise.all(guests.map(({ rendezvous }) => rendezvous.leave()));
    for (const { rendezvous, others } of guests) rendezvous.free(others[0]?.id ?? '');
  });

  test('a visitor that leaves because its host leaves goes nowhere any more', async () => {
    const [host, visitor] = (await couple()).sort((a, b) => a.members.length - b.members.length);
    if (visitor !== undefined) visitor.leavesAt = 'left';
    await host?.rendezvous.leave();
    await visitor?.heardKind('left');
  });

  test('does not announce a room that is left while it is entered, but announces another room of the program', async () => {
    const program = open();
    const [stays, leaves] = [new Guest(program, 'other', 1), new Guest(program, 'team', 2)];
    leaves.leavesAt = 'joined';
    await Promise.all([stays.heardKind('joined'), leaves.heardKind('joined')]);
    await leaves.rendezvous.leave();
    const rooms: string[] = [];
    await new Promise<void>((resolve) => {
      multicast(({ id, room }) => {
        rooms.push(...['other', 'team'].filter((name) => room === roomMark(id, name)));
        // All announcements of a program come in one answer, one after the other.
        if (rooms.includes('other')) setImmediate(resolve);
      });
    });
    assert.deepEqual(new Set(rooms), new Set(['other']));
  });
}

if (process.argv[2] === INSIDE) {
  inside();
} else if (NO_MACHINE !== false) {
  test('the local network keeps the rendezvous contract', { skip: NO_MACHINE }, () => {});
} else {
  const script = 'ip link set lo up && exec "$@"';
  const command = [process.execPath, '--import', 'tsx', fileURLToPath(import.meta.url), INSIDE];
  const { status } = spawnSync('unshare', ['-n', 'sh', '-c', script, 'sh', ...command], {
    stdio: 'inherit',
    timeout: PATIENCE,
  });
  process.exitCode = status ?? 1;
}
