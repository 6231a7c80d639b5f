/** A handshake between two sides: when it succeeds, when it fails, and in which order its calls come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { HandshakeInputs, Mode } from '../../peer/crypto/index.ts';
import {
  codeSecret,
  FLIGHT,
  fingerprint,
  frameType,
  Identity,
  Initiator,
  Responder,
  safetyNumber,
  systemRandom,
} from '../../peer/crypto/index.ts';
import { hex, utf8 } from '../../shared/bytes.ts';
import { decodeCard, encodeCard } from '../../shared/card.ts';
import { MAX_CAPABILITIES, MAX_NAME, MAX_SDP, MAX_SIGNALS } from '../../shared/limits.ts';
import { ann, ben, bytesOf, claimsOf, due, inputsOf, met, pair, refused, seeded } from './test-parties.ts';

const MODES: readonly Mode[] = ['code', 'ticket', 'manual'];

for (const mode of MODES) {
  test(`two sides with one secret in mode ${mode} agree and learn each other's claims`, () => {
    const { hello, reply, proofA, proofB, seenByA, seenByB, channelA, channelB, a, b } = met(inputsOf({}, mode));
    assert.deepEqual(seenByA, { ...claimsOf('Ben'), id: ben.publicKey });
    assert.deepEqual(seenByB, { ...claimsOf('Ann'), id: ann.publicKey });
    assert.deepEqual([hello, reply, proofA, proofB].map(frameType), [1, 2, 3, 4]);
    assert.deepEqual([hello.length, reply.length], [1281, 1217]);
    assert.deepEqual([(proofA.length - 49) % 2048, (proofB.length - 17) % 2048], [0, 0]);
    assert.deepEqual(b.openSignal(a.sealSignal(utf8('candidate'))), utf8('candidate'));
    assert.deepEqual(a.openSignal(b.sealSignal(utf8('other'))), utf8('other'));
    assert.deepEqual(channelB.open(channelA.seal(utf8('hello')), 0), utf8('hello'));
    assert.equal(channelB.open(due(channelA.step(0, true)), 0), null);
    assert.deepEqual(channelA.open(channelB.seal(utf8('hello too')), 0), utf8('hello too'));
  });
}

/** Where the parts of HELLO and REPLY end: type, CPace share, X25519 key, X-Wing key or ciphertext. */
const PARTS = { hello: [1, 33, 65, 1_281], reply: [1, 33, 65, 1_185, 1_217] } as const;

test('two handshakes with the same inputs share no key', () => {
  const [one, two] = [met(), met()];
  for (const flight of ['hello', 'reply'] as const) {
    PARTS[flight].slice(0, -1).forEach((from, index) => {
      const [a, b] = [one, two].map((run) => hex(run[flight].subarray(from, PARTS[flight][index + 1])));
      assert.notEqual(a, b, `${flight}, part ${index}`);
    });
  }
  refused('forged', () => two.channelB.open(one.channelA.seal(utf8('x')), 0));
});

/** Inputs that differ in one thing between the two sides. */
const card = (inputs: HandshakeInputs, versions: number[]) =>
  encodeCard({ versions, nonce: decodeCard(inputs.cardA).nonce });
const here = inputsOf();
const longer = { ...here, cardA: card(here, [1, 2]) };
const DIFFERENT: readonly (readonly [string, HandshakeInputs, HandshakeInputs])[] = [
  ['another secret', here, { ...here, secret: codeSecret('ocean-violet') }],
  ['an empty secret', here, { ...here, secret: codeSecret('') }],
  ['another nameplate', here, { ...here, nameplate: '8' }],
  ['another mode', here, { ...here, mode: 'ticket' }],
  ['another context', here, { ...here, context: Uint8Array.of(0) }],
  ['a list of versions cut on the way', longer, { ...longer, cardA: card(here, [1]) }],
  ['nonces swapped', here, { ...here, cardA: here.cardB, cardB: here.cardA }],
  ['another nonce', here, { ...here, cardB: encodeCard({ versions: [1], nonce: bytesOf('other', 16) }) }],
];

for (const [what, inputsA, inputsB] of DIFFERENT) {
  test(`${what}: both sides report wrong-code and reveal nothing`, () => {
    const a = new Initiator(inputsA, ann, systemRandom);
    const b = new Responder(inputsB, ben, systemRandom);
    const reply = b.gotHello(a.hello);
    refused('wrong-code', () => a.gotReply(reply));
    refused('bug', () => a.prove(claimsOf('Ann')));
    refused('unexpected', () => a.sealSignal(utf8('candidate')));
    // B gets a right PROOF of another handshake. Its tag is wrong here.
    refused('wrong-code', () => b.gotProof(met(inputsA).proofA));
    refused('bug', () => b.prove(claimsOf('Ben')));
    refused('unexpected', () => b.sealSignal(utf8('candidate')));
  });
}

test('judges one REPLY and answers one HELLO', () => {
  const { a, b } = pair();
  const reply = b.gotHello(a.hello);
  refused('unexpected', () => b.gotHello(a.hello));
  const wrong = reply.slice();
  wrong.fill(0, -32);
  refused('wrong-code', () => a.gotReply(wrong));
  refused('unexpected', () => a.gotReply(reply));
});

test('a recorded run does not convince fresh sides with the same cards', () => {
  const old = met();
  const { a, b } = pair();
  refused('wrong-code', () => a.gotReply(old.reply));
  b.gotHello(old.hello);
  refused('wrong-code', () => b.gotProof(old.proofA));
});

test('a side that meets itself notices', () => {
  refused('self', () => new Initiator(inputsOf({ cardB: inputsOf().cardA }), ann, systemRandom));
  refused('self', () => new Responder(inputsOf({ cardB: inputsOf().cardA }), ann, systemRandom));
  // An echoed frame is no flight of the other role.
  const { a, b } = pair();
  refused('damaged', () => a.gotReply(a.hello));
  const reply = b.gotHello(pair().a.hello);
  refused('damaged', () => b.gotProof(reply));
});

test('a call out of turn throws and ends the handshake', () => {
  const { a, b } = pair();
  const proofA = met().proofA;
  refused('unexpected', () => b.gotProof(proofA));
  refused('unexpected', () => b.gotHello(a.hello));
  refused('bug', () => a.channel());
  refused('unexpected', () => a.gotReply(met().reply));
  const done = met();
  refused('bug', () => done.a.channel());
  refused('unexpected', () => met().a.gotProof(done.proofB));
});

test('a side seals nothing before the tag of the other side is right', () => {
  const { a, b } = pair();
  refused('unexpected', () => a.sealSignal(utf8('address')));
  const reply = b.gotHello(a.hello);
  refused('unexpected', () => b.sealSignal(utf8('address')));
  refused('unexpected', () => b.openSignal(reply));
  refused('bug', () => b.prove(claimsOf('Ben')));
});

test('ignores a repeated signal, reports a lost one, and allows 64', () => {
  const { a, b } = met();
  const [one, two, three] = [1, 2, 3].map((n) => a.sealSignal(Uint8Array.of(n)));
  assert.ok(one && two && three);
  assert.equal(one.length, 9 + 16 + 512);
  refused('lost-frame', () => b.openSignal(two));
  assert.deepEqual(b.openSignal(one), Uint8Array.of(1));
  assert.equal(b.openSignal(one), null);
  refused('lost-frame', () => b.openSignal(three));
  refused('damaged', () => a.openSignal(one));
  assert.deepEqual(b.openSignal(two), Uint8Array.of(2));
  assert.deepEqual(b.openSignal(three), Uint8Array.of(3));
  for (let n = 4; n <= MAX_SIGNALS; n++) assert.ok(b.openSignal(a.sealSignal(new Uint8Array(600))));
  refused('bug', () => a.sealSignal(new Uint8Array(0)));
  refused('bug', () => b.sealSignal(new Uint8Array(16_384)));
  a.wipe();
  refused('unexpected', () => a.sealSignal(new Uint8Array(0)));
});

test('encodes claims up to the limits and refuses longer ones', () => {
  const { a, b } = pair();
  a.gotReply(b.gotHello(a.hello));
  const claims = {
    name: 'é'.repeat(MAX_NAME / 2),
    description: 'o'.repeat(MAX_SDP),
    capabilities: new Uint8Array(MAX_CAPABILITIES),
    cursor: Number.MAX_SAFE_INTEGER,
  };
  assert.deepEqual(b.gotProof(a.prove(claims)), { ...claims, id: ann.publicKey });
  for (const past of [
    { ...claims, name: `${claims.name}x` },
    { ...claims, description: `${claims.description}x` },
    { ...claims, capabilities: new Uint8Array(MAX_CAPABILITIES + 1) },
  ]) {
    const other = pair();
    other.a.gotReply(other.b.gotHello(other.a.hello));
    refused('bug', () => other.a.prove(past));
  }
});

test('an identity is restored from its secret, and a secret of another length is refused', () => {
  const copy = Identity.fromSecret(ann.exportSecret());
  assert.deepEqual(copy.publicKey, ann.publicKey);
  refused('corrupt-data', () => Identity.fromSecret(new Uint8Array(31)));
  assert.deepEqual(Identity.generate(seeded('ann')).publicKey, ann.publicKey);
  assert.notDeepEqual(Identity.generate(systemRandom).publicKey, Identity.generate(systemRandom).publicKey);
  copy.wipe();
  assert.deepEqual(copy.exportSecret(), new Uint8Array(32));
});

test('both sides compute the same safety number from both fingerprints', () => {
  const number = safetyNumber(ann.publicKey, ben.publicKey);
  assert.equal(number, safetyNumber(ben.publicKey, ann.publicKey));
  assert.match(number, /^(\d{5} ){11}\d{5}$/);
  const halves = [fingerprint(ann.publicKey), fingerprint(ben.publicKey)].sort();
  assert.equal(number.replaceAll(' ', ''), halves.join(''));
  // Computed with Python's hashlib.
  assert.equal(fingerprint(new Uint8Array(32)), '770632408301530363472132707553');
});

test('no object shows a key when it is inspected', () => {
  const secrets: Uint8Array[] = [];
  const recording = (bytes: number) => {
    const drawn = systemRandom(bytes);
    secrets.push(drawn.slice());
    return drawn;
  };
  const { a, b, channelA, channelB } = met(inputsOf(), recording, recording);
  secrets.push(ann.exportSecret(), ben.exportSecret());
  for (const thing of [ann, a, b, channelA, channelB, ...channelA.tickets()]) {
    assert.match(inspect(thing), /^(Identity|Initiator|Responder|RatchetChannel|Ticket) \[secret\]$/);
    const shown = `${inspect(thing, { showHidden: true, customInspect: false, depth: 9 })} ${JSON.stringify(thing)}`;
    for (const secret of [...secrets, ...channelA.tickets().map((ticket) => ticket.secret)]) {
      for (const form of [hex(secret), secret.slice(0, 6).join(','), secret.slice(0, 6).join(', ')]) {
        assert.ok(!shown.includes(form), `${inspect(thing)} shows a secret`);
      }
    }
  }
});

test('the first byte tells frames apart', () => {
  assert.equal(frameType(new Uint8Array(0)), null);
  assert.equal(frameType(Uint8Array.of(15, 1)), FLIGHT.abort);
});
