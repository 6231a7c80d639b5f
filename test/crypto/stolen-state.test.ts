/** A thief copies the state of one side and goes on listening. When do fresh keys shut the thief out? */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sodium from 'libsodium-wrappers';
import { RatchetChannel } from '../../peer/crypto/ratchet-channel.ts';
import type { Role } from '../../peer/crypto/ratchet-step.ts';
import { equalBytes, utf8 } from '../../shared/bytes.ts';
import { parts, ReferenceChannel } from './reference-channel.ts';
import { box, dh, header, unbox } from './reference-handshake.ts';
import { due, seeded, sessionOf } from './test-parties.ts';

const NONE = new Uint8Array(0);

/** The reference, which also returns the X25519 secret of each step: a quantum computer would find it. */
class Watched extends ReferenceChannel {
  found: Uint8Array = NONE;

  override mix(maker: Role, x: Uint8Array, ss: Uint8Array, head: Uint8Array): Uint8Array {
    this.found = x;
    return super.mix(maker, x, ss, head);
  }
}

/** A copy of A's state that only listens. */
class Thief {
  readonly state: ReferenceChannel;

  constructor(victim: ReferenceChannel) {
    this.state = victim.stolen(seeded('thief'));
  }

  /** Whether the thief can open a frame. `x`: the X25519 secret of a step, if the thief has it. */
  opens(from: Role, frame: Uint8Array, x: Uint8Array | null): boolean {
    const { state } = this;
    const n = state.n[from]++;
    try {
      if (frame[0] === 16) unbox(state.messageKey(from), 16, n, frame.slice(9));
      else this.#step(from, frame, n, x);
      return true;
    } catch {
      return false;
    }
  }

  #step(from: Role, frame: Uint8Array, n: number, x: Uint8Array | null): void {
    const { state } = this;
    const { D, ek, ct, head } = parts(frame);
    // Without the secrets the thief cannot follow the step, or any later one.
    const shared = x ?? (from === 'B' && state.d.length > 0 ? dh(D, state.d) : NONE);
    const kem =
      from === 'B' && ct.length > 0 && state.dk.length > 0 ? sodium.crypto_kem_mlkem768_dec(ct, state.dk) : NONE;
    const key = state.mix(from, shared, kem, head);
    // The thief does not see the victim's new secrets, but sees the peer's public keys.
    Object.assign(state, { d: NONE, dk: NONE, D: from === 'B' ? D : NONE, ek });
    unbox(key, 17, n, frame.slice(head.length));
  }
}

/** A conversation in which the reference does what A does, and so holds the same state. */
class Scene {
  readonly a: RatchetChannel;
  readonly b: RatchetChannel;
  readonly double: Watched;
  readonly quantum: boolean;
  thief: Thief | null = null;

  constructor(name: string, quantum: boolean) {
    const { session, ratchetA, ratchetB } = sessionOf(name);
    this.a = new RatchetChannel({ role: 'A', session, ratchet: ratchetA }, seeded(name));
    this.double = new Watched('A', session, ratchetA, seeded(name));
    this.b = new RatchetChannel({ role: 'B', session, ratchet: ratchetB }, seeded(`${name} B`));
    this.quantum = quantum;
  }

  copyState(): void {
    this.thief = new Thief(this.double);
  }

  #heard(from: Role, frame: Uint8Array): boolean {
    return this.thief?.opens(from, frame, this.quantum ? this.double.found : null) ?? false;
  }

  /** A sends a message. Returns whether the thief reads it. */
  dataA(): boolean {
    const frame = this.a.seal(utf8('from A'));
    assert.deepEqual(this.double.data(utf8('from A')), frame);
    assert.deepEqual(this.b.open(frame, 0), utf8('from A'));
    return this.#heard('A', frame);
  }

  dataB(): boolean {
    const frame = this.b.seal(utf8('from B'));
    assert.deepEqual(this.a.open(frame, 0), utf8('from B'));
    this.double.open(frame);
    return this.#heard('B', frame);
  }

  stepA(now: number): boolean {
    const frame = due(this.a.step(now, true));
    assert.ok(equalBytes(this.double.step({ ek: (frame[9] ?? 0) % 2 === 1 }), frame), 'the double is A');
    assert.equal(this.b.open(frame, now), null);
    return this.#heard('A', frame);
  }

  stepB(now: number): boolean {
    const frame = due(this.b.step(now, true));
    assert.equal(this.a.open(frame, now), null);
    this.double.open(frame);
    return this.#heard('B', frame);
  }

  data(): [fromA: boolean, fromB: boolean] {
    return [this.dataA(), this.dataB()];
  }
}

test('control: a thief of the state reads everything while nobody steps', () => {
  const scene = new Scene('control', false);
  scene.stepA(0);
  scene.copyState();
  for (let n = 0; n < 20; n++) assert.deepEqual(scene.data(), [true, true]);
});

test('copied while the peer has the turn: A is safe after its next step, B after the step that answers it', () => {
  const scene = new Scene('peer has the turn', false);
  scene.stepA(0);
  scene.data();
  scene.copyState();
  assert.deepEqual(scene.data(), [true, true]);
  assert.equal(scene.stepB(10_000), true);
  assert.deepEqual(scene.data(), [true, true]);
  assert.equal(scene.stepA(20_000), false);
  assert.deepEqual(scene.data(), [false, true]);
  assert.equal(scene.stepB(30_000), false);
  for (let now = 40_000; now < 200_000; now += 20_000) {
    assert.deepEqual(scene.data(), [false, false]);
    assert.deepEqual([scene.stepA(now), scene.stepB(now + 10_000)], [false, false]);
  }
});

test('copied while A has the turn: both sides are safe one step earlier', () => {
  const scene = new Scene('A has the turn', false);
  scene.stepA(0);
  scene.stepB(10_000);
  scene.copyState();
  assert.deepEqual(scene.data(), [true, true]);
  assert.equal(scene.stepA(20_000), false);
  assert.deepEqual(scene.data(), [false, true]);
  assert.equal(scene.stepB(30_000), false);
  assert.deepEqual(scene.data(), [false, false]);
});

test('a thief of the state cannot read earlier messages', () => {
  const scene = new Scene('the past', false);
  scene.stepA(0);
  const early = new Thief(scene.double);
  const past = scene.a.seal(utf8('the past'));
  scene.double.data(utf8('the past'));
  const late = new Thief(scene.double);
  late.state.n.A = early.state.n.A;
  assert.deepEqual([early.opens('A', past, null), late.opens('A', past, null)], [true, false]);
});

test('control: a thief with a quantum computer reads on without a new ML-KEM secret', () => {
  const scene = new Scene('quantum control', true);
  scene.stepA(0);
  scene.copyState();
  assert.deepEqual([scene.stepB(10_000), scene.dataA(), scene.dataB()], [true, true, true]);
  // The step asks for an ML-KEM secret. None has come yet.
  assert.deepEqual([scene.stepA(20_000), scene.dataA(), scene.dataB()], [true, true, true]);
});

test('one ML-KEM secret from each side, within a minute, shuts out a thief with a quantum computer', () => {
  const scene = new Scene('quantum', true);
  scene.stepA(0);
  scene.stepB(10_000);
  scene.stepA(20_000);
  // The copy holds the secret of the ML-KEM key that was just sent.
  scene.copyState();
  assert.equal(scene.double.dk.length, 2400);
  assert.deepEqual([scene.stepB(30_000), ...scene.data()], [true, true, true]);
  assert.deepEqual([scene.stepA(40_000), ...scene.data()], [false, false, true]);
  assert.deepEqual([scene.stepB(50_000), ...scene.data()], [false, false, false]);
  for (let now = 60_000; now < 200_000; now += 20_000) {
    assert.deepEqual([scene.stepA(now), scene.stepB(now + 10_000), ...scene.data()], [false, false, false, false]);
  }
});

test('a stolen state cannot send for A once the keys have healed', () => {
  const scene = new Scene('impostor', false);
  scene.stepA(0);
  scene.copyState();
  scene.stepB(10_000);
  scene.stepA(20_000);
  const { state } = scene.thief ?? { state: scene.double };
  const n = scene.b.received;
  const forged = new Uint8Array([...header(16, n), ...box(state.chains.A, 16, n, sodium.pad(utf8('I am A'), 103))]);
  assert.throws(() => scene.b.open(forged, 0), { code: 'forged' });
});
