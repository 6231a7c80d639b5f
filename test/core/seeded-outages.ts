/** A conversation through seeded outages of every kind, and what must be true of it afterwards. */
import assert from 'node:assert/strict';
import { World } from './fake-network.ts';
import type { Person } from './fake-program.ts';
import { seeded } from './seeded-random.ts';

/** Longest pause between two happenings, in ms: beyond what a link, a flight or a try may take. */
const LONGEST_PAUSE = 30_000;
const LONG = 'ü'.repeat(30_000);

/** What happened, to tell when it went wrong. */
class Story {
  readonly world: World;
  readonly people: readonly [Person, Person];
  readonly log: string[] = [];
  readonly #chance: () => number;
  #said = 0;

  constructor(seed: number) {
    this.#chance = seeded(seed);
    this.world = new World(seed);
    this.people = [this.world.person('alice'), this.world.person('bob')];
    for (const person of this.people) person.start();
    this.world.settle();
  }

  #below(limit: number): number {
    return Math.floor(this.#chance() * limit);
  }

  #somebody(): Person {
    return this.people[this.#below(2)] as Person;
  }

  /** Both say something. Returns how much has been said. */
  say(): number {
    for (const person of this.people) person.say(this.text(this.#said));
    this.#said += 1;
    return this.#said;
  }

  /** The text that is said as number `index`: a long one now and then. */
  text(index: number): string {
    return index % 5 === 4 ? `${index} ${LONG}` : `${index}`;
  }

  /** Something happens. */
  happen(): void {
    const { world } = this;
    const person = this.#somebody();
    const kept = this.#below(2) === 0;
    const flight = 1 + this.#below(4);
    world.tamper = ({ bytes }) => [bytes];
    const kinds: [string, () => void][] = [
      ['unplug', () => world.unplug(person)],
      ['unplug', () => world.unplug(person)],
      [`plug, ${kept ? 'with' : 'without'} his places,`, () => world.plug(person, kept)],
      ['deafen', () => world.deafen(person, true)],
      ['hear again', () => world.deafen(person, false)],
      ['cut, and told', () => world.cutLinks()],
      ['cut in silence', () => world.cutLinks(true)],
      [`lose each flight ${flight}`, () => this.#lose(flight)],
      ['server anew', () => world.server.restart()],
      ['server sweeps', () => world.server.sweep()],
    ];
    const [name, act] = kinds[this.#below(kinds.length)] as [string, () => void];
    this.log.push(`${world.clock.now} ${name} ${person.name}`);
    act();
    // Most faults meet what is being mended of the last.
    world.pass(this.#below(this.#below(3) === 0 ? LONGEST_PAUSE : 1_500));
  }

  #lose(flight: number): void {
    this.world.tamper = ({ bytes }) => (bytes[0] === flight ? [] : [bytes]);
  }

  /** Everything works again. */
  heal(): void {
    this.world.tamper = ({ bytes }) => [bytes];
    this.world.server.sweep();
    for (const person of this.people) {
      this.world.plug(person, false);
      this.world.deafen(person, false);
    }
  }
}

/** How long (ms) it may take until all is as before, once everything works again. */
const HEALING = 60_000;

/** Lives through `faults` faults in the order and at the times of `seed`. Throws where a promise was broken. */
export function liveThrough(seed: number, faults: number): void {
  const story = new Story(seed);
  const { world, people } = story;
  let said = 0;
  for (let fault = 0; fault < faults; fault += 1) {
    said = story.say();
    story.happen();
  }
  story.heal();
  world.pass(HEALING);
  const all = Array.from({ length: said }, (_, index) => story.text(index));
  for (const person of people) {
    const what = `seed ${seed}, ${person.name}\n${story.log.join('\n')}`;
    assert.equal(person.of('peer').at(-1)?.status, 'connected', what);
    assert.deepEqual(
      person.texts.map((text) => text.slice(0, 10)),
      all.map((text) => text.slice(0, 10)),
      what,
    );
    assert.ok(
      person.texts.every((text, index) => text === all[index]),
      what,
    );
    const ids = (type: 'sent' | 'delivered') => person.of(type).map(({ id }) => id);
    assert.deepEqual(ids('delivered'), ids('sent'), what);
    // An outage may last so long that the user is told of it.
    assert.ok(
      person.errors.every((error) => error === 'not-back'),
      what,
    );
  }
  people[0].quit();
  world.pass(5_000);
  assert.deepEqual(
    people.map((person) => person.end?.exit),
    [0, 0],
    `seed ${seed}`,
  );
}
