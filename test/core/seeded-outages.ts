/** A conversation through seeded outages of every kind, and what must be true afterwards. */
import assert from 'node:assert/strict';
import { FakeNetwork } from './fake-network.ts';
import type { FakeProgram } from './fake-program.ts';
import { seeded } from './seeded-random.ts';

/** Longest pause between two faults, in ms: longer than a link, a flight or a try may take. */
const LONGEST_PAUSE = 30_000;
const LONG = 'ü'.repeat(30_000);

/** What has happened, for the report of a failure. */
class Story {
  readonly network: FakeNetwork;
  readonly programs: readonly [FakeProgram, FakeProgram];
  readonly log: string[] = [];
  readonly #chance: () => number;
  #said = 0;

  constructor(seed: number) {
    this.#chance = seeded(seed);
    this.network = new FakeNetwork(seed);
    this.programs = [this.network.program('alice'), this.network.program('bob')];
    for (const program of this.programs) program.start();
    this.network.settle();
  }

  #below(limit: number): number {
    return Math.floor(this.#chance() * limit);
  }

  #somebody(): FakeProgram {
    return this.programs[this.#below(2)] as FakeProgram;
  }

  /** Both send texts. Returns how many were sent so far. */
  send(): number {
    for (const program of this.programs) program.send(this.text(this.#said));
    this.#said += 1;
    return this.#said;
  }

  /** The text with number `index`; some are long. */
  text(index: number): string {
    return index % 5 === 4 ? `${index} ${LONG}` : `${index}`;
  }

  /** A fault happens. */
  happen(): void {
    const { network } = this;
    const program = this.#somebody();
    const kept = this.#below(2) === 0;
    const flight = 1 + this.#below(4);
    network.tamper = ({ bytes }) => [bytes];
    const kinds: [string, () => void][] = [
      ['unplug', () => network.unplug(program)],
      ['unplug', () => network.unplug(program)],
      [`plug, ${kept ? 'with' : 'without'} its seats,`, () => network.plug(program, kept)],
      ['deafen', () => network.deafen(program, true)],
      ['hear again', () => network.deafen(program, false)],
      ['cut, and told', () => network.cutLinks()],
      ['cut in silence', () => network.cutLinks(true)],
      [`lose each flight ${flight}`, () => this.#lose(flight)],
      ['server anew', () => network.server.restart()],
      ['server sweeps', () => network.server.sweep()],
    ];
    const [name, act] = kinds[this.#below(kinds.length)] as [string, () => void];
    this.log.push(`${network.clock.now} ${name} ${program.name}`);
    act();
    // Most faults come while the last one is being repaired.
    network.pass(this.#below(this.#below(3) === 0 ? LONGEST_PAUSE : 1_500));
  }

  #lose(flight: number): void {
    this.network.tamper = ({ bytes }) => (bytes[0] === flight ? [] : [bytes]);
  }

  /** Everything works again. */
  heal(): void {
    this.network.tamper = ({ bytes }) => [bytes];
    this.network.server.sweep();
    for (const program of this.programs) {
      this.network.plug(program, false);
      this.network.deafen(program, false);
    }
  }
}

/** How long (ms) the conversation may take to recover after everything works again. */
const HEALING = 60_000;

/** Runs a conversation through `faults` faults, in the order and at the times of `seed`. Throws if a promise was broken. */
export function liveThrough(seed: number, faults: number): void {
  const story = new Story(seed);
  const { network, programs } = story;
  let said = 0;
  for (let fault = 0; fault < faults; fault += 1) {
    said = story.send();
    story.happen();
  }
  story.heal();
  network.pass(HEALING);
  const all = Array.from({ length: said }, (_, index) => story.text(index));
  for (const program of programs) {
    const what = `seed ${seed}, ${program.name}\n${story.log.join('\n')}`;
    assert.equal(program.of('peer').at(-1)?.status, 'connected', what);
    assert.deepEqual(
      program.texts.map((text) => text.slice(0, 10)),
      all.map((text) => text.slice(0, 10)),
      what,
    );
    assert.ok(
      program.texts.every((text, index) => text === all[index]),
      what,
    );
    const ids = (type: 'sent' | 'delivered') => program.of(type).map(({ id }) => id);
    assert.deepEqual(ids('delivered'), ids('sent'), what);
    // An outage may last so long that the user is told of it.
    assert.ok(
      program.errors.every((error) => error === 'not-back'),
      what,
    );
  }
  programs[0].quit();
  network.pass(5_000);
  assert.deepEqual(
    programs.map((program) => program.end?.exit),
    [0, 0],
    `seed ${seed}`,
  );
}
