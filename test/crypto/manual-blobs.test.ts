import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  blobKind,
  decodeInvite,
  encodeInvite,
  openAnswer,
  pairingContext,
  pairingSecret,
  ready,
  sealAnswer,
} from '../../peer/crypto/index.ts';
import { longDescription } from '../../peer/link/short-sdp.ts';
import { equalBytes, fromBase64url, hex, lv } from '../../shared/bytes.ts';
import { AparteError, type ErrorCode } from '../../shared/errors.ts';
import { seededBytes } from '../core/seeded-random.ts';

await ready();
const VECTOR = new URL('../vectors/manual-blobs.json', import.meta.url);
const random = seededBytes(7);
const parts = () => ({ expiry: 4_000_000_000, nonce: random(16), secret: random(16), offer: random(90) });
const nameOf = (work: () => unknown): ErrorCode | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof AparteError)) throw error;
    return error.code;
  }
};

describe('the blobs of manual pairing', () => {
  test('decodes an invite and an answer to what was encoded', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const invite = fc.record({
      expiry: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      nonce: bytes(16),
      secret: bytes(16),
      offer: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(invite, bytes(16), fc.uint8Array({ maxLength: 200 }), (said, nonce, answer) => {
        const text = encodeInvite(said);
        assert.match(text, /^ap1i[A-Za-z0-9_-]+$/);
        assert.deepEqual(decodeInvite(text), { ...said });
        const back = sealAnswer(text, { nonce, answer }, random);
        assert.match(back, /^ap1a[A-Za-z0-9_-]+$/);
        assert.deepEqual(openAnswer(text, back), { nonce, answer });
        assert.deepEqual([blobKind(text), blobKind(back)], ['invite', 'answer']);
      }),
      { numRuns: 50 },
    );
  });

  test('reproduces the published invite and answer', () => {
    const { inviteText, answerText, ctx, expiry, ...rest } = JSON.parse(readFileSync(VECTOR, 'utf8')) as Record<
      'inviteText' | 'answerText' | 'ctx' | 'nonceA' | 's' | 'offer' | 'nonceB' | 'r' | 'answer',
      string
    > & { expiry: number };
    const bytes = (name: 'nonceA' | 's' | 'offer' | 'nonceB' | 'r' | 'answer') =>
      Uint8Array.from(rest[name].match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const invite = { expiry, nonce: bytes('nonceA'), secret: bytes('s'), offer: bytes('offer') };
    assert.equal(encodeInvite(invite), inviteText);
    const answer = { nonce: bytes('nonceB'), answer: bytes('answer') };
    assert.equal(
      sealAnswer(inviteText, answer, () => bytes('r')),
      answerText,
    );
    assert.deepEqual(openAnswer(inviteText, answerText), answer);
    assert.equal(hex(pairingContext(inviteText, answerText)), ctx);
    assert.match(longDescription(invite.offer), /a=ice-ufrag:ZUYH\r\n/);
  });

  test('invite and answer have 150 to 300 characters with usual addresses', () => {
    const invite = encodeInvite({ ...parts(), offer: random(57 + 7 + 19 + 7) });
    const answer = sealAnswer(invite, { nonce: random(16), answer: random(57 + 7 + 19 + 7) }, random);
    for (const text of [invite, answer]) assert.ok(text.length >= 150 && text.length <= 300, `${text.length}`);
  });

  test('names every change, loss or repetition of a character', () => {
    const invite = encodeInvite(parts());
    const answer = sealAnswer(invite, { nonce: random(16), answer: random(90) }, random);
    const reading = {
      [invite]: (text: string) => decodeInvite(text),
      [answer]: (text: string) => openAnswer(invite, text),
    };
    for (const [text, read] of Object.entries(reading)) {
      for (let at = 0; at < text.length; at += 1) {
        const [before, char, behind] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
        const changed = [before + behind, before + char + char + behind, before + (char === 'x' ? 'y' : 'x') + behind];
        for (const each of changed.filter((one) => one !== text)) {
          assert.ok(['bad-blob', 'blob-version'].includes(nameOf(() => read(each)) ?? ''), `${at} of ${text}: ${each}`);
        }
        const [next] = [before + String.fromCharCode(char.charCodeAt(0) ^ 1) + behind];
        assert.notEqual(
          nameOf(() => read(next)),
          null,
          `bit at ${at}`,
        );
      }
      assert.equal(
        nameOf(() => read(text + text)),
        'bad-blob',
      );
      assert.equal(
        nameOf(() => read(text.replace('ap1', 'ap2'))),
        'blob-version',
      );
    }
    assert.equal(
      nameOf(() => decodeInvite(answer)),
      'wrong-blob',
    );
    assert.equal(
      nameOf(() => openAnswer(invite, invite)),
      'wrong-blob',
    );
    assert.equal(
      nameOf(() => decodeInvite(invite.replace('ap1i', 'ap1a'))),
      'bad-blob',
    );
  });

  test('an answer opens only with its own invite', () => {
    const [invite, other] = [encodeInvite(parts()), encodeInvite(parts())];
    const answer = sealAnswer(invite, { nonce: random(16), answer: random(90) }, random);
    assert.equal(
      nameOf(() => openAnswer(other, answer)),
      'other-invite',
    );
  });

  test('two answers to one invite with the same content share no keystream', () => {
    const invite = encodeInvite(parts());
    const content = { nonce: random(16), answer: random(90) };
    const sealed = () => fromBase64url(sealAnswer(invite, content, random).slice(4)).subarray(1 + 8 + 24, -4);
    const [one, two] = [sealed(), sealed()];
    assert.equal(one.length, two.length);
    const same = one.filter((byte, index) => byte === two[index]).length;
    assert.ok(same < 10, `${same} of ${one.length} bytes`);
  });

  test('the length of an answer hides the number of addresses', () => {
    const invite = encodeInvite(parts());
    const lengths = [57, 64, 71, 90, 111].map(
      (length) => sealAnswer(invite, { nonce: random(16), answer: random(length) }, random).length,
    );
    assert.equal(new Set(lengths).size, 1);
  });

  test('context and secret bind both texts and the agreed code', () => {
    const [invite, answer] = ['ap1iA', 'ap1aB'];
    assert.equal(pairingContext(invite, answer).length, 64);
    const other = [pairingContext('ap1iC', answer), pairingContext(invite, 'ap1aC'), pairingContext(answer, invite)];
    for (const context of other) assert.ok(!equalBytes(pairingContext(invite, answer), context));
    const [secret, code] = [random(16), Uint8Array.of(1, 2)];
    assert.equal(hex(pairingSecret(secret, null)), hex(secret));
    assert.equal(hex(pairingSecret(secret, code)), hex(lv(secret, code)));
  });
});
