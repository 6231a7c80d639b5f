/** The live region fits every terminal, and drawing it never touches the rows above. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { graphemes, width } from '../../peer/ui/graphemes.ts';
import { layOut, type RegionContent, redraw } from '../../peer/ui/live-region.ts';
import { statusRow } from '../../peer/ui/status-line.ts';
import { words as english } from '../../peer/words/index.ts';

const appearance = { colour: false, unicode: true };
const content = (text: string, cursor = graphemes(text).length, ...above: string[]): RegionContent => ({
  rows: above.map((line) => ({ text: line, tone: 'dim' as const })),
  clusters: graphemes(text),
  cursor,
});
const texts = (rows: readonly { text: string }[]) => rows.map(({ text }) => text);

test('wraps a long text behind the prompt and keeps wide characters whole', () => {
  const frame = layOut(content('日本語日本語', 6, 'status'), { columns: 10, rows: 10 }, appearance);
  assert.deepEqual(texts(frame.rows), ['status', '> 日本語', '  日本語']);
  assert.deepEqual([frame.cursorRow, frame.left], [2, '  日本語']);
});

test('escapes a character that would steer the terminal, in the prompt too', () => {
  const frame = layOut(content('a\u202eb\tc'), { columns: 40, rows: 10 }, appearance);
  assert.deepEqual(texts(frame.rows), ['> a\\u202eb    c']);
});

test('shows the part with the cursor of a text that is higher than the terminal, and the status', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
  const frame = layOut(content(lines, 0, 'pending', 'status'), { columns: 40, rows: 5 }, appearance);
  assert.deepEqual(texts(frame.rows), ['pending', 'status', '> line 0', '  line 1']);
  const low = layOut(content(lines, lines.length, 'pending', 'status'), { columns: 40, rows: 3 }, appearance);
  assert.deepEqual(texts(low.rows), ['status', '  line 29']);
  assert.equal(low.left, '  line 29');
});

test('keeps all rows and the cursor within the terminal, whatever the region holds', () => {
  const text = fc
    .array(fc.constantFrom('a', 'word ', '日', '👩\u200d🚀', '\n', '\t', '\u202e', 'e\u0301', '\x1b'))
    .map((all) => all.join(''));
  const size = fc.record({ columns: fc.integer({ min: 9, max: 100 }), rows: fc.integer({ min: 2, max: 30 }) });
  fc.assert(
    fc.property(text, fc.nat(), size, fc.array(text, { maxLength: 5 }), (typed, at, terminal, above) => {
      const clusters = graphemes(typed);
      const rows = above.map((line) => line.replaceAll(/\p{Cc}/gu, ''));
      const frame = layOut(content(typed, at % (clusters.length + 1), ...rows), terminal, appearance);
      assert.ok(frame.rows.length < Math.max(terminal.rows, 2));
      assert.ok(frame.rows.every((row) => width(row.text) < terminal.columns));
      assert.ok(frame.cursorRow >= 0 && frame.cursorRow < frame.rows.length);
      assert.ok(frame.rows[frame.cursorRow]?.text.startsWith(frame.left));
    }),
    { numRuns: 300 },
  );
});

test('clears all rows that a narrower terminal has made of the region', () => {
  const drawn = layOut(content('x'.repeat(60), 60, 's'.repeat(70)), { columns: 80, rows: 20 }, appearance);
  const up = (columns: number) => /\r\p{Cc}\[(\d+)A/u.exec(redraw(drawn, [], null, columns, appearance))?.[1];
  assert.equal(up(80), '1');
  assert.equal(up(46), '3');
  assert.ok(redraw(drawn, ['hello'], null, 80, appearance).includes('\x1b[J\rhello\r\n\x1b[?25h'));
});

test('says in the status line what the program waits for, how long, and the path', () => {
  const now = 1_000_000;
  const idle = { waiting: { for: null, since: 0, until: null }, link: null, typing: [] } as const;
  const base = { ...idle, undelivered: 0, leaving: false };
  const words = (status: object, columns = 100) => statusRow({ ...base, ...status }, now, columns, appearance).text;
  const waiting = (what: string, since: number, until: number | null) => ({ waiting: { for: what, since, until } });
  assert.equal(words(waiting('peer', now - 12_000, null)), 'waiting for the other side, 12 s · Ctrl-C to leave');
  assert.equal(
    words(waiting('peer', now, now + 60_000)),
    'waiting for the other side, 0 s; giving up in 60 s · Ctrl-C to leave',
  );
  assert.equal(words(waiting('path', now, now + 60_000)), 'connecting directly, 0 s · Ctrl-C to leave');
  assert.equal(
    words(waiting('server', now - 9_000, now + 400)),
    'server unreachable for 9 s, trying again · Ctrl-C to leave',
  );
  assert.equal(
    words(waiting('server', now, now + 3_000)),
    'server unreachable for 0 s, next try in 3 s · Ctrl-C to leave',
  );
  for (const what of ['answer', 'taking']) {
    assert.match(
      words(waiting(what, now - 330_000, now + 270_000), 79),
      /^(?:waiting for the answer|the answer is not pasted yet), 5 min 30 s; good for 4 min 30 s · Ctrl-C to leave$/,
    );
  }
  const link = { path: 'direct', protocol: 'udp', rttMs: 12.4 };
  assert.equal(
    words({ link, typing: ['anna'], undelivered: 2 }),
    'direct (UDP), 12 ms · 2 undelivered · anna is typing',
  );
  assert.equal(words({ link, typing: ['anna'], undelivered: 2 }, 36), 'direct (UDP), 12 ms · 2 undelivered');
  assert.equal(
    words({ ...waiting('delivery', now - 3_000, null), link }),
    'waiting for delivery, 3 s · direct (UDP), 12 ms',
  );
  assert.equal(words({}), 'not connected · Ctrl-C to leave');
  assert.ok(width(words(waiting('handshake', now - 1_000, null), 20)) <= 20);
  assert.deepEqual([-5, 119_400, 125_000, 7_500_000].map(english.duration), ['0 s', '119 s', '2 min 5 s', '2 h 5 min']);
});

test('uses ASCII for our own signs without UTF-8', () => {
  const waiting = { for: 'peer', since: 0, until: null } as const;
  const row = statusRow({ waiting, link: null, typing: [], undelivered: 1, leaving: false }, 0, 60, {
    colour: false,
    unicode: false,
  });
  assert.match(row.text, /^[\x20-\x7e]+$/);
});
