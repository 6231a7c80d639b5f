/** What a person is told about each event, and that no message of his own gets lost on the way. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Transcript } from '../../peer/ui/chat-model.ts';
import { clock, type PeerEvent } from '../../peer/ui/event-text.ts';
import { ERROR_WORDS } from '../../peer/words/english/errors.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4);
const SAFETY = Array.from({ length: 12 }, (_, index) => String(10_000 + index)).join(' ');

function opened(): Transcript {
  const transcript = new Transcript({ colour: false, unicode: true }, false);
  transcript.event({ type: 'ready', version: '0.1.0', server: null, name: 'ben' });
  return transcript;
}

function peer(change: Partial<PeerEvent> = {}): PeerEvent {
  const event = {
    type: 'peer',
    peer: 'p1',
    name: 'anna',
    status: 'connected',
    path: 'direct',
    protocol: 'udp',
    rtt: 1,
  } as const;
  return { ...event, trust: 'new', safety: SAFETY, ...change };
}

const message = (text: string, name = 'anna') =>
  ({ type: 'message', id: 'm', peer: 'p1', name, text, at: new Date(NOW).toISOString() }) as const;

test('a message has time and name, its further lines are indented', () => {
  const { lines } = opened().event(message('one\ntwo\x1b[2J'));
  assert.deepEqual(lines, [`${clock(NOW)} anna: one`, '      two\\x1b[2J']);
});

test('a name can neither steer, nor spread, nor pass for ours', () => {
  const shown = (name: string) => opened().event(message('x', name)).lines[0]?.slice(6);
  assert.equal(shown('an\x1b[2Jna\n'), 'an\\x1b[2Jna: x');
  assert.equal(shown('Ben'), 'Ben (other side): x');
  assert.equal(shown('ｂen'), 'ｂen (other side): x');
  assert.equal(shown('you'), 'you (other side): x');
  for (const name of ['уou', 'Yо\u0301u', 'y0u', '> you', 'ʏᴏᴜ', 'В е ո', 'beո'])
    assert.match(shown(name) ?? '', / \(other side\): x$/, name);
  assert.equal(shown('you: I agree'), 'you\\x3a I agree: x');
  assert.equal(shown('> you： x'), '\\x3e you\\uff1a x: x');
  assert.equal(shown('you\ua4fd x'), 'you\\ua4fd x: x');
  assert.equal(shown('Анна'), 'Анна: x');
  assert.equal(shown('🙂'), '🙂: x');
  assert.equal(shown('  '), 'somebody: x');
  assert.equal(shown('n'.repeat(64)), `${'n'.repeat(23)}…: x`);
});

test('a message of ours is pending until it is delivered, then has its tick', () => {
  const transcript = opened();
  const { command, lines } = transcript.typed('hi', NOW);
  assert.deepEqual([command, lines], [{ type: 'send', text: 'hi', ref: '1' }, []]);
  assert.deepEqual(transcript.pending, [`${clock(NOW)}> you: hi`]);
  transcript.event({ type: 'sent', id: 'a', ref: '1' });
  assert.equal(transcript.pending.length, 1);
  assert.deepEqual(transcript.event({ type: 'delivered', id: 'a', peer: 'p1' }).lines, [`${clock(NOW)}> you: hi ✓`]);
  assert.deepEqual(transcript.pending, []);
  assert.deepEqual(transcript.event({ type: 'delivered', id: 'a', peer: 'p1' }).lines, []);
  assert.deepEqual(transcript.typed('a paste\n', NOW).command, { type: 'send', text: 'a paste', ref: '2' });
  transcript.event({ type: 'sent', id: 'b', ref: '2' });
  assert.deepEqual(transcript.event({ type: 'delivered', id: 'b', peer: 'p1' }).lines, [
    `${clock(NOW)}> you: a paste ✓`,
  ]);
});

test('a line of ours begins as none of others can', () => {
  const transcript = opened();
  transcript.typed('hi', NOW);
  transcript.event({ type: 'sent', id: 'a', ref: '1' });
  const [own = ''] = transcript.event({ type: 'delivered', id: 'a', peer: 'p1' }).lines;
  for (const name of ['you', 'уou', '> you', '>', '']) {
    for (const line of transcript.event(message(`hi ✓\n${own}`, name)).lines) {
      assert.notEqual(line, own);
      assert.equal(line[5], ' ', line);
    }
  }
});

test('what was not delivered is said at the end', () => {
  const transcript = opened();
  transcript.typed('one', NOW);
  transcript.event({ type: 'sent', id: 'a', ref: '1' });
  transcript.typed('two\nlines', NOW);
  assert.deepEqual(transcript.pending.at(-1), `${clock(NOW)}> you: two … (2 lines)`);
  assert.deepEqual(transcript.farewell(), [
    `${clock(NOW)}> you: one (not delivered)`,
    `${clock(NOW)}> you: two`,
    '       lines (not delivered)',
  ]);
});

test('a text that is too long or not taken over comes back', () => {
  const transcript = opened();
  const long = 'ü'.repeat(MAX_TEXT / 2 + 1);
  const refused = transcript.typed(long, NOW);
  assert.deepEqual([refused.command, refused.back], [null, long]);
  assert.match(refused.lines.join(' '), /longer than 65,536 bytes/);
  assert.equal(transcript.typed('ü'.repeat(MAX_TEXT / 2), NOW).command?.type, 'send');
  transcript.event({ type: 'sent', id: 'a', ref: '1' });
  transcript.typed('kept', NOW);
  const { back } = transcript.event({ type: 'error', error: new AparteError('outbox-full'), fatal: false });
  assert.equal(back, 'kept');
  assert.equal(transcript.pending.length, 1);
  assert.deepEqual(transcript.typed('  \n', NOW), { lines: [], command: null, back: null });
});

test('a changed key is loud, stays marked, and is told again after it was learnt', () => {
  const transcript = opened();
  const lines = transcript.event(peer({ trust: 'changed' })).lines.join('\n');
  assert.match(lines, /^!!! WARNING: this is NOT the anna you know/m);
  assert.match(lines, /\/verify/);
  assert.match(transcript.event(message('hi')).lines[0] ?? '', /anna \(!\): hi$/);
});

test('comings and goings are told once each', () => {
  const transcript = opened();
  const told = (change: Partial<PeerEvent>) => transcript.event(peer(change)).lines.join('\n');
  assert.equal(told({ status: 'connecting', name: '', path: null, safety: null }), '');
  assert.match(told({}), /anna is here \(direct\): first time with this key; \/verify/);
  assert.equal(told({}), '');
  assert.match(told({ path: 'relay' }), /path to anna has changed \(over a relay\)/);
  assert.match(told({ trust: 'verified' }), /anna: verified key/);
  assert.match(told({ status: 'reconnecting', path: null, trust: 'verified' }), /is lost; trying/);
  assert.match(told({ trust: 'verified' }), /anna is back \(direct\)/);
  assert.match(told({ status: 'lost', path: null }), /did not come back/);
  assert.match(told({ status: 'left', path: null }), /anna has left/);
});

test('/verify shows the number and how to compare it, /verify yes says that it was', () => {
  const transcript = opened();
  assert.match(transcript.typed('/verify', NOW).lines.join(), /nothing to compare/);
  transcript.event(peer());
  const { lines, command } = transcript.typed('/verify', NOW);
  assert.equal(command, null);
  for (const group of SAFETY.split(' ')) assert.ok(lines.join(' ').includes(group));
  assert.match(lines.join(' '), /Compare it.*\/verify yes/);
  assert.deepEqual(transcript.typed('/verify yes', NOW).command, { type: 'verify', peer: 'p1' });
  assert.deepEqual(transcript.typed('/verify ANNA yes', NOW).command, { type: 'verify', peer: 'p1' });
  assert.match(transcript.typed('/verify eve yes', NOW).lines.join(), /Nobody of that name/);
  transcript.event(peer({ peer: 'p2', name: 'carl' }));
  assert.match(transcript.typed('/verify yes', NOW).lines.join(), /\/verify anna, \/verify carl/);
});

test('/peers lists who is here, by which path and with which key', () => {
  const transcript = opened();
  assert.match(transcript.typed('/peers', NOW).lines.join(), /Nobody is here yet/);
  transcript.event(peer({ trust: 'known' }));
  assert.deepEqual(transcript.typed('/peers', NOW).lines, ['— anna: connected, direct; known key']);
});

test('errors say what happened and what to do; the end adds nothing', () => {
  const transcript = opened();
  const error = new AparteError('data-folder', { key: 'not-remembered', name: 'ann\x1b', cause: null });
  const [first, second] = transcript.event({ type: 'error', error, fatal: true }).lines;
  assert.equal(first, '!!! The data folder cannot be used: what is new about ann\\x1b is not remembered.');
  assert.equal(second, `    ${ERROR_WORDS['data-folder'].hint}`);
  assert.deepEqual(transcript.event({ type: 'end', reason: 'wrong-code', exit: 3 }).lines, []);
});

test('typing is shown until the message has come', () => {
  const transcript = opened();
  transcript.event(peer());
  transcript.event({ type: 'typing', peer: 'p1', on: true });
  assert.deepEqual(transcript.typing, ['anna']);
  transcript.event(message('done'));
  assert.deepEqual(transcript.typing, []);
});
