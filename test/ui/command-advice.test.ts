/** What is advised fits the command that was started. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blobLines, type PeerEvent, peerLines, type Verb } from '../../peer/ui/event-text.ts';

const PLAIN = { colour: false, unicode: true };
const PEER: PeerEvent = {
  type: 'peer',
  peer: 'p1',
  name: 'ann',
  status: 'connected',
  path: 'direct',
  protocol: 'udp',
  rtt: 1,
  trust: 'new',
  safety: null,
};

test('an invite names the command that the other side needs', () => {
  const [invite, answer] = [{ type: 'invite', blob: 'ap1iX' } as const, { type: 'answer', blob: 'ap1aX' } as const];
  const told = (verb: Verb, spoken = false) => blobLines(invite, { verb, spoken }, [], PLAIN).join('\n');
  assert.match(told('chat'), /for "aparte --manual", over a channel .* use --code too/);
  assert.match(told('send'), /for "aparte receive --manual", /);
  assert.match(told('receive'), /for "aparte send --manual", /);
  assert.match(told('receive', true), /for "aparte send --manual --code" with the code you both agreed on\./);
  assert.doesNotMatch(told('chat', true), /--code too|channel/);
  assert.doesNotMatch(blobLines(answer, { verb: 'chat', spoken: false }, [], PLAIN).join(), /--manual/);
});

test('what has no /verify does not advise it', () => {
  const told = (verb: Verb, change: Partial<PeerEvent> = {}) =>
    peerLines({ ...PEER, ...change }, null, 'ann', verb, PLAIN).join('\n');
  assert.equal(told('chat'), '— ann is here (direct): first time with this key; /verify shows how to be sure.');
  for (const verb of ['send', 'receive'] as const) {
    assert.match(told(verb), /with this key\.\n {2}To be sure: "aparte peers" here and "aparte id" there/);
    assert.match(told(verb, { trust: 'changed' }), /WARNING[\s\S]*in a chat, with \/verify$/);
    assert.doesNotMatch(told(verb, { own: true }), /To be sure|verify/);
    assert.doesNotMatch(told(verb, { trust: 'known' }), /To be sure|verify/);
  }
});
