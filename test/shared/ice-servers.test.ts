/** URIs of STUN and TURN servers: which texts are valid, and that a WebRTC implementation takes all valid ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import wrtc from 'wrtc';
import { isStunUrl, isTurnUrl, parseTurnServer } from '../../shared/ice-servers.ts';
import { JoinReply } from '../../shared/signal-wire.ts';

const STUN = ['stun:example.org', 'stun:192.0.2.1:3478', 'stun:[2001:db8::1]', 'stun:[::1]:1', 'stun:a:65535'];
const TURN = ['turn:example.org', 'turn:[::1]:3478?transport=tcp', 'turns:a.b:5349', 'turns:a?transport=udp'];
const NEITHER = [
  '',
  'stun:',
  'turn:',
  'stun://example.org',
  'http://example.org',
  'STUN:example.org',
  'stun:example.org:0',
  'stun:example.org:65536',
  'stun:example.org:',
  'stun:-a',
  'stun:a b',
  'stun:a\n',
  'stun:1.2.3.4.5',
  'stun:[::g]',
  'stun:[::1',
  'stun:user@example.org',
  'stun:example.org?transport=udp',
  'turn:example.org?transport=sctp',
  'turn:example.org?transport=udp&x',
  'turn:user:pass@example.org',
  `turn:${'a'.repeat(300)}`,
];

test('valid server URIs are accepted and all other texts refused', () => {
  for (const url of STUN) assert.ok(isStunUrl(url) && !isTurnUrl(url), url);
  for (const url of TURN) assert.ok(isTurnUrl(url) && !isStunUrl(url), url);
  for (const url of NEITHER) assert.ok(!isStunUrl(url) && !isTurnUrl(url), url);
});

test('wrtc takes every valid URI', () => {
  const iceServers = [{ urls: STUN }, { urls: TURN, username: 'a', credential: 'b' }];
  new wrtc.RTCPeerConnection({ iceServers }).close();
});

test('a TURN server is read with its credentials', () => {
  assert.deepEqual(parseTurnServer('turn:ann:secret@relay.example.org:3478?transport=tcp'), {
    urls: ['turn:relay.example.org:3478?transport=tcp'],
    username: 'ann',
    credential: 'secret',
  });
  assert.deepEqual(parseTurnServer('turns:1%3A2:a%40b:c/=@[::1]'), {
    urls: ['turns:[::1]'],
    username: '1:2',
    credential: 'a@b:c/=',
  });
  for (const text of ['turn:a.org', 'turn:ann@a.org', 'turn::b@a.org', 'turn:a:@a.org', 'turn:%:b@a.org', 'stun:a:b@c'])
    assert.equal(parseTurnServer(text), null, text);
});

const reply = (more: object) => v.is(JoinReply, { nameplate: 'a', self: 'b', token: 'c', ...more });
const offer = (more: object = {}) => ({ urls: ['turn:a.org'], username: 'u', credential: 'c', ...more });

test('an answer to a join may offer a STUN port and TURN servers, within limits', () => {
  assert.ok(reply({}));
  assert.ok(reply({ stunPort: 3478, turn: [offer()] }));
  assert.ok(reply({ turn: [] }));
  assert.ok(reply({ stun: Array.from({ length: 1_000 }, () => 'stun:a.org') }), 'unknown keys are ignored');
  for (const stunPort of [0, 65_536, 1.5, '3478', null]) assert.ok(!reply({ stunPort }), String(stunPort));
  assert.ok(!reply({ turn: Array.from({ length: 5 }, () => offer()) }));
  assert.ok(!reply({ turn: [offer({ urls: Array.from({ length: 5 }, () => 'turn:a.org') })] }));
  assert.ok(!reply({ turn: [offer({ urls: [] })] }));
  for (const url of NEITHER) assert.ok(!reply({ turn: [offer({ urls: [url] })] }), url);
  for (const username of ['', 'a b', 'a\n', 'x'.repeat(257)]) assert.ok(!reply({ turn: [offer({ username })] }));
});
