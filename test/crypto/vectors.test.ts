/**
 * The published vectors: the reference makes them, and the implementation reproduces them byte for byte. A file that was
 * published is never changed. A new one is written by running this file with WRITE_VECTORS=1.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../peer/core/peer-messages.ts';
import type { Claims, HandshakeInputs, Mode, Random } from '../../peer/crypto/index.ts';
import { Identity, Initiator, Responder } from '../../peer/crypto/index.ts';
import { checkDescription, decodeSignal, encodeSignal } from '../../peer/link/sdp-validation.ts';
import { hex, utf8 } from '../../shared/bytes.ts';
import { conversationOf, type Message, plainOf } from './conversation-vectors.ts';
import { givenFor, vectorOf } from './make-vectors.ts';

const MODES: readonly Mode[] = ['code', 'ticket', 'manual'];
const FOLDER = new URL('../vectors/', import.meta.url);

/** SHA-256 of every published file. */
const PUBLISHED: Readonly<Record<string, string>> = {
  'conversation-code.json': 'dfae6258583a537a2bef36c57bedf692f13e2a4750efd4d2a339c381c4d25e68',
  'conversation-manual.json': 'b7720cfe790c681b10d860fa1c59c77fae59ac05eba2c0f49cd8c7c40e899dcd',
  'conversation-ticket.json': '418517ac5ebaed28f397c78627f95e4a0107623a7a3c2040c4b466e5d031a242',
  'cpace-ristretto255-sha512.json': '96009c96b2866e75a159913442a8bb79c21347efde58ed42ba3d6f7fbf4bd4b1',
  'handshake-code.json': 'cddcea43d1d1c080015a146ede1026aa7582a32780e775987cb984f91a17c424',
  'handshake-manual.json': 'df69a9f469c094feef72c8f0aaca7ab8cfb32b9eebe0d6c69492a3bfe678963d',
  'handshake-ticket.json': '9dba9bf0d891aa0c93f9dd51d5bed04ef0324b3233e8de6dd4ea5dac5f6d1a33',
  'manual-blobs.json': '6df686ad8addb7ee6765397f93f50c4e9814b70a0bcd7c0b8eaef5c8692a5664',
};

const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

if (process.env['WRITE_VECTORS'] === '1') {
  for (const mode of MODES) {
    for (const [name, content] of [
      [`handshake-${mode}.json`, vectorOf(mode)],
      [`conversation-${mode}.json`, conversationOf(mode)],
    ] as const) {
      const file = new URL(name, FOLDER);
      if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
    }
  }
}

/** Randomness that returns the entries of a queue. A draw of another length fails. */
function scripted(...queue: Uint8Array[]): { random: Random; queue: Uint8Array[] } {
  const random = (length: number): Uint8Array => {
    const next = queue.shift();
    assert.equal(next?.length, length);
    return next ?? new Uint8Array(length);
  };
  return { random, queue };
}

test('no published file has changed', () => {
  const hashes = Object.keys(PUBLISHED).map((name) => [name, createHash('sha256').update(read(name)).digest('hex')]);
  assert.deepEqual(Object.fromEntries(hashes), PUBLISHED);
});

for (const mode of MODES) {
  test(`the reference makes the published handshake of mode ${mode}`, () => {
    assert.deepEqual(JSON.parse(read(`handshake-${mode}.json`)), vectorOf(mode));
  });

  test(`the implementation reproduces the handshake of mode ${mode}`, () => {
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

  test(`the reference makes the published conversation of mode ${mode}`, () => {
    assert.deepEqual(JSON.parse(read(`conversation-${mode}.json`)), conversationOf(mode));
  });

  test(`the conversation of mode ${mode} obeys the protocol: descriptions, candidates and messages`, () => {
    const { claims, wire } = conversationOf(mode);
    for (const { description, cursor } of [claims.A, claims.B]) {
      if (mode === 'manual') assert.equal(description, '');
      else checkDescription(description);
      assert.equal(cursor > 0, mode === 'ticket');
    }
    assert.equal(wire.filter(({ frame }) => frame === 'SIG').length, mode === 'manual' ? 0 : 2);
    for (const { signal, message } of wire) {
      if (signal !== undefined) {
        const encoded = encodeSignal({ type: 'candidate', ...signal });
        assert.deepEqual(decodeSignal(encoded), { type: 'candidate', ...signal });
      }
      if (message === undefined) continue;
      const decoded = decodeMessage(plainOf(message));
      assert.ok(decoded !== null);
      assert.deepEqual(asPublished(decoded), message);
      assert.deepEqual(encodeMessage(decoded), plainOf(message));
    }
  });

  test(`the implementation reproduces the conversation of mode ${mode}, and steps when the file does`, () => {
    const { meeting, identity_secrets: secrets, draws, claims, wire, ticket } = conversationOf(mode);
    const inputs: HandshakeInputs = {
      mode,
      nameplate: meeting.nameplate,
      secret: bytes(meeting.secret),
      context: bytes(meeting.context),
      cardA: bytes(meeting.cardA),
      cardB: bytes(meeting.cardB),
    };
    const drawn = (role: 'A' | 'B') => scripted(...Object.values(draws[role]).map(bytes));
    const [drawA, drawB] = [drawn('A'), drawn('B')];
    const identity = (role: 'A' | 'B') => Identity.fromSecret(bytes(secrets[role] ?? ''));
    const a = new Initiator(inputs, identity('A'), drawA.random);
    const b = new Responder(inputs, identity('B'), drawB.random);
    const said = (role: 'A' | 'B'): Claims => ({
      ...claims[role],
      capabilities: bytes(claims[role].capabilities),
    });
    const reply = b.gotHello(a.hello);
    a.gotReply(reply);
    const proofA = a.prove(said('A'));
    b.gotProof(proofA);
    const proofB = b.prove(said('B'));
    a.gotProof(proofB);
    const flights = { HELLO: a.hello, REPLY: reply, PROOF_A: proofA, PROOF_B: proofB };
    const sides = {
      A: { ...drawA, party: a, channel: a.channel() },
      B: { ...drawB, party: b, channel: b.channel() },
    };
    for (const entry of wire) {
      const { from, frame, now = 0, signal, message } = entry;
      const [maker, receiver] = from === 'A' ? [sides.A, sides.B] : [sides.B, sides.A];
      const got = bytes(entry.bytes);
      if (frame === 'SIG') {
        assert.ok(signal !== undefined);
        const content = encodeSignal({ type: 'candidate', ...signal });
        assert.equal(hex(maker.party.sealSignal(content)), entry.bytes);
        assert.deepEqual(receiver.party.openSignal(got), content);
      } else if (frame === 'STEP') {
        maker.queue.push(...(entry.draws ?? []).map(bytes));
        const step = maker.channel.step(now, false);
        assert.equal(step && hex(step), entry.bytes);
        if (entry.lost !== true) assert.equal(receiver.channel.open(got, now), null);
      } else if (frame === 'DATA') {
        assert.ok(message !== undefined);
        assert.equal(hex(maker.channel.seal(plainOf(message))), entry.bytes);
        if (entry.lost !== true) assert.deepEqual(receiver.channel.open(got, now), plainOf(message));
        const next = wire[wire.indexOf(entry) + 1];
        const isBehindIt = next?.frame === 'STEP' && next.from === from;
        const steps = ['text', 'part', 'shown', 'typing'].includes(message.kind);
        if (steps && !isBehindIt) assert.equal(maker.channel.step(now, false), null);
      } else {
        assert.equal(hex(flights[frame]), entry.bytes);
      }
    }
    assert.deepEqual([drawA.queue, drawB.queue], [[], []]);
    const common = sides.B.channel.tickets().map(({ nameplate, secret }) => ({ nameplate, secret: hex(secret) }));
    assert.deepEqual(common[0], ticket);
    const atA = sides.A.channel.tickets().map(({ nameplate }) => nameplate);
    assert.ok(atA.includes(ticket.nameplate));
  });
}

test('the conversation of mode ticket begins with the ticket that the one of mode code ends with', () => {
  const { nameplate, secret } = conversationOf('code').ticket;
  const { meeting } = conversationOf('ticket');
  assert.deepEqual([meeting.nameplate, meeting.secret], [nameplate, secret]);
});

/** A message in the form of the published files. */
function asPublished(message: NonNullable<ReturnType<typeof decodeMessage>>): Message {
  switch (message.kind) {
    case 'byeAck':
      return { kind: 'bye-ack' };
    case 'part':
      return { ...message, chunk: hex(message.chunk) };
    case 'text':
      return { ...message, id: hex(message.id), chunk: hex(message.chunk) };
    default:
      return message;
  }
}
