/** Playing a scene as a test, and what is demanded in most of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from './network.ts';
import { Scene, type Setting } from './scene.ts';
import type { Talker } from './talker.ts';

/** How soon a loss must be noticed, and how soon a message must come once the network is back, in ms. */
export const NOTICED = 5_000;
export const HEALED = 3_000;
/** Longest text a message may have, almost: several frames. */
export const LONG = 'ü'.repeat(30_000);

const reason = missing();

/** Sets a scene with a server, plays it, and clears it away whatever happens. */
export function play(name: string, setting: Setting, action: (scene: Scene) => Promise<void>): void {
  test(name, { skip: reason ?? false }, async () => {
    const scene = new Scene(setting);
    try {
      await scene.startServer();
      await action(scene);
    } finally {
      await scene.close();
    }
  });
}

/** Demands that exactly these texts came, in order, and that their sender knows that all of his were delivered. */
export async function delivered(from: Talker, to: Talker, texts: readonly string[]): Promise<void> {
  await to.until(`${texts.length} messages`, () => to.texts.length >= texts.length);
  await from.until(`${texts.length} delivered`, () => from.delivered === texts.length);
  assert.deepEqual(to.texts, texts);
}

/** Both say something, and both hear it. */
export async function talk(ann: Talker, ben: Talker): Promise<void> {
  ann.say('hello');
  ben.say('hi');
  await Promise.all([delivered(ann, ben, ['hello']), delivered(ben, ann, ['hi'])]);
}

/** Waits until both notice that the path is lost. Returns for how long (ms) the slower one did not. */
export async function noticed(since: number, from: readonly [Talker, number][]): Promise<number> {
  const lost = await Promise.all(from.map(([who, index]) => who.event('peer', { status: 'reconnecting' }, index)));
  return Math.max(...lost.map(({ came }) => came)) - since;
}

/** Lets so much time (ms) pass. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
