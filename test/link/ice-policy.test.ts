/** The user's word on relays, and what is said where no path was found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempted, diagnose, portsVary } from '../../peer/link/diagnosis.ts';
import { chosenServers, isRelayed, isRelayWithheld, withoutRelayed } from '../../peer/link/ice-policy.ts';

const stun = (name: string) => ({ urls: [`stun:${name}`] });
const turn = (name: string) => ({ urls: [`turn:${name}`, `turns:${name}`], username: 'u', credential: 'c' });
const offered = [stun('offered'), turn('offered')];

test('a relay is used only where it is allowed', () => {
  assert.deepEqual(chosenServers({ iceServers: [] }, offered), [stun('offered')]);
  assert.deepEqual(chosenServers({ iceServers: [turn('own')], relay: 'never' }, offered), [stun('offered')]);
  assert.deepEqual(chosenServers({ iceServers: [], relay: 'allow' }, offered), offered);
  assert.deepEqual(chosenServers({ iceServers: [], relay: 'only' }, offered), offered);
});

test('the servers a user names take the place of those of their kind that are offered', () => {
  assert.deepEqual(chosenServers({ iceServers: [stun('own')] }, offered), [stun('own')]);
  const both = { iceServers: [turn('own'), stun('own')], relay: 'allow' } as const;
  assert.deepEqual(chosenServers(both, offered), [stun('own'), turn('own')]);
  assert.deepEqual(chosenServers({ iceServers: [turn('own')], relay: 'allow' }, offered), [
    stun('offered'),
    turn('own'),
  ]);
});

test('a relay that is known and not allowed is known to be', () => {
  assert.ok(isRelayWithheld({ iceServers: [] }, offered));
  assert.ok(isRelayWithheld({ iceServers: [turn('own')] }, []));
  assert.ok(!isRelayWithheld({ iceServers: [], relay: 'allow' }, offered));
  assert.ok(!isRelayWithheld({ iceServers: [] }, [stun('offered')]));
});

const host = 'candidate:1 1 udp 2122260223 10.0.0.2 5000 typ host generation 0';
const mapped = (port: number, base = 5000) =>
  `candidate:2 1 udp 1686052607 203.0.113.1 ${port} typ srflx raddr 10.0.0.2 rport ${base} generation 0`;
const relayed = 'candidate:3 1 udp 41819903 203.0.113.9 6000 typ relay raddr 203.0.113.1 rport 5000';

test('candidates over a relay are told from others, in a description as well', () => {
  assert.ok(
    isRelayed(relayed) && isRelayed(relayed.toUpperCase()) && isRelayed('candidate:3 1 udp 1 1.2.3.4 1 typ relay'),
  );
  assert.ok(!isRelayed(host) && !isRelayed(mapped(1)));
  const lines = ['v=0', `a=${host}`, `a=${relayed}`, `A=${relayed}`, `a=${mapped(1)}`, ''];
  assert.equal(withoutRelayed(lines.join('\r\n')), ['v=0', `a=${host}`, `a=${mapped(1)}`, ''].join('\r\n'));
});

test('a NAT with a port for each destination shows in two public addresses of one local one', () => {
  assert.ok(portsVary([host, mapped(1), mapped(2)]));
  assert.ok(!portsVary([host, mapped(1), mapped(1), relayed]));
  assert.ok(!portsVary([mapped(1, 5000), mapped(2, 5001)]));
  // A browser does not say which local address it was.
  assert.ok(!portsVary([1, 2].map((port) => mapped(port).replace(/raddr.*/, 'raddr 0.0.0.0 rport 0'))));
});

const at = (address: string) => host.replace('10.0.0.2', address);
const symmetric = [host, mapped(1), mapped(2)];
const cone = [host, mapped(1)];
const causes: [words: RegExp, Partial<Attempted>][] = [
  [/^both sides are behind NATs .*symmetric\)$/, { local: symmetric, remote: symmetric }],
  [/^the NAT here /, { local: symmetric, remote: cone }],
  [/^the NAT of the other side /, { local: cone, remote: symmetric }],
  [/^UDP seems to be blocked here/, { local: [host] }],
  [/^UDP seems to be blocked here/, { local: [host, at('::1')] }],
  [/^no STUN server is known/, { urls: [] }],
  [/^the other side could not find out its public address/, { remote: [host] }],
  [/^no address of one side could be reached/, {}],
  // A public address needs no other; a server nearby sees no other.
  [/^no address of one side could be reached/, { local: [at('198.51.100.1')], remote: [at('198.51.100.2')] }],
  [/^no address of one side could be reached/, { local: [host], urls: ['stun:192.168.1.1:3478'] }],
  [/symmetric\); a relay is offered but not allowed: see --relay allow$/, { local: symmetric, relayWithheld: true }],
  [/; no relay is known$/, { relay: 'allow' }],
  [/; the relay could not be used$/, { relay: 'allow', urls: ['turn:example.org'] }],
  [/; the relay did not help$/, { relay: 'allow', urls: ['turn:example.org'], local: [...cone, relayed] }],
  [/^only a relay is allowed, and none is known$/, { relay: 'only', local: [] }],
  [/^the relay could not be used$/, { relay: 'only', urls: ['turn:example.org'], local: [] }],
];

test('the cause is named as far as it is known', () => {
  const usual = { urls: ['stun:example.org'], relay: 'never', relayWithheld: false } as const;
  for (const [words, known] of causes) assert.match(diagnose({ ...usual, local: cone, remote: cone, ...known }), words);
});
