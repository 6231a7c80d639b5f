/** Runs scenes as tests, with the checks that most of them share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from './network.ts';
import type { RecordedProgram } from './recorded-program.ts';
import { Scene, type Setting } from './server-scene.ts';

/** Limits for noticing a loss, and for the first message after the network is back, in ms. */
export const NOTICED = 5_000;
export const HEALED = 3_000;
/** A text of almost the longest length, which takes several frames. */
export const LONG = 'ü'.repeat(30_000);

const reason = missing();

/** Runs a test in a scene with a server, and removes the scene in any case. */
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

/** Waits until exactly these texts have come in order, and their sender knows that they were delivered. */
export async function delivered(from: RecordedProgram, to: RecordedProgram, texts: readonly string[]): Promise<void> {
  await to.until(`${texts.length} messages`, () => to.texts.length >= texts.length);
  await from.until(`${texts.length} delivered`, () => from.delivered === texts.length);
  assert.deepEqual(to.texts, texts);
}

/** Sends a text each way and waits until both have come. */
export async function talk(ann: RecordedProgram, ben: RecordedProgram): Promise<void> {
  ann.say('hello');
  ben.say('hi');
  await Promise.all([delivered(ann, ben, ['hello']), delivered(ben, ann, ['hi'])]);
}

/** Waits until both notice the loss of the path. Returns the time that the slower one took, in ms. */
export async function noticed(since: number, from: readonly [RecordedProgram, number][]): Promise<number> {
  const lost = await Promise.all(from.map(([who, index]) => who.event('peer', { status: 'reconnecting' }, index)));
  return Math.max(...lost.map(({ came }) => came)) - since;
}

/** Waits so many ms. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
