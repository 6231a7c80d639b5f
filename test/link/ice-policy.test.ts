/** The user's word on relays, and what is said where no path was found. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenServers, isRelayed, isRelayWithheld, isUsable, withCandidates } from '../../peer/link/ice-policy.ts';
import { type Attempted, diagnose, portsVary } from '../../peer/link/no-path-diagnosis.ts';
import type { DirectFault, RelayFault } from '../../shared/error-details.ts';

const stun = (name: string) => ({ urls: [`stun:${name}`] });
const turn = (name: string) => ({ urls: [`turn:${name}`, `turns:${name}`], username: 'u', credential: 'c' });
const offered = [stun('offered'), turn('offered')];

test('uses a relay only if it is allowed', () => {
  assert.deepEqual(chosenServers({ iceServers: [] }, offered), [stun('offered')]);
  assert.deepEqual(chosenServers({ iceServers: [turn('own')], relay: 'never' }, offered), [stun('offered')]);
  assert.deepEqual(chosenServers({ iceServers: [], relay: 'allow' }, offered), offered);
  assert.deepEqual(chosenServers({ iceServers: [], relay: 'only' }, offered), offered);
});

test("replaces offered servers of a kind by the user's own", () => {
  assert.deepEqual(chosenServers({ iceServers: [stun('own')] }, offered), [stun('own')]);
  const both = { iceServers: [turn('own'), stun('own')], relay: 'allow' } as const;
  assert.deepEqual(chosenServers(both, offered), [stun('own'), turn('own')]);
  assert.deepEqual(chosenServers({ iceServers: [turn('own')], relay: 'allow' }, offered), [
    stun('offered'),
    turn('own'),
  ]);
});

test('tells whether a known relay is not allowed', () => {
  assert.ok(isRelayWithheld({ iceServers: [] }, offered));
  assert.ok(isRelayWithheld({ iceServers: [turn('own')] }, []));
  assert.ok(!isRelayWithheld({ iceServers: [], relay: 'allow' }, offered));
  assert.ok(!isRelayWithheld({ iceServers: [] }, [stun('offered')]));
});

const host = 'candidate:1 1 udp 2122260223 10.0.0.2 5000 typ host generation 0';
const mapped = (port: number, base = 5000) =>
  `candidate:2 1 udp 1686052607 203.0.113.1 ${port} typ srflx raddr 10.0.0.2 rport ${base} generation 0`;
const relayed = 'candidate:3 1 udp 41819903 203.0.113.9 6000 typ relay raddr 203.0.113.1 rport 5000';

test('tells candidates of a relay from others', () => {
  assert.ok(
    isRelayed(relayed) && isRelayed(relayed.toUpperCase()) && isRelayed('candidate:3 1 udp 1 1.2.3.4 1 typ relay'),
  );
  assert.ok(!isRelayed(host) && !isRelayed(mapped(1)));
});

test('keeps only the wanted candidates of a description', () => {
  const lines = ['v=0', `a=${host}`, `a=${relayed}`, `a=${mapped(1)}`, ''];
  const asked: string[] = [];
  const kept = withCandidates(lines.join('\r\n'), (candidate) => asked.push(candidate) > 0 && !isRelayed(candidate));
  assert.equal(kept, ['v=0', `a=${host}`, `a=${mapped(1)}`, ''].join('\r\n'));
  assert.deepEqual(asked, [host, relayed, mapped(1)]);
});

const at = (address: string) => host.replace('10.0.0.2', address);
const INWARDS = ['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1'];
const NOWHERE = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '224.0.0.251',
  '239.1.1.1',
  '255.255.255.255',
  '240.0.0.1',
  '999.0.0.1',
  '0177.0.0.1',
  '010.0.0.1',
  '127.1.1.01',
  '::',
  'ff02::fb',
  'FF05::1',
  'fe80::1',
  'febf::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  '::127.0.0.1',
  '::ffff:192.0.2.1',
  '2::1',
  'fc::1',
  '1:2:3',
  '::1::1',
  ':::',
];
const ELSEWHERE = [
  '10.0.0.2',
  '192.168.1.1',
  '100.64.0.1',
  '203.0.113.1',
  '169.253.1.1',
  '126.0.0.1',
  '223.0.0.1',
  'fd00::2',
  'fc00::1',
  '2001:db8::1',
  '3FFE:0:0::1',
  '2000::',
  '2001:db8::192.0.2.1',
  '0e4e9bf6-7a43-4a0c-9b6b-8f6f1f7a7a11.local',
];

test('uses no candidate of this machine, of many machines, or of none', () => {
  const policy = { iceServers: [] };
  for (const address of [...INWARDS, ...NOWHERE]) assert.ok(!isUsable(at(address), policy), address);
  for (const address of NOWHERE) assert.ok(!isUsable(at(address), { ...policy, loopback: true }), address);
  for (const address of ELSEWHERE) assert.ok(isUsable(at(address), policy), address);
  for (const address of INWARDS) assert.ok(isUsable(at(address), { ...policy, loopback: true }), address);
});

test('uses no .local name where only a relay may be used', () => {
  const named = at('0e4e9bf6-7a43-4a0c-9b6b-8f6f1f7a7a11.local');
  assert.ok(!isUsable(named, { iceServers: [], relay: 'only' }));
  assert.ok(isUsable(named, { iceServers: [], relay: 'allow' }));
  assert.ok(isUsable(host, { iceServers: [], relay: 'only' }));
});

test('uses no candidate over TCP, or of a relay that is not allowed', () => {
  const tcp = 'candidate:2 1 tcp 1518214911 192.0.2.2 9 typ host tcptype passive';
  for (const candidate of [tcp, tcp.toUpperCase()]) assert.ok(!isUsable(candidate, { iceServers: [] }));
  assert.ok(isUsable(host.replace('udp', 'UDP'), { iceServers: [] }));
  for (const candidate of [host, mapped(1), mapped(1).replace('srflx', 'prflx')]) {
    assert.ok(isUsable(candidate, { iceServers: [] }));
  }
  assert.ok(!isUsable(relayed, { iceServers: [] }));
  assert.ok(isUsable(relayed, { iceServers: [], relay: 'allow' }));
});

test('recognises a symmetric NAT by two public addresses of one local address', () => {
  assert.ok(portsVary([host, mapped(1), mapped(2)]));
  assert.ok(!portsVary([host, mapped(1), mapped(1), relayed]));
  assert.ok(!portsVary([mapped(1, 5000), mapped(2, 5001)]));
  // A browser does not say which local address it was.
  assert.ok(!portsVary([1, 2].map((port) => mapped(port).replace(/raddr.*/, 'raddr 0.0.0.0 rport 0'))));
});

const symmetric = [host, mapped(1), mapped(2)];
const cone = [host, mapped(1)];
const causes: [direct: DirectFault | null, relay: RelayFault | null, Partial<Attempted>][] = [
  ['both-symmetric', null, { local: symmetric, remote: symmetric }],
  ['here-symmetric', null, { local: symmetric, remote: cone }],
  ['there-symmetric', null, { local: cone, remote: symmetric }],
  ['udp-blocked-here', null, { local: [host] }],
  ['udp-blocked-here', null, { local: [host, at('::1')] }],
  ['no-stun', null, { urls: [] }],
  ['no-address-here', null, { local: [] }],
  ['no-address-there', null, { remote: [], urls: [] }],
  ['no-address-here', 'no-help', { relay: 'allow', urls: ['turn:example.org'], local: [relayed] }],
  ['udp-blocked-there', null, { remote: [host] }],
  ['unreachable', null, {}],
  // A public address needs no other; a server nearby sees no other.
  ['unreachable', null, { local: [at('198.51.100.1')], remote: [at('198.51.100.2')] }],
  ['unreachable', null, { local: [host], urls: ['stun:192.168.1.1:3478'] }],
  ['here-symmetric', 'withheld', { local: symmetric, relayWithheld: true }],
  ['unreachable', 'none-known', { relay: 'allow' }],
  ['unreachable', 'unusable', { relay: 'allow', urls: ['turn:example.org'] }],
  ['unreachable', 'no-help', { relay: 'allow', urls: ['turn:example.org'], local: [...cone, relayed] }],
  [
    'unreachable',
    'no-help-try-only',
    { relay: 'allow', urls: ['turn:example.org'], local: [...cone, relayed], remote: [...cone, relayed] },
  ],
  [null, 'only-relay-none-known', { relay: 'only', local: [] }],
  [null, 'unusable', { relay: 'only', urls: ['turn:example.org'], local: [] }],
];

test('names the cause as far as it is known', () => {
  const usual = { urls: ['stun:example.org'], relay: 'never', relayWithheld: false } as const;
  for (const [direct, relay, known] of causes) {
    const found = diagnose({ ...usual, local: cone, remote: cone, ...known });
    assert.deepEqual(found, { key: 'no-path', direct, relay });
  }
});
