/** The lines that people see when a code is ready, when a peer arrives, and when the two pair by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blobLines, codeLines, type PeerEvent, peerLines, shownName } from '../../peer/ui/event-text.ts';
import type { ProgramCommand } from '../../peer/words/word-types.ts';

const PLAIN = { colour: false, unicode: true };
const CODE = '7-ocean-violin';
const PEER: PeerEvent = {
  type: 'peer',
  peer: 'p1',
  id: 'AAAA',
  name: 'ann',
  status: 'connected',
  path: 'direct',
  protocol: 'udp',
  rtt: 1,
  trust: 'new',
  safety: null,
};
const shared = (invite: string | null, command: ProgramCommand = 'chat') =>
  codeLines({ code: CODE, invite }, command, PLAIN).map((line) => line.slice(2));

test('asks the other side for the code alone where the server is the default', () => {
  const lines = shared(`http://localhost:7470/#${CODE}`);
  assert.equal(lines[0], `The code is  ${CODE}`);
  assert.ok(lines.includes(`  aparte ${CODE}`));
  assert.ok(lines.includes(`(from a clone: npm run chat -- ${CODE})`));
  assert.equal(lines.at(-2), 'This code only works on this computer.');
  assert.match(lines.at(-1) ?? '', /use --lan, --manual or --server URL\./);
});

test('asks the other side for the invite where the server is another', () => {
  const invite = `https://meet.example.org/#${CODE}`;
  const lines = shared(invite);
  assert.ok(lines.includes(`  aparte ${invite}`));
  assert.ok(lines.includes(`(from a clone: npm run chat -- ${invite})`));
  assert.doesNotMatch(lines.join(), /this computer/);
  assert.match(shared(`http://127.0.0.1:8000/#${CODE}`).join(), /aparte http.*this computer/);
});

test('asks the other side to use the local network without a server, and to receive what is sent', () => {
  assert.ok(shared(null).includes(`  aparte --lan ${CODE}`));
  assert.ok(shared(`http://localhost:7470/#${CODE}`, 'send').includes(`  aparte receive ${CODE}`));
  assert.ok(shared(null, 'send').includes(`(from a clone: node dist/main.js receive --lan ${CODE})`));
  assert.doesNotMatch(shared(null, 'send').join(), /npm run chat/);
});

test('makes the code stand out, and no line faint', () => {
  const lines = codeLines({ code: CODE, invite: null }, 'chat', { colour: true, unicode: true });
  assert.equal(lines[0], `— The code is  \x1b[1m${CODE}\x1b[22m`);
  assert.ok(lines.every((line) => !line.includes('\x1b[2m')));
});

test('keeps the lines about the code within 80 columns', () => {
  for (const invite of [null, `http://localhost:7470/#${CODE}`]) {
    for (const line of codeLines({ code: CODE, invite }, 'chat', PLAIN)) assert.ok(line.length <= 80, line);
  }
});

test('names the command that the other side needs for an invite', () => {
  const [invite, answer] = [{ type: 'invite', blob: 'ap1iX' } as const, { type: 'answer', blob: 'ap1aX' } as const];
  const shown = (command: ProgramCommand, hasAgreedCode = false) =>
    blobLines(invite, { command, hasAgreedCode }, [], PLAIN).join('\n');
  assert.match(shown('chat'), /run "aparte --manual INVITE"\. Use a channel .* use --code too/);
  assert.match(shown('send'), /run "aparte receive --manual INVITE"\. /);
  assert.match(shown('receive'), /run "aparte send --manual INVITE"\. /);
  assert.match(shown('receive', true), /run "aparte send --manual --code INVITE", and type the code you agreed on\./);
  assert.doesNotMatch(shown('chat', true), /--code too|channel/);
  assert.doesNotMatch(blobLines(answer, { command: 'chat', hasAgreedCode: false }, [], PLAIN).join(), /--manual/);
});

test('advises /verify only where there is such a command', () => {
  const shown = (command: ProgramCommand, change: Partial<PeerEvent> = {}) =>
    peerLines({ ...PEER, ...change }, null, 'ann', command, PLAIN).join('\n');
  assert.equal(shown('chat'), '— ann is here (direct): new key. Type /verify to be sure who it is.');
  for (const command of ['send', 'receive'] as const) {
    assert.match(shown(command), /new key\.\n {2}To be sure who it is, compare "aparte peers" here/);
    assert.match(shown(command, { trust: 'changed' }), /WARNING[\s\S]*open a chat and type \/verify\.$/);
    assert.doesNotMatch(shown(command, { own: true }), /To be sure|verify/);
    assert.doesNotMatch(shown(command, { trust: 'known' }), /To be sure|verify/);
  }
});

test('marks a name that has ours or "you" among its words', () => {
  const shown = (name: string) => shownName(name, 'ann', PLAIN);
  for (const name of ['ann', 'ann (you)', 'Аnn', 'bert (ann)', 'ann, really', 'you too', 'ben/уou'])
    assert.match(shown(name), / \(other side\)$/, name);
  for (const name of ['anna', 'joann', 'youri', 'bert']) assert.equal(shown(name), name);
  assert.equal(shownName('bert', '', PLAIN), 'bert');
});
