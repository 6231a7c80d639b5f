/** A link that does hostile things, chosen by a seed, to whole conversations: from code to the last message. */
import assert from 'node:assert/strict';
import { World } from '../core/fake-network.ts';
import type { Person } from '../core/fake-program.ts';
import { dice, flipped } from '../crypto/test-parties.ts';

/** What the link may do to a frame, given what else it has seen. */
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
/** By which names that must be called; `swap` is made of two frames and has its place in the link. */
const NAMES: ReadonlySet<string> = new Set(['gap', 'replay', 'forged', 'turn']);
const KINDS = [...Object.keys(ACTS), 'swap'];

interface Seen {
  readonly roll: (sides: number) => number;
  /** Frames this direction and the other have carried. */
  readonly past: readonly Uint8Array[];
  readonly opposite: readonly Uint8Array[];
}

/** Two people who talk over a link that can be made hostile. */
class Talk {
  readonly roll: (sides: number) => number;
  readonly world: World;
  readonly people: readonly [Person, Person];
  readonly said: readonly [string[], string[]] = [[], []];
  readonly carried: readonly [Uint8Array[], Uint8Array[]] = [[], []];
  /** What is done to the next frame of which side. */
  next: { readonly side: number; readonly kind: string } | null = null;
  #held: Uint8Array | null = null;

  constructor(seed: number) {
    this.roll = dice(seed);
    this.world = new World(seed);
    this.people = [this.world.person('alice'), this.world.person('bob')];
    for (const person of this.people) person.start();
    this.world.settle();
    this.world.tamperFrame = (frame, from) => this.#carry(frame, this.people.indexOf(from));
  }

  /** Somebody says something, and some time passes or none. */
  move(): void {
    const side = this.roll(2);
    const text = `${side} ${this.said[side]?.length}`.padEnd(this.roll(400), '.');
    this.said[side]?.push(text);
    this.people[side]?.say(text);
    if (this.roll(3) > 0) this.world.pass(this.roll(10) === 0 ? this.roll(12_000) : this.roll(400));
  }

  /** Whether all that was said is known to have been shown. */
  get whole(): boolean {
    return this.people.every((person, side) => person.of('delivered').length >= (this.said[side]?.length ?? 0));
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

/** A frame of a conversation with nothing in common with any here, under the type and number of `frame`. */
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
  const { world, people, said, roll } = talk;
  for (let moves = 2 + roll(6); moves > 0; moves--) talk.move();
  const side = roll(2);
  const kind = KINDS[seed % KINDS.length] ?? 'drop';
  talk.next = { side, kind };
  for (let moves = 2 + roll(4); moves > 0; moves--) talk.move();
  // Enough for a heartbeat, which the frame is if nobody spoke, and one that follows.
  world.pass(2_500);
  const named = people[1 - side]?.errors ?? [];
  const context = `seed ${seed}: ${kind} is called ${named.join()}`;
  assert.equal(talk.next, null, context);
  assert.ok(named.length > 0 && named.every((name) => NAMES.has(name)), context);
  for (let wait = 0; wait < 20 && !talk.whole; wait++) world.pass(1_000);
  for (const [index, person] of people.entries()) {
    assert.deepEqual(person.texts, said[1 - index], `seed ${seed}`);
    assert.equal(person.of('delivered').length, said[index]?.length, `seed ${seed}`);
    assert.equal(person.of('peer').at(-1)?.status, 'connected', `seed ${seed}`);
  }
}

/** As many conversations, with seeds from `first` on. */
export function hostileRuns(first: number, count: number): void {
  for (let seed = first; seed < first + count; seed++) hostileRun(seed);
}
