/** A hostile peer with the right code: nothing it sends steers a terminal, is shown wrong or exceeds a limit. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { encodeMessage } from '../../peer/core/peer-messages.ts';
import { FLIGHT, Identity, systemRandom } from '../../peer/crypto/index.ts';
import { concat, utf8 } from '../../shared/bytes.ts';
import { channels } from '../crypto/test-parties.ts';
import { APARTE, Process } from '../process.ts';
import { deadCandidate, type EvilPeer, type Guise, inputsOf, meetAsA, meetAsB } from './evil-peer.ts';
import { EvilServer, freshCard } from './evil-server.ts';
import { assertRefused, folder, Program, type Start } from './program.ts';

/** Why a test that needs `script` of util-linux is skipped; false if it is there. */
const NO_SCRIPT = spawnSync('script', ['--version']).status === 0 ? false : 'script is not installed';
const CODE = '7-ocean-violin';
const SECRET = 'ocean-violin';
/** ANSI, a window title, a bell, DEL, C1, bidi overrides and isolates, a line separator, tags, a lone carriage return. */
const STEERING = '\x1b[2J\x1b]0;owned\x07\x7f\x9b31m\u202eevil\u2066\u2028\u{e0041}\rroot';
/** Any of these characters except the line feed. */
const HARMFUL = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A waiting program, and an evil peer that came second and is connected. */
async function met(t: TestContext, guise: Guise = {}, start: Partial<Start> = {}) {
  const server = await EvilServer.start(t);
  const alice = new Program(t, { server: server.url, code: CODE, name: 'alice', ...start });
  const wire = (await server.guest(0)).ghost('evil');
  const peer = await meetAsB(t, wire, inputsOf(wire, '7', SECRET, 'A'), guise);
  return { server, alice, peer, wire };
}

/** A program that came second, and an evil peer that was there first and is connected. */
async function cameTo(t: TestContext, start: Partial<Start> = {}) {
  const members = [{ id: 'evil', card: freshCard() }];
  const server = await EvilServer.start(t, { answer: () => ({ members }) });
  const bob = new Program(t, { server: server.url, code: CODE, name: 'bob', ...start });
  const guest = await server.guest(0);
  const wire = guest.ghost('evil', members[0]?.card, false);
  return { bob, wire, inputs: inputsOf(wire, '7', SECRET, 'B') };
}

/** Asserts that the session goes on: a text in each direction. */
async function talkOn(program: Program, peer: EvilPeer, seq: number): Promise<void> {
  peer.text(seq, utf8('still here'));
  await program.event('message', { text: 'still here' });
  program.say('me too');
  await program.event('delivered');
}

describe('a peer with the right code', { concurrency: 3 }, () => {
  test('writes control characters, escapes and bidi overrides of names and texts as harmless JSON', async (t) => {
    const { alice, peer } = await met(t, { name: `\x1b[31m${STEERING}`.slice(0, 24) });
    peer.text(1, utf8(STEERING));
    const message = await alice.event('message');
    // A script reads the text itself, and its output is escaped.
    assert.equal(message.text, STEERING);
    assert.doesNotMatch(alice.stdout, HARMFUL);
    await talkOn(alice, peer, 2);
    assert.equal(await alice.quit(), 0);
  });

  test('shows control characters, escapes and bidi overrides harmlessly in a plain chat', async (t) => {
    const { alice, peer } = await met(t, { name: '\x1b[31meve\u202e' }, { args: ['chat', '--plain'] });
    peer.text(1, utf8(`${STEERING}\nsecond line`));
    await alice.until('second line', () => alice.stdout.includes('second line'));
    assert.doesNotMatch(alice.stdout + alice.stderr, HARMFUL);
    assert.ok(alice.stdout.includes('\\x1b[2J\\x1b]0;owned\\x07\\x7f\\x9b31m\\u202eevil'));
  });

  test('keeps the limits while a terminal takes nothing, as after Ctrl-S', {
    skip: NO_SCRIPT,
    timeout: 30_000,
  }, async (t) => {
    const server = await EvilServer.start(t);
    const chat = `${process.execPath} ${APARTE} chat --server ${server.url} --name alice ${CODE}`;
    const terminal = new Process(['script', '-qec', chat, '/dev/null'], { home: folder(t) });
    t.after(async () => {
      terminal.kill('SIGKILL');
      await terminal.end();
    });
    const wire = (await server.guest(0)).ghost('evil');
    const peer = await meetAsB(t, wire, inputsOf(wire, '7', SECRET, 'A'));
    await terminal.until('somebody is there', () => terminal.stdout.includes('eve is here'));
    terminal.holdOutput();
    // More than pipes and the terminal hold, and less than may wait to be shown.
    for (let seq = 1; seq <= 64; seq += 1) peer.text(seq, new Uint8Array(16_000).fill(0x61));
    const pings = () => peer.heard.filter(({ kind }) => kind === 'ping').length;
    const before = pings();
    // If the program waited for the terminal, the WebRTC library would keep any number of frames.
    await peer.until(() => pings() >= before + 3);
    assert.equal(peer.closed, false);
  });

  test('ignores frames of unknown kinds, and empty ones', async (t) => {
    const { alice, peer } = await met(t);
    for (const kind of [0, 10, 99, 255]) peer.say(concat(Uint8Array.of(kind), systemRandom(200)));
    peer.say(new Uint8Array(0));
    await talkOn(alice, peer, 1);
    assert.deepEqual(alice.errors, []);
    assert.equal(await alice.quit(), 0);
  });

  const part = (seq: number, chunk: Uint8Array) => encodeMessage({ kind: 'part', seq, chunk });
  const text = (seq: number, chunk: Uint8Array) =>
    encodeMessage({ kind: 'text', seq, id: systemRandom(8), at: 0, raw: false, shown: 0, chunk });

  const BREAKING: Readonly<Record<string, readonly [detail: RegExp, ...frames: Uint8Array[]]>> = {
    // The channel closes before the rest of the ten megabytes.
    'ten megabytes of text': [
      /longer than 65,536 bytes/,
      ...Array.from({ length: 5 }, () => part(1, new Uint8Array(16_256))),
    ],
    'text that is not UTF-8': [/not UTF-8/, text(1, Uint8Array.of(0xc3))],
    'a message out of sequence': [/missing/, text(2, utf8('late'))],
  };

  for (const [what, [detail, ...frames]] of Object.entries(BREAKING)) {
    test(`names the broken limit, closes the session and shows nothing: ${what}`, async (t) => {
      const { alice, peer } = await met(t);
      for (const frame of frames.slice(0, -1)) peer.say(frame);
      peer.last(frames.at(-1) ?? assert.fail());
      const error = await alice.event('error');
      assert.equal(error.code, 'peer-protocol');
      assert.match(error.message, detail);
      await peer.until(() => peer.closed);
      await alice.event('peer', { status: 'reconnecting' });
      assert.deepEqual(alice.all('message'), []);
      assert.ok(!alice.standing.includes('left'));
    });
  }

  test('row 24: never connects a peer with other session keys', async (t) => {
    const { alice } = await met(t, { channel: () => channels('others').b });
    await assertRefused(alice, 'forged');
    assert.deepEqual(alice.standing, ['connecting', 'lost']);
  });

  test('row 24: reports a link that closes without goodbye as lost, not left', async (t) => {
    const args = ['chat', '--json', '--reconnect', '0.5'];
    const { alice, peer } = await met(t, {}, { args });
    await alice.event('peer', { status: 'connected' });
    peer.cut();
    assert.equal(await alice.exit, 7);
    assert.deepEqual(alice.standing, ['connecting', 'connected', 'reconnecting', 'lost']);
    assert.deepEqual(alice.errors, ['lost']);
  });

  test('row 24: reports a forged goodbye as forged, and nobody as left', async (t) => {
    const { alice, peer } = await met(t);
    await alice.event('peer', { status: 'connected' });
    peer.forge();
    await alice.event('error', { code: 'forged', fatal: false });
    await alice.event('peer', { status: 'reconnecting' });
    assert.ok(!alice.standing.includes('left'));
  });

  test('reports a peer that leaves while a text is undelivered, with exit 7', async (t) => {
    const { alice, peer } = await met(t);
    await alice.event('peer', { status: 'connected' });
    peer.shows = false;
    alice.say('unread');
    await peer.until(() => peer.heard.some(({ kind }) => kind === 'text'));
    peer.say({ kind: 'bye', complete: true });
    assert.equal(await alice.exit, 7);
    assert.deepEqual(alice.errors, ['peer-left']);
    assert.deepEqual(alice.all('delivered'), []);
  });

  test('row 12: ignores a repeated PROOF, a repeated candidate, and candidates after the connection', async (t) => {
    const { bob, wire, inputs } = await cameTo(t);
    const sent: Uint8Array[] = [];
    const send = (bytes: Uint8Array) => {
      sent.push(bytes, bytes);
      wire.send(bytes);
      wire.send(bytes);
    };
    const twice = { ...wire, send };
    const peer = await meetAsA(t, twice, inputs, {
      signals: (seal) => [seal(deadCandidate()), seal(deadCandidate())],
    });
    await bob.event('signal', { status: 'left' });
    for (const frame of sent) wire.send(frame);
    await talkOn(bob, peer, 1);
    assert.equal(wire.inbox.of(FLIGHT.reply).length, 2, 'the same HELLO has the same REPLY');
    assert.deepEqual(...(wire.inbox.of(FLIGHT.reply) as [Uint8Array, Uint8Array]));
    assert.deepEqual(bob.errors, []);
    assert.equal(await bob.quit(), 0);
  });

  test('row 12: reports candidates out of order as a lost frame', async (t) => {
    const { bob, wire, inputs } = await cameTo(t);
    const signals = (seal: (bytes: Uint8Array) => Uint8Array) => {
      const [first, , third] = [1, 2, 3].map(() => seal(deadCandidate()));
      return [first, third].filter((frame) => frame !== undefined);
    };
    // The link may open before the program closes it. Nothing is sent on it.
    const channel = () => assert.fail('enough');
    meetAsA(t, wire, inputs, { signals, channel }).catch(() => undefined);
    await assertRefused(bob, 'lost-frame');
  });

  test('row 14: refuses a peer that cannot prove its identity, and shows no name', async (t) => {
    const { bob, wire, inputs } = await cameTo(t);
    const identity = Identity.generate(systemRandom);
    // Claims another public key than the one it can prove.
    Object.defineProperty(identity, 'publicKey', { value: Identity.generate(systemRandom).publicKey });
    meetAsA(t, wire, inputs, { identity, name: 'mallory' }).catch(() => undefined);
    await assertRefused(bob, 'bad-identity');
    assert.doesNotMatch(bob.stdout, /mallory|"trust"/);
  });

  test('row 25: refuses an offer with an SHA-1 fingerprint', async (t) => {
    const { bob, wire, inputs } = await cameTo(t);
    const description = (sdp: string) => sdp.replace(/sha-256 \S+/, `sha-1 ${Array(20).fill('AB').join(':')}`);
    meetAsA(t, wire, inputs, { description }).catch(() => undefined);
    await assertRefused(bob, 'bad-offer');
  });

  test('row 15: knows a known key under another name, and warns of a known name under another key', async (t) => {
    const data = folder(t);
    const [friend, eve] = [Identity.generate(systemRandom), Identity.generate(systemRandom)];
    const trusts: string[] = [];
    for (const guise of [
      { name: 'bob', identity: friend },
      { name: 'bobby', identity: friend },
      { name: 'BOBBY' },
      { name: 'eve', identity: eve },
      // The earlier name, claimed by another known peer.
      { name: 'bob', identity: eve },
    ]) {
      const { alice, peer } = await met(t, guise, { data });
      const { trust } = await alice.event('peer', { status: 'connected' });
      trusts.push(trust);
      assert.equal(await alice.quit(), 0);
      assert.ok(peer.heard.length > 0);
    }
    assert.deepEqual(trusts, ['new', 'known', 'changed', 'new', 'changed']);
  });
});
