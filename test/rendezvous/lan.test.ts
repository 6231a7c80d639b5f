/** The rules of the local network: which announcements are believed, who visits whom, and what packets may cost. */
import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Announcement, readAnnouncement, roomMark } from '../../peer/rendezvous/lan/announcement.ts';
import { comesFrom, isNeighbour, type LocalInterface, localInterfaces } from '../../peer/rendezvous/lan/interfaces.ts';
import { MulticastBudget } from '../../peer/rendezvous/lan/multicast-budget.ts';
import { ServerChoice } from '../../peer/rendezvous/lan/which-server.ts';
import { announcing, response, sameNames } from '../lab/dns-messages.ts';

const id = (letter: string) => letter.repeat(32);

/** Returns an interface in 192.168.7.0/24, or in fd00::/64 and fe80::/64. */
function linkOf(family: 4 | 6): LocalInterface {
  const networks = new BlockList();
  networks.addSubnet('192.168.7.0', 24);
  for (const network of ['fd00::', 'fe80::']) networks.addSubnet(network, 64, 'ipv6');
  const addresses = family === 4 ? ['192.168.7.1'] : ['fe80::1', 'fd00::1'];
  const contains = (one: string) => networks.check(one, `ipv${family}`);
  return { name: 'eth0', family, addresses, isLoopback: false, contains, isOwn: (one) => addresses.includes(one) };
}

/** Returns a service as the library reads it. */
const service = (from: string, more: object = {}) => ({
  name: id('a'),
  port: 4_711,
  txt: { v: '1', room: roomMark(id('a'), 'team') },
  referer: { address: from, family: 'IPv4', port: 5_353, size: 200 },
  addresses: [],
  ...more,
});

describe('announcements', () => {
  test('the mark of a room depends on its name and the id, as documented', () => {
    assert.equal(roomMark('0123456789abcdef0123456789abcdef', 'team'), 'dcd57004bb5f83ca057a4b43bc72005b');
    assert.notEqual(roomMark(id('a'), 'team'), roomMark(id('b'), 'team'));
  });

  test('tries the source of an announcement first, then the listed addresses of the same network', () => {
    const listed = { addresses: ['192.168.7.10', '8.8.8.8', '192.168.7.9', '127.0.0.1', '10.0.0.1', 'x', 'fd00::9'] };
    assert.deepEqual(readAnnouncement(service('192.168.7.9', listed), linkOf(4)), {
      id: id('a'),
      room: roomMark(id('a'), 'team'),
      port: 4_711,
      addresses: ['192.168.7.9', '192.168.7.10'],
    });
  });

  test('gives a link-local IPv6 address the zone of the interface', () => {
    const listed = { addresses: ['fd00::9', 'fe80::9'] };
    const { addresses } = readAnnouncement(service('fe80::9%eth0', listed), linkOf(6)) ?? {};
    assert.deepEqual(addresses, ['fe80::9%eth0', 'fd00::9']);
  });

  test('ignores announcements from outside the networks of the interface', () => {
    for (const from of ['192.168.8.9', '127.0.0.1', '8.8.8.8', '::1', '', 'x'])
      assert.equal(readAnnouncement(service(from, { addresses: ['192.168.7.9'] }), linkOf(4)), null, from);
  });

  test('takes addresses of this machine only on the loopback interface', () => {
    const link = linkOf(4);
    const listed = { addresses: ['192.168.7.1', '192.168.7.10'] };
    assert.equal(readAnnouncement(service('192.168.7.1', listed), link), null);
    const { addresses } = readAnnouncement(service('192.168.7.9', listed), link) ?? {};
    assert.deepEqual(addresses, ['192.168.7.9', '192.168.7.10']);
    const mapped = { addresses: ['::ffff:192.168.7.1', 'fe80::1', 'fd00::1', 'fd00::2'] };
    assert.deepEqual(readAnnouncement(service('fe80::9%eth0', mapped), linkOf(6))?.addresses, [
      'fe80::9%eth0',
      'fd00::2',
    ]);
    const loopback = localInterfaces().find(({ isLoopback }) => isLoopback);
    assert.ok(loopback !== undefined);
    assert.ok(loopback.isOwn('127.0.0.1'));
    assert.deepEqual(readAnnouncement(service('127.0.0.1'), loopback)?.addresses, ['127.0.0.1']);
  });

  test('ignores services that are not exactly announcements of this program', () => {
    const good = service('192.168.7.9');
    assert.notEqual(readAnnouncement(good, linkOf(4)), null);
    for (const more of [
      { name: 'printer' },
      { name: id('a').toUpperCase() },
      { port: 0 },
      { port: 65_536 },
      { port: '80' },
      { txt: undefined },
      { txt: { v: '2', room: id('b') } },
      { txt: { v: '1' } },
      { txt: { v: '1', room: `${id('b')}b` } },
      { referer: undefined },
      { addresses: undefined },
      { addresses: [7] },
    ]) {
      assert.equal(readAnnouncement({ ...good, ...more }, linkOf(4)), null, JSON.stringify(more));
    }
    fc.assert(fc.property(fc.anything(), (anything) => readAnnouncement(anything, linkOf(4)) === null));
  });

  test('tries at most eight addresses', () => {
    const addresses = Array.from({ length: 200 }, (_, n) => `192.168.7.${n + 2}`);
    assert.equal(readAnnouncement(service('192.168.7.250', { addresses }), linkOf(4))?.addresses.length, 8);
  });
});

describe('the choice of a server', () => {
  const announced = (letter: string, address = '192.168.7.9'): Announcement => ({
    id: id(letter),
    room: id('0'),
    port: 1,
    addresses: [address],
  });

  test('of two programs that hear each other exactly one visits, at once, whoever began', () => {
    const hex = fc.stringMatching(/^[0-9a-f]{32}$/);
    fc.assert(
      fc.property(fc.uniqueArray(hex, { minLength: 2, maxLength: 2 }), fc.nat(4_000), ([one = '', other = ''], now) => {
        const [ann, ben] = [new ServerChoice(one), new ServerChoice(other)];
        ann.heard({ ...announced('0'), id: other }, now);
        ben.heard({ ...announced('0'), id: one }, 0);
        const visits = [ann.advice(now).visit?.id ?? null, ben.advice(now).visit?.id ?? null];
        assert.deepEqual(visits, one < other ? [null, one] : [other, null]);
      }),
    );
  });

  test('of many programs all visit the one with the smallest id', () => {
    const choices = ['c', 'a', 'b'].map((letter) => new ServerChoice(id(letter)));
    for (const choice of choices) for (const letter of ['a', 'b', 'c']) choice.heard(announced(letter), 0);
    assert.deepEqual(
      choices.map((choice) => choice.advice(0).visit?.id ?? null),
      [id('a'), null, id('a')],
    );
  });

  test('visits a program that should have come to us after five seconds', () => {
    const choice = new ServerChoice(id('a'));
    choice.heard(announced('b'), 100);
    assert.deepEqual(choice.advice(100), { visit: null, askAgainAt: 5_100 });
    assert.equal(choice.advice(5_100).visit?.id, id('b'));
  });

  test('tries the next program after a failed visit, and the first again after growing pauses', () => {
    const choice = new ServerChoice(id('c'));
    choice.heard(announced('a'), 0);
    choice.heard(announced('b'), 0);
    assert.equal(choice.failed(id('a'), 0), 1);
    assert.equal(choice.advice(0).visit?.id, id('b'));
    choice.failed(id('b'), 0);
    assert.deepEqual(choice.advice(0), { visit: null, askAgainAt: 1_000 });
    assert.equal(choice.advice(1_000).visit?.id, id('a'));
    for (let failures = 2; failures < 12; failures += 1) assert.equal(choice.failed(id('a'), 1_000), failures);
    choice.gone(id('b'));
    choice.heard(announced('a'), 30_000);
    assert.deepEqual(choice.advice(30_000), { visit: null, askAgainAt: 31_000 });
  });

  test('forgets a program that is not heard of for half a minute or says goodbye', () => {
    const choice = new ServerChoice(id('c'));
    choice.heard(announced('a'), 0);
    choice.heard(announced('b'), 20_000);
    assert.equal(choice.advice(30_001).visit?.id, id('b'));
    choice.gone(id('b'));
    assert.deepEqual(choice.advice(30_001), { visit: null, askAgainAt: null });
  });

  test('adds the addresses of an announcement from another interface, and replaces them if the port is another', () => {
    const choice = new ServerChoice(id('c'));
    choice.heard(announced('a', '192.168.7.9'), 0);
    choice.heard(announced('a', 'fd00::9'), 0);
    assert.deepEqual(choice.advice(0).visit?.addresses, ['fd00::9', '192.168.7.9']);
    choice.heard({ ...announced('a', '192.168.7.8'), port: 2 }, 0);
    assert.deepEqual(choice.advice(0).visit?.addresses, ['192.168.7.8']);
  });

  test('remembers 16 programs of a flood, and never visits itself', () => {
    const choice = new ServerChoice(id('f'));
    for (let n = 0; n < 1_000; n += 1) choice.heard({ ...announced('0'), id: n.toString(16).padStart(32, '0') }, n);
    choice.heard(announced('f'), 1_000);
    let visits = 0;
    for (;;) {
      const { visit } = choice.advice(1_000);
      if (visit === null) break;
      visits += 1;
      choice.failed(visit.id, 1_000);
    }
    assert.equal(visits, 16);
  });
});

describe('the budget of multicast DNS', () => {
  const message = (records: number, questions = 0) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16BE(questions, 4);
    bytes.writeUInt16BE(records, 6);
    return bytes;
  };
  /** Returns how many such messages are read in one second. */
  const read = (bytes: Buffer) => {
    const budget = new MulticastBudget();
    return Array.from({ length: 1_000 }, (_, n) => budget.takes(bytes, n)).filter(Boolean).length;
  };

  test('reads fewer messages in a second the more they hold, and starts anew with the next', () => {
    assert.deepEqual(
      [1, 8, 32, 33].map((records) => read(message(records))),
      [235, 50, 3, 0],
    );
    assert.deepEqual(
      [1, 16, 17].map((questions) => read(message(0, questions))),
      [235, 14, 0],
    );
    assert.deepEqual([Buffer.alloc(11), Buffer.alloc(9_001)].map(read), [0, 0]);
    const budget = new MulticastBudget();
    for (let n = 0; n < 100; n += 1) budget.takes(message(8), 999);
    assert.ok(!budget.takes(message(8), 999));
    assert.ok(budget.takes(message(8), 1_000));
  });

  test('reads an announcement, but not 2 KB that would keep the library busy for half a second', () => {
    const budget = new MulticastBudget();
    const wasteful = Buffer.from(response(sameNames(128)), 'hex');
    assert.equal(wasteful.length, 2_072);
    assert.ok(!budget.takes(wasteful, 0));
    assert.ok(budget.takes(Buffer.from(response(announcing(id('a'), id('b'), 9)), 'hex'), 0));
  });

  test('does not take a packet of another interface for one of this', () => {
    for (const from of ['192.168.8.9', '127.0.0.1', '8.8.8.8', '']) assert.ok(!comesFrom(from, linkOf(4)), from);
    assert.ok(comesFrom('192.168.7.9', linkOf(4)));
    for (const from of ['fe80::9%wlan0', '2001:db8::9']) assert.ok(!comesFrom(from, linkOf(6)), from);
    for (const from of ['fe80::9%eth0', 'fd00::9']) assert.ok(comesFrom(from, linkOf(6)), from);
  });
});

describe('interfaces', () => {
  test('takes this machine for a neighbour, and nobody far away', () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) assert.ok(isNeighbour(address), address);
    for (const address of ['192.0.2.200.1', '198.51.100.7', '::ffff:198.51.100.7', '2001:db8::7', '']) {
      assert.ok(!isNeighbour(address), address);
    }
  });

  test('lists the loopback interface, which contains its own addresses only', () => {
    const loopback = localInterfaces().find((link) => link.isLoopback);
    assert.equal(loopback?.contains('127.0.0.1'), true);
    for (const address of ['198.51.100.7', '::1', '']) assert.equal(loopback?.contains(address), false, address);
  });
});
