/** Streams of bytes as text messages: what is cut where, what is refused, and how much is on its way at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  piecesOfStream,
  piecesOfText,
  readAhead,
  type TextPiece,
  TextStream,
} from '../../peer/conversation/text-stream.ts';
import type { UserCommand } from '../../peer/core/facts-and-orders.ts';
import { MAX_TEXT } from '../../shared/limits.ts';

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function all(pieces: Iterable<TextPiece> | AsyncIterable<TextPiece>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of pieces) texts.push(text);
  return texts;
}

test('a text is cut between characters into messages that each fit', () => {
  for (const character of ['x', 'é', '€', '🚀']) {
    const text = `a${character.repeat(MAX_TEXT)}`;
    const pieces = piecesOfText(text);
    assert.equal(pieces.map((piece) => piece.text).join(''), text);
    assert.ok(pieces.every((piece) => Buffer.byteLength(piece.text) <= MAX_TEXT));
    assert.deepEqual([...new Set(pieces.slice(0, -1).map(({ raw }) => raw))], [true]);
    assert.equal(pieces.at(-1)?.raw, false);
  }
});

test('a stream keeps its bytes however they are cut into chunks', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
  const cuts = fc.array(fc.nat(200), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(text, cuts, async (whole, at) => {
      const bytes = Buffer.from(whole);
      const ends = [...at.map((each) => each % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const parts = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      assert.equal((await all(piecesOfStream(chunks(...parts)))).join(''), whole);
    }),
  );
});

test('bytes that are not UTF-8 are refused at once, wherever they stand', async () => {
  const faults = [
    Buffer.concat([Buffer.from('a'), Buffer.alloc(70_000, 0x80)]),
    Buffer.alloc(MAX_TEXT, 0xbf),
    Buffer.alloc(3 * MAX_TEXT, 0xf0),
    Buffer.from([0xc0, 0x80]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0xf5, 0x80, 0x80, 0x80]),
    Buffer.from([0xe2, 0x82]),
    Buffer.concat([Buffer.alloc(MAX_TEXT - 1, 0x61), Buffer.from([0xe2, 0x61])]),
  ];
  for (const fault of faults) {
    const split = Array.from({ length: Math.min(fault.length, 100) }, (_, index) => fault.subarray(index, index + 1));
    const parts = [...split, fault.subarray(split.length)];
    for (const input of [[fault], [Buffer.from('ok'), fault], parts]) {
      await assert.rejects(all(piecesOfStream(chunks(...input))), { code: 'usage' });
    }
  }
});

test('a stream without bytes is refused', async () => {
  for (const input of [[], [new Uint8Array()]]) {
    await assert.rejects(all(piecesOfStream(chunks(...input))), { code: 'usage' });
  }
});

test('reading ahead finds a fault before it returns, and returns what comes later', async () => {
  const bad = piecesOfStream(chunks(Buffer.from('ok'), Uint8Array.of(0xff, 0xff)));
  await assert.rejects(readAhead(bad, null), { code: 'usage' });
  assert.deepEqual(await all(await readAhead(piecesOfStream(chunks(Buffer.from('a'), Buffer.from('b'))), null)), [
    'a',
    'b',
  ]);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  void writer.write(Buffer.from('early'));
  const pieces = await readAhead(piecesOfStream(readable), 1);
  void writer.write(Buffer.from('late')).then(() => writer.close());
  assert.deepEqual(await all(pieces), ['early', 'late']);
});

test('no more than a window is undelivered at a time', async () => {
  const given: Extract<UserCommand, { type: 'send' }>[] = [];
  const stream = new TextStream((command) => {
    if (command.type === 'send') given.push(command);
  });
  const many = Array.from({ length: 1_000 }, (_, index) => ({ text: `${index}`, raw: true }));
  const sent = stream.send(many);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  const window = given.length;
  assert.ok(window < 1_000, `${window}`);
  for (let index = 0; index < 1_000; index += 1) {
    const ref = given[index]?.ref ?? assert.fail(`message ${index} was not sent`);
    stream.event({ type: 'sent', id: `id ${ref}`, ref });
    stream.event({ type: 'delivered', id: `id ${ref}`, peer: 'p' });
    await settle();
    assert.ok(given.length <= index + 1 + window);
  }
  await sent;
  assert.deepEqual(
    given.map(({ text }) => text),
    many.map(({ text }) => text),
  );
});

test('few long messages fill the window as well', async () => {
  const given: UserCommand[] = [];
  const stream = new TextStream((command) => given.push(command));
  void stream.send(Array.from({ length: 100 }, () => ({ text: 'x'.repeat(MAX_TEXT), raw: true })));
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(given.length < 20, `${given.length}`);
});
