/** P2: message round trip over the sealed session, against a raw wrtc data channel; two processes each. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as v from 'valibot';
import { OPTIONS } from '../build/options.ts';
import { APARTE, environment } from '../test/process.ts';
import type { Result } from './measure.ts';
import { alternate, compare, spread } from './measure.ts';
import { BASELINE, inTime, startServer } from './program.ts';

/** Characters in each message. */
const SIZE = 64;
const PEER = fileURLToPath(new URL('peer.ts', import.meta.url));
const Report = v.object({ times: v.array(v.number()) });

/** Alternates conversations of `messages` round trips; the figure of each is its median. */
export async function roundTrip(runs: number, messages: number): Promise<Result> {
  const { url, stop } = await startServer(APARTE, 'signal', '--port', '0', '--limits', 'off');
  let meetings = 0;
  const counts = [String(SIZE), String(messages)];
  // Below the root, where wrtc's native part is found.
  const folder = mkdtempSync(join(import.meta.dirname, '../dist/bench-'));
  const peer = join(folder, 'peer.cjs');
  const sealed = () => conversation(peer, [url, `trip${meetings++}-ocean-violin`, ...counts]);
  const raw = () => conversation(`${BASELINE}channel.js`, counts);
  try {
    await build({ ...OPTIONS, entryPoints: [PEER], outfile: peer });
    const [ours, theirs] = await alternate(runs, sealed, raw);
    const name = `P2 round trip of a message of ${SIZE} characters`;
    return { name, unit: 'ms', ...compare('raw wrtc data channel', ours ?? [], theirs ?? []), limit: 1.5 };
  } finally {
    await stop();
    rmSync(folder, { recursive: true });
  }
}

/** Runs both sides; what one says to its parent is handed to the other, until one reports its round trips. */
async function conversation(program: string, args: readonly string[]): Promise<number> {
  const start = (role: string) => fork(program, [role, ...args], { execArgv: [], env: environment() });
  const sides = [start('answer'), start('offer')] as const;
  try {
    const reported = new Promise<readonly number[]>((resolve, reject) => {
      for (const [index, side] of sides.entries()) {
        side.on('exit', (code) => reject(new Error(`${program} ended early with ${code}`)));
        side.on('message', (message) => {
          if (v.is(Report, message)) resolve(message.times);
          else sides[1 - index]?.send(message);
        });
      }
    });
    const times = await inTime(program, reported);
    // The first half warms up.
    return spread(times.slice(times.length / 2)).median;
  } finally {
    await Promise.all(
      sides.map(async (side) => {
        if (side.exitCode !== null) return;
        side.kill('SIGKILL');
        await once(side, 'exit');
      }),
    );
  }
}
