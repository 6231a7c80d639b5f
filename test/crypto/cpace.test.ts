/** CPace against the draft's own vectors. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as v from 'valibot';
import { generator, intermediateKey, publicShare } from '../../peer/crypto/cpace.ts';
import { ready } from '../../peer/crypto/index.ts';
import { ristrettoMultiply } from '../../peer/crypto/sodium.ts';
import { refused } from './test-parties.ts';

await ready();

const bytes = v.pipe(
  v.string(),
  v.regex(/^([0-9A-F]{2})+$/),
  v.transform((text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))),
);
const Vectors = v.object({
  vector: v.object({
    PRS: bytes,
    CI: bytes,
    sid: bytes,
    g: bytes,
    ya: bytes,
    ADa: bytes,
    Ya: bytes,
    yb: bytes,
    ADb: bytes,
    Yb: bytes,
    K: bytes,
    ISK_IR: bytes,
  }),
  points: v.object({
    Valid: v.object({ s: bytes, X: bytes, 'G.scalar_mult_vfy(s,X)': bytes }),
    'Invalid Y1': bytes,
    'Invalid Y2': bytes,
  }),
});
const file = new URL('../vectors/cpace-ristretto255-sha512.json', import.meta.url);
const { vector, points } = v.parse(Vectors, JSON.parse(readFileSync(file, 'utf8')));

test('computes the generator and the shares of the draft', () => {
  const g = generator(vector.PRS, vector.CI, vector.sid);
  assert.deepEqual(g, vector.g);
  assert.deepEqual(publicShare(vector.ya, g), vector.Ya);
  assert.deepEqual(publicShare(vector.yb, g), vector.Yb);
});

test('both sides compute the key of the draft', () => {
  const a = { element: vector.Ya, data: vector.ADa };
  const b = { element: vector.Yb, data: vector.ADb };
  assert.deepEqual(ristrettoMultiply(vector.ya, vector.Yb), vector.K);
  assert.deepEqual(intermediateKey(vector.ya, vector.Yb, vector.sid, a, b), vector.ISK_IR);
  assert.deepEqual(intermediateKey(vector.yb, vector.Ya, vector.sid, a, b), vector.ISK_IR);
});

test('refuses an invalid element and the identity', () => {
  const { s, X } = points.Valid;
  assert.deepEqual(ristrettoMultiply(s, X), points.Valid['G.scalar_mult_vfy(s,X)']);
  refused('damaged', () => ristrettoMultiply(s, points['Invalid Y1']));
  refused('damaged', () => ristrettoMultiply(s, points['Invalid Y2']));
  const share = { element: points['Invalid Y2'], data: vector.ADa };
  refused('damaged', () => intermediateKey(s, points['Invalid Y2'], vector.sid, share, share));
});
