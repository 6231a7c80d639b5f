/**
 * The published runs: the reference makes them, the implementation reproduces them byte for byte. To write them anew
 * after a change of the protocol, run this file with WRITE_VECTORS=1.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Mode, Random } from '../../peer/crypto/index.ts';
import { Identity, Initiator, Responder } from '../../peer/crypto/index.ts';
import { hex, utf8 } from '../../shared/bytes.ts';
import { givenFor, vectorOf } from './make-vectors.ts';

const MODES: readonly Mode[] = ['code', 'ticket', 'manual'];
const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const fileOf = (mode: Mode): URL => new URL(`../vectors/handshake-${mode}.json`, import.meta.url);

if (process.env['WRITE_VECTORS'] === '1') {
  for (const mode of MODES) writeFileSync(fileOf(mode), `${JSON.stringify(vectorOf(mode), null, 2)}\n`);
}

/** Randomness that gives what is put into its queue, and only at the length it has. */
function scripted(...queue: Uint8Array[]): { random: Random; queue: Uint8Array[] } {
  const random = (length: number): Uint8Array => {
    const next = queue.shift();
    assert.equal(next?.length, length);
    return next ?? new Uint8Array(length);
  };
  return { random, queue };
}

for (const mode of MODES) {
  test(`the published run of mode ${mode} is what the reference makes`, () => {
    assert.deepEqual(JSON.parse(readFileSync(fileOf(mode), 'utf8')), vectorOf(mode));
  });

  test(`the implementation reproduces the run of mode ${mode}`, () => {
    const { inputs, identities, draws, claims, signals } = givenFor(mode);
    const { flights, values, session } = vectorOf(mode);
    const drawA = scripted(draws.A.scalar, draws.A.ephemeral, draws.A.kem);
    const drawB = scripted(draws.B.scalar, draws.B.ephemeral, draws.B.kem);
    const a = new Initiator(inputs, Identity.fromSecret(identities.A), drawA.random);
    const b = new Responder(inputs, Identity.fromSecret(identities.B), drawB.random);
    assert.equal(hex(a.hello), flights['hello']);
    const reply = b.gotHello(a.hello);
    assert.equal(hex(reply), flights['reply']);
    a.gotReply(reply);
    const proofA = a.prove(claims.A);
    assert.equal(hex(proofA), flights['proofA']);
    assert.deepEqual(b.gotProof(proofA), { ...claims.A, id: bytes(values['idA'] ?? '') });
    const proofB = b.prove(claims.B);
    assert.equal(hex(proofB), flights['proofB']);
    assert.deepEqual(a.gotProof(proofB), { ...claims.B, id: bytes(values['idB'] ?? '') });
    assert.equal(hex(a.sealSignal(utf8(signals.A))), flights['signalA']);
    assert.equal(hex(b.sealSignal(utf8(signals.B))), flights['signalB']);
    const sides = {
      A: { channel: a.channel(), queue: drawA.queue },
      B: { channel: b.channel(), queue: drawB.queue },
    };
    assert.equal(sides.A.channel.tickets()[0]?.nameplate, session.start.ticket_nameplate);
    for (const entry of session.frames) {
      const { from, now, frame, after } = entry;
      const [maker, receiver] = from === 'A' ? [sides.A, sides.B] : [sides.B, sides.A];
      maker.queue.push(...entry.draws.map(bytes));
      const { channel } = maker;
      const made = entry.kind === 'data' ? channel.seal(bytes(entry.plain)) : channel.step(now, true);
      assert.equal(made && hex(made), frame);
      assert.equal(maker.queue.length, 0);
      const opened = receiver.channel.open(bytes(frame), now);
      assert.deepEqual(opened, entry.kind === 'data' ? bytes(entry.plain) : null);
      const ticket = channel.tickets()[0];
      assert.equal(ticket?.nameplate, after.ticket_nameplate);
      assert.equal(ticket && hex(ticket.secret), after.ticket_secret);
    }
  });
}
