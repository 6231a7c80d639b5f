/** Whole conversations over a link that does hostile things, chosen by a seed. */
import assert from 'node:assert/strict';
import { FakeNetwork } from '../core/fake-network.ts';
import type { FakeProgram } from '../core/fake-program.ts';
import { dice, flipped } from '../crypto/test-parties.ts';

/** What the link may do to a frame. It knows all earlier frames. */
const ACTS: Readonly<Record<string, (frame: Uint8Array, seen: Seen) => Uint8Array[]>> = {
  drop: () => [],
  repeat: (frame) => [frame, frame],
  old: (_frame, { past, roll }) => [past[roll(past.length)] ?? assert.fail()],
  reflect: (_frame, { opposite, roll }) => [opposite[roll(opposite.length)] ?? assert.fail()],
  truncate: (frame, { roll }) => [frame.slice(0, 1 + roll(frame.length - 1))],
  halve: (frame) => [frame.slice(0, frame.length / 2)],
  flip: (frame, { roll }) => [flipped(frame, roll(frame.length), roll(8))],
  foreign: (frame) => [foreign(frame)],
  insert: (frame) => [foreign(frame), frame],
};
/** The errors that may report it. `swap` takes two frames, so the link does it itself. */
const NAMES: ReadonlySet<string> = new Set(['gap', 'replay', 'forged', 'turn']);
const KINDS = [...Object.keys(ACTS), 'swap'];

interface Seen {
  readonly roll: (sides: number) => number;
  /** Earlier frames of this direction and of the other one. */
  readonly past: readonly Uint8Array[];
  readonly opposite: readonly Uint8Array[];
}

/** Two programs that talk over a link that can become hostile. */
class Talk {
  readonly roll: (sides: number) => number;
  readonly network: FakeNetwork;
  readonly programs: readonly [FakeProgram, FakeProgram];
  readonly said: readonly [string[], string[]] = [[], []];
  readonly carried: readonly [Uint8Array[], Uint8Array[]] = [[], []];
  /** What the link does to the next frame of one side. */
  next: { readonly side: number; readonly kind: string } | null = null;
  #held: Uint8Array | null = null;

  constructor(seed: number) {
    this.roll = dice(seed);
    this.network = new FakeNetwork(seed);
    this.programs = [this.network.program('alice'), this.network.program('bob')];
    for (const program of this.programs) program.start();
    this.network.settle();
    this.network.tamperFrame = (frame, from) => this.#carry(frame, this.programs.indexOf(from));
  }

  /** One side sends a text, and some time passes or none. */
  move(): void {
    const side = this.roll(2);
    const text = `${side} ${this.said[side]?.length}`.padEnd(this.roll(400), '.');
    this.said[side]?.push(text);
    this.programs[side]?.send(text);
    if (this.roll(3) > 0) this.network.pass(this.roll(10) === 0 ? this.roll(12_000) : this.roll(400));
  }

  /** Whether both sides know that all texts were shown. */
  get whole(): boolean {
    return this.programs.every((program, side) => program.of('delivered').length >= (this.said[side]?.length ?? 0));
  }

  #carry(frame: Uint8Array, side: number): Uint8Array[] {
    const [past, opposite] = side === 0 ? this.carried : [this.carried[1], this.carried[0]];
    const held = this.#held;
    if (held !== null && this.next?.side === side) {
      [this.#held, this.next] = [null, null];
      return [frame, held];
    }
    const act = this.next?.side === side && past.length > 0 && opposite.length > 0 ? this.next.kind : null;
    past.push(frame);
    if (act === null) return [frame];
    if (act === 'swap') {
      this.#held = frame;
      return [];
    }
    this.next = null;
    return ACTS[act]?.(frame, { roll: this.roll, past: past.slice(0, -1), opposite }) ?? [];
  }
}

let others: Uint8Array[] | null = null;

/** A frame of an unrelated conversation, with the type and number of `frame`. */
function foreign(frame: Uint8Array): Uint8Array {
  others ??= framesOfAnother();
  const { length } = frame;
  const other = others.find((one) => one.length === length && one[0] === frame[0]) ?? others[0] ?? assert.fail();
  const copy = other.slice();
  copy.set(frame.subarray(0, 9));
  return copy;
}

function framesOfAnother(): Uint8Array[] {
  const talk = new Talk(1_000_003);
  for (let moves = 0; moves < 100; moves++) talk.move();
  return talk.carried.flat();
}

/** One conversation with a hostile act in it. */
function hostileRun(seed: number): void {
  const talk = new Talk(seed);
  const { network, programs, said, roll } = talk;
  for (let moves = 2 + roll(6); moves > 0; moves--) talk.move();
  const side = roll(2);
  const kind = KINDS[seed % KINDS.length] ?? 'drop';
  talk.next = { side, kind };
  for (let moves = 2 + roll(4); moves > 0; moves--) talk.move();
  // Enough for two heartbeats: one may be the frame in question, and one follows it.
  network.pass(2_500);
  const named = programs[1 - side]?.errors ?? [];
  const context = `seed ${seed}: ${kind} is called ${named.join()}`;
  assert.equal(talk.next, null, context);
  assert.ok(named.length > 0 && named.every((name) => NAMES.has(name)), context);
  for (let wait = 0; wait < 20 && !talk.whole; wait++) network.pass(1_000);
  for (const [index, program] of programs.entries()) {
    assert.deepEqual(program.texts, said[1 - index], `seed ${seed}`);
    assert.equal(program.of('delivered').length, said[index]?.length, `seed ${seed}`);
    assert.equal(program.of('peer').at(-1)?.status, 'connected', `seed ${seed}`);
  }
}

/** Runs `count` conversations, with seeds from `first` on. */
export function hostileRuns(first: number, count: number): void {
  for (let seed = first; seed < first + count; seed++) hostileRun(seed);
}
