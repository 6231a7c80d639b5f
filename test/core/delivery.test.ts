/** Texts are delivered exactly once and in order, whatever sessions come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CHUNK,
  Delivery,
  MAX_OUTBOX_BYTES,
  MAX_OUTBOX_MESSAGES,
  MessageIds,
  outgoing,
} from '../../peer/core/delivery.ts';
import type { PeerMessage } from '../../peer/core/peer-messages.ts';
import { decodeMessage, encodeMessage } from '../../peer/core/peer-messages.ts';
import { hex, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { seededBytes } from './seeded-random.ts';

const ids = new MessageIds(seededBytes(1));
const say = (text: string) => outgoing(ids.next(), text, false, 0);
type Said = Extract<PeerMessage, { kind: 'part' | 'text' }>;

function all(delivery: Delivery): Said[] {
  const said: Said[] = [];
  for (let next = delivery.next(); next !== null; next = delivery.next()) said.push(next as Said);
  return said;
}

const named = (code: string) => (error: unknown) => error instanceof AparteError && error.code === code;

test('loses, doubles and disorders nothing wherever a session ends', () => {
  const sessions = fc.array(fc.record({ frames: fc.nat(12), shows: fc.nat(6) }), { minLength: 1, maxLength: 12 });
  const texts = fc.array(fc.string({ maxLength: 40_000, minLength: 0 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(texts, sessions, (said, cuts) => {
      const [from, to] = [new Delivery(), new Delivery()];
      for (const text of said) from.add(say(text));
      const got: string[] = [];
      const delivered: string[] = [];
      for (const { frames, shows } of [...cuts, { frames: 1_000, shows: 1_000 }]) {
        delivered.push(...from.resume(to.shown));
        to.resume(from.shown);
        for (const message of all(from).slice(0, frames)) {
          const whole = to.got(decodeMessage(encodeMessage(message)) as Said);
          if (whole !== null) got.push(whole.text);
        }
        to.markShown(Math.min(to.shown + shows, got.length));
      }
      delivered.push(...from.gotShown(to.shown));
      assert.deepEqual(got, said);
      assert.equal(new Set(delivered).size, said.length);
      assert.equal(from.undelivered, 0);
    }),
  );
});

test('limits the outbox by count and by bytes, and takes more once a text was shown', () => {
  const many = new Delivery();
  for (let i = 0; i < MAX_OUTBOX_MESSAGES; i += 1) many.add(say(''));
  assert.throws(() => many.add(say('')), named('outbox-full'));
  const big = new Delivery();
  for (let i = 0; i < MAX_OUTBOX_BYTES / 65_536; i += 1) big.add(say('x'.repeat(65_536)));
  assert.throws(() => big.add(say('x')), named('outbox-full'));
  all(big);
  assert.equal(big.gotShown(1).length, 1);
  big.add(say('x'));
});

test('stops a peer that sends more texts than can be shown', () => {
  const to = new Delivery();
  const text = (seq: number): Said => {
    return { kind: 'text', seq, id: new Uint8Array(8), at: 0, raw: false, shown: 0, chunk: new Uint8Array(1) };
  };
  for (let seq = 1; seq <= MAX_OUTBOX_MESSAGES; seq += 1) to.got(text(seq));
  assert.throws(() => to.got(text(MAX_OUTBOX_MESSAGES + 1)), named('peer-protocol'));
});

test('stops a peer that sends more bytes of text than can be shown', () => {
  const [from, to] = [new Delivery(), new Delivery()];
  for (let sent = 0; sent < MAX_OUTBOX_BYTES; sent += 65_536) from.add(say('x'.repeat(65_536)));
  for (const message of all(from)) to.got(message);
  const seq = MAX_OUTBOX_BYTES / 65_536 + 1;
  const more: Said = { kind: 'text', seq, id: new Uint8Array(8), at: 0, raw: false, shown: 0, chunk: utf8('x') };
  assert.throws(() => to.got(more), named('peer-protocol'));
});

test('refuses messages that no honest peer sends', () => {
  const to = new Delivery();
  const part = (seq: number, size: number): Said => ({ kind: 'part', seq, chunk: new Uint8Array(size) });
  assert.throws(() => to.got(part(2, CHUNK)), named('peer-protocol'));
  assert.throws(() => to.got(part(1, 1)), named('peer-protocol'));
  for (let i = 0; i < 4; i += 1) assert.equal(to.got(part(1, CHUNK)), null);
  assert.throws(() => to.got(part(1, CHUNK)), named('peer-protocol'));
  assert.throws(() => to.gotShown(1), named('peer-protocol'));
  to.add(say('one'));
  to.add(say('two'));
  to.next();
  assert.throws(() => to.gotShown(2), named('peer-protocol'), 'taken over, but never said');
  assert.equal(to.gotShown(1).length, 1);
  assert.throws(() => say('x'.repeat(65_537)), named('message-too-long'));
});

test('decodes each message from its own bytes, and from no others', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, (plain) => {
      let message: PeerMessage | null;
      try {
        message = decodeMessage(plain);
      } catch (error) {
        assert.ok(named('peer-protocol')(error));
        return;
      }
      if (message !== null) assert.deepEqual(encodeMessage(message), plain);
    }),
    { numRuns: 2_000 },
  );
});

test('ignores kinds of later releases, whatever follows the kind byte', () => {
  const known = Array.from({ length: 9 }, (_, index) => index + 1);
  for (let kind = 0; kind < 256; kind += 1) {
    if (!known.includes(kind)) assert.equal(decodeMessage(Uint8Array.of(kind, 255, 255)), null, String(kind));
    else assert.throws(() => decodeMessage(Uint8Array.of(kind, 255, 255)), named('peer-protocol'), String(kind));
  }
});

test('counts message ids up, and starts again after the last one', () => {
  const counted = new MessageIds(() => Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 254));
  assert.deepEqual([counted.next(), counted.next()].map(hex), ['00000000000001ff', '0000000000000200']);
  assert.deepEqual(hex(new MessageIds(() => new Uint8Array(8).fill(255)).next()), '0000000000000000');
});
