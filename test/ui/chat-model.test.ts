/** The lines for each event and each typed line. No message of the user gets lost on the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatModel } from '../../peer/ui/chat-model.ts';
import { clock, type PeerEvent } from '../../peer/ui/event-text.ts';
import { ERROR_WORDS } from '../../peer/words/english/errors.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';

const NOW = new Date(2026, 0, 2, 3, 4).getTime();
const SAFETY = Array.from({ length: 12 }, (_, index) => String(10_000 + index)).join(' ');

function opened(): ChatModel {
  const model = new ChatModel({
    command: 'chat',
    appearance: { colour: false, unicode: true },
    hasAgreedCode: false,
    now: NOW,
  });
  model.event({ type: 'ready', version: '0.1.0', server: null, name: 'ben' });
  return model;
}

function peer(change: Partial<PeerEvent> = {}): PeerEvent {
  const event = {
    type: 'peer',
    peer: 'p1',
    id: 'AAAA',
    name: 'anna',
    status: 'connected',
    path: 'direct',
    protocol: 'udp',
    rtt: 1,
  } as const;
  return { ...event, trust: 'new', safety: SAFETY, ...change };
}

const message = (text: string, name = 'anna', at = NOW) =>
  ({ type: 'message', id: 'm', peer: 'p1', name, text, at: new Date(at).toISOString() }) as const;

/** Sends a text and has it delivered. Returns the lines. */
function delivered(model: ChatModel, text: string, at = NOW): readonly string[] {
  const { command } = model.typed(text, at);
  assert.equal(command?.type, 'send');
  model.event({ type: 'sent', id: text, ref: command.ref });
  return model.event({ type: 'delivered', id: text, peer: 'p1' }).lines;
}

test('shows a message with its time and name, and indents its other lines', () => {
  const { lines } = opened().event(message('one\ntwo\x1b[2J'));
  assert.deepEqual(lines, [`${clock(NOW)} anna: one`, '      two\\x1b[2J']);
});

test('shows a name so that it cannot steer, fill the row, or look like ours', () => {
  const shown = (name: string) => opened().event(message('x', name)).lines[0]?.slice(6);
  assert.equal(shown('an\x1b[2Jna\n'), 'an\\x1b[2Jna: x');
  assert.equal(shown('Ben'), 'Ben (other side): x');
  assert.equal(shown('ｂen'), 'ｂen (other side): x');
  assert.equal(shown('you'), 'you (other side): x');
  for (const name of ['уou', 'Yо\u0301u', 'y0u', '> you', 'ʏᴏᴜ', 'В е ո', 'beո'])
    assert.match(shown(name) ?? '', / \(other side\): x$/, name);
  assert.equal(shown('you: I agree'), 'you\\x3a I agree (other side): x');
  assert.equal(shown('> you： x'), '\\x3e you\\uff1a x (other side): x');
  assert.equal(shown('you\ua4fd x'), 'you\\ua4fd x: x');
  assert.equal(shown('Анна'), 'Анна: x');
  assert.equal(shown('🙂'), '🙂: x');
  assert.equal(shown('  '), 'somebody: x');
  assert.equal(shown('n'.repeat(64)), `${'n'.repeat(23)}…: x`);
});

test('lists a message of ours as pending until it is delivered, then ticks it', () => {
  const model = opened();
  const { command, lines } = model.typed('hi', NOW);
  assert.deepEqual([command, lines], [{ type: 'send', text: 'hi', ref: '1' }, []]);
  assert.deepEqual(model.pending, [`${clock(NOW)}> you: hi`]);
  model.event({ type: 'sent', id: 'a', ref: '1' });
  assert.equal(model.pending.length, 1);
  assert.deepEqual(model.event({ type: 'delivered', id: 'a', peer: 'p1' }).lines, [`${clock(NOW)}> you: hi ✓`]);
  assert.deepEqual(model.pending, []);
  assert.deepEqual(model.event({ type: 'delivered', id: 'a', peer: 'p1' }).lines, []);
  assert.deepEqual(model.typed('a paste\n', NOW).command, { type: 'send', text: 'a paste', ref: '2' });
  model.event({ type: 'sent', id: 'b', ref: '2' });
  assert.deepEqual(model.event({ type: 'delivered', id: 'b', peer: 'p1' }).lines, [`${clock(NOW)}> you: a paste ✓`]);
});

test('begins a line of ours as no line of a peer can', () => {
  const model = opened();
  model.typed('hi', NOW);
  model.event({ type: 'sent', id: 'a', ref: '1' });
  const [own = ''] = model.event({ type: 'delivered', id: 'a', peer: 'p1' }).lines;
  for (const name of ['you', 'уou', '> you', '>', '']) {
    for (const line of model.event(message(`hi ✓\n${own}`, name)).lines) {
      assert.notEqual(line, own);
      assert.equal(line[5], ' ', line);
    }
  }
});

test('says at the end which messages were not delivered, and what is known of them', () => {
  const model = opened();
  model.typed('one', NOW);
  model.event({ type: 'sent', id: 'a', ref: '1' });
  assert.deepEqual(model.notDelivered(), [`${clock(NOW)}> you: one (not delivered)`]);
  model.event(peer());
  model.typed('two\nlines', NOW);
  assert.deepEqual(model.pending.at(-1), `${clock(NOW)}> you: two … (2 lines)`);
  assert.deepEqual(model.notDelivered(), [
    `${clock(NOW)}> you: one (delivery not confirmed)`,
    `${clock(NOW)}> you: two`,
    '       lines (not delivered)',
  ]);
});

test('gives a text back that is too long or was not taken over', () => {
  const model = opened();
  const long = 'ü'.repeat(MAX_TEXT / 2 + 1);
  const refused = model.typed(long, NOW);
  assert.deepEqual([refused.command, refused.unsent], [null, long]);
  assert.match(refused.lines.join(' '), /longer than 65,536 bytes/);
  assert.equal(model.typed('ü'.repeat(MAX_TEXT / 2), NOW).command?.type, 'send');
  model.event({ type: 'sent', id: 'a', ref: '1' });
  model.typed('kept', NOW);
  const { unsent } = model.event({ type: 'error', error: new AparteError('outbox-full'), fatal: false });
  assert.equal(unsent, 'kept');
  assert.equal(model.pending.length, 1);
  assert.deepEqual(model.typed('  \n', NOW), { lines: [], command: null, unsent: null });
});

test('warns loudly of a changed key, and keeps the name marked', () => {
  const model = opened();
  const lines = model.event(peer({ trust: 'changed' })).lines.join('\n');
  assert.match(lines, /^!!! WARNING: this is NOT the anna you know/m);
  assert.match(lines, /\/verify/);
  assert.match(model.event(message('hi')).lines[0] ?? '', /anna \(!\): hi$/);
});

test('says once each that a peer comes, goes or changes', () => {
  const model = opened();
  const told = (change: Partial<PeerEvent>) => model.event(peer(change)).lines.join('\n');
  assert.equal(told({ status: 'connecting', name: '', path: null, safety: null }), '');
  assert.match(told({}), /anna is here \(direct\): new key\. Type \/verify/);
  assert.equal(told({}), '');
  assert.match(told({ path: 'relay' }), /path to anna has changed\. It is now over a relay\./);
  assert.match(told({ trust: 'verified' }), /anna: verified key/);
  assert.match(
    told({ status: 'reconnecting', path: null, trust: 'verified' }),
    /is lost\. The program tries to reconnect\./,
  );
  assert.match(told({ trust: 'verified' }), /anna is back \(direct\)/);
  assert.match(told({ status: 'lost', path: null }), /did not come back/);
  assert.match(told({ status: 'left', path: null }), /anna has left/);
});

test('shows the safety number on /verify, and marks it as compared on /verify yes', () => {
  const model = opened();
  assert.match(model.typed('/verify', NOW).lines.join(), /nothing to compare/);
  model.event(peer());
  const { lines, command } = model.typed('/verify', NOW);
  assert.equal(command, null);
  for (const group of SAFETY.split(' ')) assert.ok(lines.join(' ').includes(group));
  assert.match(lines.join(' '), /Compare it.*\/verify yes/);
  assert.deepEqual(model.typed('/verify yes', NOW).command, { type: 'verify', peer: 'p1' });
  assert.deepEqual(model.typed('/verify ANNA yes', NOW).command, { type: 'verify', peer: 'p1' });
  assert.match(model.typed('/verify eve yes', NOW).lines.join(), /Nobody here has that name\. Here are: anna\./);
  model.event(peer({ peer: 'p2', name: 'carl' }));
  assert.match(model.typed('/verify yes', NOW).lines.join(), /\/verify anna, \/verify carl/);
});

test('lists on /peers who is here, by which path and with which key', () => {
  const model = opened();
  assert.match(model.typed('/peers', NOW).lines.join(), /Nobody is here yet/);
  model.event(peer({ trust: 'known' }));
  assert.deepEqual(model.typed('/peers', NOW).lines, ['— anna: connected, direct; known key']);
});

test('says of an error what happened and what to do; the end adds nothing', () => {
  const model = opened();
  const error = new AparteError('data-folder', { key: 'not-remembered', name: 'ann\x1b', cause: null });
  const [first, second] = model.event({ type: 'error', error, fatal: true }).lines;
  assert.equal(first, '!!! The data folder cannot be used: what is new about ann\\x1b is not remembered.');
  assert.equal(second, `    ${ERROR_WORDS['data-folder'].hint}`);
  assert.deepEqual(model.event({ type: 'end', reason: 'wrong-code', exit: 3 }).lines, []);
});

test('shows that a peer is typing until their message has come', () => {
  const model = opened();
  model.event(peer());
  model.event({ type: 'typing', peer: 'p1', on: true });
  assert.deepEqual(model.typing, ['anna']);
  model.event(message('done'));
  assert.deepEqual(model.typing, []);
});

test('says since when a key is verified, and that ours needs no comparing', () => {
  const model = opened();
  const verifiedAt = new Date(2026, 0, 1, 9, 5).toISOString();
  model.event(peer({ trust: 'verified', verifiedAt }));
  const { lines, command } = model.typed('/verify', NOW);
  assert.equal(command, null);
  assert.match(lines[0] ?? '', /anna, which you verified on 1 January 2026 at 09:05:$/);
  assert.equal(lines.length, 4);
  assert.doesNotMatch(lines.join(), /leave|\/verify yes/);
  const again = model.typed('/verify yes', NOW);
  assert.equal(again.command, null);
  assert.match(again.lines.join(), /verified already: you did that on 1 January/);
  model.event(peer({ trust: 'known', own: true }));
  for (const typed of ['/verify', '/verify yes']) {
    const own = model.typed(typed, NOW);
    assert.equal(own.command, null);
    assert.match(own.lines.join(), /^— This is your own key, in another program/);
  }
});

test('shows the code again on /code, until it was used', () => {
  const model = opened();
  assert.match(model.typed('/code', NOW).lines.join(), /made no code/);
  const { lines } = model.event({ type: 'code', code: '7-ocean-violin', invite: null });
  assert.deepEqual(model.typed('/code', NOW).lines, lines);
  model.event(peer());
  assert.match(model.typed('/code', NOW).lines.join(), /7-ocean-violin\. It has been used/);
});

test('puts the date above the first line of another day, in both directions', () => {
  const model = opened();
  const [evening, morning] = [new Date(2026, 0, 2, 23, 59).getTime(), new Date(2026, 0, 3, 0, 1).getTime()];
  assert.equal(model.event(message('late', 'anna', evening)).lines.length, 1);
  const [date, line] = model.event(message('early', 'anna', morning)).lines;
  assert.match(date ?? '', /^— Saturday,? 3 January 2026$/);
  assert.equal(line, '00:01 anna: early');
  assert.equal(delivered(model, 'still today', morning).length, 1);
  // A message that was written before midnight and delivered after it.
  assert.match(delivered(model, 'yesterday', evening)[0] ?? '', /Friday,? 2 January 2026/);
  assert.match(model.event(message('x', 'anna', morning)).lines[0] ?? '', /Saturday/);
  assert.equal(model.event({ ...message('no time'), at: 'never' }).lines.length, 1);
});

test('says when the server can be reached again, once', () => {
  const model = opened();
  const signal = (status: 'connected' | 'lost' | 'left') => model.event({ type: 'signal', status }).lines;
  assert.deepEqual(signal('connected'), []);
  assert.deepEqual(signal('lost'), []);
  assert.deepEqual(signal('connected'), ['— The server can be reached again.']);
  assert.deepEqual(signal('connected'), []);
  assert.deepEqual([...signal('lost'), ...signal('left')], []);
});
