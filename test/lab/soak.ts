/** A long conversation through seeded faults of a real network. Every message is checked. */
import assert from 'node:assert/strict';
import { seeded } from '../core/seeded-random.ts';
import type { RecordedProgram } from './recorded-program.ts';
import { pause } from './scene-tests.ts';
import { Scene } from './server-scene.ts';

/** Messages each way, at most, and messages a second in a short soak. */
const MESSAGES = 10_000;
const PER_SECOND = 40;
/** Messages that may wait for delivery. The program accepts 1,000. */
const MAX_WAITING = 900;
/** One message in so many is long. */
const LONG_EVERY = 250;
/** Time for both to be connected after a fault has ended, in ms. */
const HEALING = 60_000;
/** Part of the time that is warm-up. The heaps of the WebRTC threads grow with each of the first twenty connections. */
const WARM_UP = 0.4;
/**
 * Texts before the first fault, as a multiple of those after it. V8 lets the space of young objects grow by 20 MB over
 * the first ten thousand messages, whatever the network does.
 */
const CHATTER = 2;
/** Rest before memory is measured, in ms. */
const REST = 10_000;

/** The result of a soak. */
export interface Soaked {
  /** Messages each way. */
  readonly messages: number;
  readonly faults: number;
  /** Number of times that one of the two lost the path. */
  readonly outages: number;
  /** Times from the end of a fault until both were connected, in ms, shortest first. Not every fault is measured. */
  readonly healing: readonly number[];
  /** Resident memory of the two programs in bytes, after the warm-up and at the end. */
  readonly memory: { readonly before: readonly number[]; readonly after: readonly number[] };
}

/** Returns text number `index`: its number, and padding whose length depends on it. */
function text(index: number): string {
  const length = index % LONG_EVERY === LONG_EVERY - 1 ? 60_000 : (index * 37) % 300;
  return `${index} ${'x'.repeat(length)}`;
}

/** One of the two programs. Sends texts and checks those of the other. */
class Side {
  readonly name: 'ann' | 'ben';
  readonly talker: RecordedProgram;
  said = 0;
  #checked = 0;

  constructor(name: 'ann' | 'ben', talker: RecordedProgram) {
    this.name = name;
    this.talker = talker;
  }

  /** Sends texts up to number `due`, as far as the outbox allows. */
  sayUpTo(due: number): void {
    while (this.said < due && this.said - this.talker.delivered < MAX_WAITING) {
      this.talker.say(text(this.said));
      this.said += 1;
    }
  }

  /** Checks that each text came once and in order. */
  check(): void {
    for (; this.#checked < this.talker.texts.length; this.#checked += 1) {
      assert.equal(this.talker.texts[this.#checked], text(this.#checked), `${this.name} heard something else`);
    }
    assert.equal(this.talker.ended, null, `${this.name} has ended: ${this.talker.stderr}`);
  }
}

/** The faults. Each causes a fault and ends it. */
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
  /** Number of texts that each is to send. */
  #target = 0;

  constructor(scene: Scene, sides: readonly [Side, Side], seed: number) {
    this.scene = scene;
    this.sides = sides;
    this.#chance = seeded(seed);
  }

  /** Returns a random number from 0 to less than `limit`. */
  readonly below = (limit: number): number => Math.floor(this.#chance() * limit);

  /** Returns one of the two hosts, or sometimes both. */
  readonly someHosts = (): ('ann' | 'ben')[] => {
    const choice = this.below(5);
    if (choice === 4) return ['ann', 'ben'];
    return [choice % 2 === 0 ? 'ann' : 'ben'];
  };

  /** Returns an address that nobody has had lately. */
  readonly freshAddress = (): string => {
    this.#addresses += 1;
    return `203.0.113.${100 + (this.#addresses % 150)}`;
  };

  /**
   * Sends texts both ways up to number `target`, evenly over `ms`, while one fault follows another. Resolves when all are
   * delivered.
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

  /** Sends texts both ways up to number `target`, as fast as they are delivered. Resolves when all are. */
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

  /** Causes one fault. Returns a line about it. */
  async #goWrong(): Promise<string> {
    const fault = FAULTS[this.below(FAULTS.length)] as Fault;
    const what = await fault(this);
    this.faults += 1;
    // Sometimes the next fault comes while the programs still heal from this one.
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

  /** Waits until the next text of each has come: only that proves that both are connected. */
  async #healed(): Promise<void> {
    const waits = this.sides.map(({ talker, said }) => {
      const next = Math.min(said + 1, this.#target);
      return talker.until('healing', () => talker.delivered >= next, HEALING);
    });
    await Promise.all(waits);
  }

  /** Returns the resident memory of both after a rest, in bytes. */
  async memory(): Promise<number[]> {
    await pause(REST);
    return this.sides.map(({ talker }) => talker.memory);
  }
}

/**
 * Runs a conversation for some minutes while one fault follows another. Rejects if a message is lost, doubled, out of
 * order or not reported as delivered. `report` gets a line for each fault.
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
