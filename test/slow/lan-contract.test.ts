/**
 * The local network keeps the contract of every way to meet. In a network namespace of its own, so that the network of
 * this machine neither hears nor disturbs it: this file runs itself again in there, and the test runner hears of both.
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
import { keepsTheContract } from '../rendezvous/contract.ts';
import { atEnd } from '../rendezvous/fake-servers.ts';
import { rubbishServer } from '../rendezvous/garbage-server.ts';
import { Guest } from '../rendezvous/guest.ts';

const INSIDE = 'inside';
/** How long (ms) all of it may take in there, and how long what is left open may keep it from its end. */
const PATIENCE = 180_000;
const END_PATIENCE = 10_000;

/** Each guest is a program of his own: a server, and multicast DNS. */
const open = () => lanRendezvous(startLanServer, () => performance.now());

/** Two who know of each other, either of them at home. */
async function couple(): Promise<Guest[]> {
  const guests = [1, 2].map((n) => new Guest(open(), 'team', n));
  await Promise.all(guests.map((guest, index) => guest.isShown(2 - index)));
  return guests;
}

/** Multicast DNS as anybody on our links has it; it searches at once. Ends with the test. */
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

/** Somebody announces himself under an id that all go to, and talks rubbish to who comes. */
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
    place: async () => open,
    makesNameplates: true,
    // Everybody is at home, and who goes to whom is drawn.
    firstIsHost: false,
    firstBytes: 256,
    // Somebody else may come home under the same name.
    oneTooMany: 'noted',
    outlivesGuests: true,
    rubbish,
  });

  // Whoever visits the other would go home, to a server that is not there any more, and ask for it for ever.
  test('who has left goes nowhere any more, whatever is asked of him', async () => {
    const guests = await couple();
    await Promise.all(guests.map(({ rendezvous }) => rendezvous.leave()));
    for (const { rendezvous, others } of guests) rendezvous.free(others[0]?.id ?? '');
  });

  test('a visitor who leaves because his host does goes nowhere any more', async () => {
    const [host, visitor] = (await couple()).sort((a, b) => a.members.length - b.members.length);
    if (visitor !== undefined) visitor.leavesAt = 'left';
    await host?.rendezvous.leave();
    await visitor?.heardKind('left');
  });

  test('who leaves as he comes in is not announced, though another room of his program is', async () => {
    const program = open();
    const [stays, leaves] = [new Guest(program, 'other', 1), new Guest(program, 'team', 2)];
    leaves.leavesAt = 'joined';
    await Promise.all([stays.heardKind('joined'), leaves.heardKind('joined')]);
    await leaves.rendezvous.leave();
    const rooms: string[] = [];
    await new Promise<void>((resolve) => {
      multicast(({ id, room }) => {
        rooms.push(...['other', 'team'].filter((name) => room === roomMark(id, name)));
        // All of one program come in one answer, one after the other.
        if (rooms.includes('other')) setImmediate(resolve);
      });
    });
    assert.deepEqual(new Set(rooms), new Set(['other']));
  });
}

if (process.argv[2] === INSIDE) {
  inside();
} else if (NO_MACHINE !== false) {
  test('the local network keeps the contract', { skip: NO_MACHINE }, () => {});
} else {
  const script = 'ip link set lo up && exec "$@"';
  const command = [process.execPath, '--import', 'tsx', fileURLToPath(import.meta.url), INSIDE];
  const { status } = spawnSync('unshare', ['-n', 'sh', '-c', script, 'sh', ...command], {
    stdio: 'inherit',
    timeout: PATIENCE,
  });
  process.exitCode = status ?? 1;
}
