/** A long conversation through seeded faults on a real network, of which every message is checked. */
import assert from 'node:assert/strict';
import { seeded } from '../core/seeded-random.ts';
import { Scene } from './scene.ts';
import { pause } from './seeded-faults.ts';
import type { Talker } from './talker.ts';

/** Messages each way that a soak of some minutes sends, at most, and how many a second otherwise. */
const MESSAGES = 10_000;
const PER_SECOND = 40;
/** Messages that may wait for delivery: the program takes 1,000. */
const MAX_WAITING = 900;
/** Every so many messages comes a long one. */
const LONG_EVERY = 250;
/** How long (ms) both may take to be connected once everything works again. */
const HEALING = 60_000;
/**
 * The part that counts as warm-up: the heaps of the native WebRTC threads grow with each of the first some twenty
 * connections, and then no more.
 */
const WARM_UP = 0.4;
/**
 * How many times as many texts are said before anything goes wrong: V8 lets the space of its young objects grow to its
 * full size over some ten thousand messages, whatever the network does, and 20 MB with it.
 */
const CHATTER = 2;
/** How long (ms) both rest before their memory is measured. */
const REST = 10_000;

/** What came of a soak. */
export interface Soaked {
  /** Messages each way. */
  readonly messages: number;
  readonly faults: number;
  /** How often one of the two lost the path. */
  readonly outages: number;
  /** Milliseconds from the end of a fault until both were connected, where it was waited for, shortest first. */
  readonly healing: readonly number[];
  /** Resident memory of the two programs in bytes, after the warm-up and at the end. */
  readonly memory: { readonly before: readonly number[]; readonly after: readonly number[] };
}

/** Text number `index`: its number, and padding of a length that goes with it. */
function text(index: number): string {
  const length = index % LONG_EVERY === LONG_EVERY - 1 ? 60_000 : (index * 37) % 300;
  return `${index} ${'x'.repeat(length)}`;
}

/** One of the two, who says texts and checks those of the other. */
class Side {
  readonly name: 'ann' | 'ben';
  readonly talker: Talker;
  said = 0;
  #checked = 0;

  constructor(name: 'ann' | 'ben', talker: Talker) {
    this.name = name;
    this.talker = talker;
  }

  /** Says texts up to number `due`, as far as the outbox allows. */
  sayUpTo(due: number): void {
    while (this.said < due && this.said - this.talker.delivered < MAX_WAITING) {
      this.talker.say(text(this.said));
      this.said += 1;
    }
  }

  /** Checks what came: each text once, in order. */
  check(): void {
    for (; this.#checked < this.talker.texts.length; this.#checked += 1) {
      assert.equal(this.talker.texts[this.#checked], text(this.#checked), `${this.name} heard something else`);
    }
    assert.equal(this.talker.ended, null, `${this.name} has ended: ${this.talker.stderr}`);
  }
}

/** What can go wrong: does it, and ends it. */
type Fault = (soak: Soak) => Promise<string>;

const CABLE: Fault = async ({ scene, below, someHosts }) => {
  const names = someHosts();
  const ms = 1_000 + below(11_000);
  for (const name of names) scene.hosts[name].unplug();
  await pause(ms);
  for (const name of names) scene.hosts[name].plug();
  return `cable of ${names.join(' and ')} out for ${ms} ms`;
};

const ADDRESS: Fault = async ({ scene, someHosts, freshAddress }) => {
  const names = someHosts();
  for (const name of names) scene.hosts[name].move(freshAddress());
  return `new address for ${names.join(' and ')}`;
};

const SERVER: Fault = async (running) => {
  const { scene, below } = running;
  const ms = below(4_000);
  scene.servers.at(-1)?.kill('SIGKILL');
  const cable = below(2) === 0 ? await CABLE(running) : 'nothing else';
  await pause(ms);
  await scene.startServer();
  return `server killed, meanwhile ${cable}, and started anew after ${ms} ms`;
};

const LOSS: Fault = async ({ scene, below }) => {
  const [percent, ms] = [5 + below(16), 3_000 + below(3_000)];
  for (const name of ['ann', 'ben'] as const) scene.hosts[name].lose(percent);
  await pause(ms);
  for (const name of ['ann', 'ben'] as const) scene.hosts[name].lose(0);
  return `${percent} % lost for ${ms} ms`;
};

const FREEZE: Fault = async ({ below, sides }) => {
  const side = sides[below(2)] as Side;
  const ms = 2_000 + below(10_000);
  side.talker.kill('SIGSTOP');
  await pause(ms);
  side.talker.kill('SIGCONT');
  return `${side.name} frozen for ${ms} ms`;
};

const FAULTS: readonly Fault[] = [CABLE, CABLE, CABLE, ADDRESS, ADDRESS, SERVER, LOSS, FREEZE];

class Soak {
  readonly scene: Scene;
  readonly sides: readonly [Side, Side];
  readonly healing: number[] = [];
  faults = 0;
  readonly #chance: () => number;
  #addresses = 100;
  /** How many texts each shall say. */
  #target = 0;

  constructor(scene: Scene, sides: readonly [Side, Side], seed: number) {
    this.scene = scene;
    this.sides = sides;
    this.#chance = seeded(seed);
  }

  /** A number from 0 to less than `limit`. */
  readonly below = (limit: number): number => Math.floor(this.#chance() * limit);

  /** One of the two hosts, or now and then both. */
  readonly someHosts = (): ('ann' | 'ben')[] => {
    const choice = this.below(5);
    if (choice === 4) return ['ann', 'ben'];
    return [choice % 2 === 0 ? 'ann' : 'ben'];
  };

  /** An address that nobody has had lately. */
  readonly freshAddress = (): string => {
    this.#addresses += 1;
    return `203.0.113.${100 + (this.#addresses % 150)}`;
  };

  /**
   * Both say texts up to number `target`, evenly over `ms`, while one thing after the other goes wrong. Resolves once
   * all is delivered.
   */
  async talk(target: number, ms: number, report: (line: string) => void): Promise<void> {
    const began = performance.now();
    const from = this.#target;
    this.#target = target;
    const speak = () => {
      const due = from + Math.ceil(((target - from) * (performance.now() - began)) / ms);
      for (const side of this.sides) side.sayUpTo(Math.min(target, due));
    };
    const timer = setInterval(speak, 20);
    try {
      while (performance.now() - began < ms) {
        report(await this.#goWrong());
        this.#check();
      }
      while (this.sides.some(({ said }) => said < target)) {
        await pause(100);
        this.#check();
      }
      await this.#healed();
    } finally {
      clearInterval(timer);
    }
    this.#check();
  }

  /** Both say texts up to number `target`, as fast as they are delivered. Resolves once all is. */
  async chatter(target: number): Promise<void> {
    this.#target = target;
    while (this.sides.some(({ said }) => said < target)) {
      for (const side of this.sides) side.sayUpTo(target);
      await pause(20);
      this.#check();
    }
    await this.#healed();
  }

  #check(): void {
    for (const side of this.sides) side.check();
  }

  /** Lets one thing go wrong. Returns a line about it. */
  async #goWrong(): Promise<string> {
    const fault = FAULTS[this.below(FAULTS.length)] as Fault;
    const what = await fault(this);
    this.faults += 1;
    // Now and then the next fault meets what is being mended of this one.
    if (this.below(4) === 0) {
      await pause(this.below(3_000));
      return `${what}; and on`;
    }
    const ended = performance.now();
    await this.#healed();
    const ms = Math.round(performance.now() - ended);
    this.healing.push(ms);
    await pause(1_000 + this.below(2_000));
    return `${what}; healed after ${ms} ms`;
  }

  /** Waits until what each says next has been heard: only that proves that both are connected. */
  async #healed(): Promise<void> {
    const waits = this.sides.map(({ talker, said }) => {
      const next = Math.min(said + 1, this.#target);
      return talker.until('healing', () => talker.delivered >= next, HEALING);
    });
    await Promise.all(waits);
  }

  /** Resident memory of both, in bytes, after a rest. */
  async memory(): Promise<number[]> {
    await pause(REST);
    return this.sides.map(({ talker }) => talker.memory);
  }
}

/**
 * Lets two talk for some minutes while one thing after the other goes wrong. Rejects where a message is lost, doubled,
 * out of order or not said to be delivered. `report` is given a line for each fault.
 */
export async function soak(minutes: number, seed: number, report: (line: string) => void): Promise<Soaked> {
  const scene = new Scene();
  try {
    await scene.startServer();
    const { ann, ben } = await scene.pair();
    const soaking = new Soak(scene, [new Side('ann', ann), new Side('ben', ben)], seed);
    const ms = minutes * 60_000;
    const messages = Math.min(MESSAGES, Math.floor((ms / 1_000) * PER_SECOND));
    const chatter = CHATTER * messages;
    await soaking.chatter(chatter);
    await soaking.talk(chatter + Math.floor(messages * WARM_UP), ms * WARM_UP, report);
    const before = await soaking.memory();
    await soaking.talk(chatter + messages, ms * (1 - WARM_UP), report);
    const after = await soaking.memory();
    const all = chatter + messages;
    for (const { sent, delivered, texts } of [ann, ben])
      assert.deepEqual([sent, delivered, texts.length], [all, all, all]);
    const losses = [ann, ben].map(({ events }) => events.filter((event) => event['status'] === 'reconnecting').length);
    const healing = soaking.healing.sort((a, b) => a - b);
    return { messages, faults: soaking.faults, outages: Math.max(...losses), healing, memory: { before, after } };
  } finally {
    await scene.close();
  }
}
