import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from 'uqr';
import { qrLines } from '../../peer/ui/qr-code.ts';

const TEXT = `ap1i${'A1b-'.repeat(42)}`;

test('draws a QR code with both colours of each module, the same on dark and light terminals', () => {
  const lines = qrLines(TEXT, { columns: 80, rows: 60 });
  const modules: boolean[][] = [];
  for (const line of lines) {
    assert.ok(line.endsWith('\x1b[0m'));
    const cells = Array.from(line.matchAll(/\x1b\[38;5;(16|231);48;5;(16|231)m▀/g));
    assert.equal(cells.map(([all]) => all).join(''), line.slice(0, -'\x1b[0m'.length));
    modules.push(
      cells.map(([, upper]) => upper === '16'),
      cells.map(([, , lower]) => lower === '16'),
    );
  }
  const { data, size } = encode(TEXT, { ecc: 'L', border: 2 });
  assert.deepEqual(modules.slice(0, size), data);
  // The edge is light, and two modules wide.
  const edge = [...modules.slice(0, 2), ...modules.slice(size - 2), ...modules.map((row) => row.slice(0, 2))].flat();
  assert.ok(edge.every((isDark) => !isDark));
});

test('draws no QR code that does not fit the window', () => {
  const { length } = qrLines(TEXT, { columns: 80, rows: 60 });
  assert.ok(length > 20 && length < 35, `${length}`);
  assert.deepEqual(qrLines(TEXT, { columns: 80, rows: 24 }), []);
  assert.deepEqual(qrLines(TEXT, { columns: 40, rows: 60 }), []);
});
