/** P2: message round trip over the sealed session, against a raw wrtc data channel. Both use two processes. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as v from 'valibot';
import { OPTIONS } from '../build/options.ts';
import { APARTE, environment } from '../test/process.ts';
import type { Result } from './measure.ts';
import { compare, spread } from './measure.ts';
import { BASELINE, inTime, startServer } from './program.ts';

/** Characters in each message. */
const SIZE = 64;
/** Round trips of one conversation before the other takes its turn: about 0.4 s, too short for the machine to change speed. */
const TURN = 1_000;
const PEER = fileURLToPath(new URL('peer.ts', import.meta.url));
const Report = v.object({ times: v.array(v.number()) });
const Open = v.object({ open: v.literal(true) });

/**
 * Runs both conversations `runs` times, taking turns. The figures of a run are two medians: of the first turn, while V8
 * still compiles both programs, and of the last `turns` turns. Another `turns` turns in between are a warm-up.
 */
export async function roundTrip(runs: number, turns: number): Promise<Result[]> {
  const { url, stop } = await startServer(APARTE, 'signal', '--port', '0', '--limits', 'off');
  // The folder is below the root so that Node finds wrtc's native module.
  const folder = mkdtempSync(join(import.meta.dirname, '../dist/bench-'));
  const peer = join(folder, 'peer.cjs');
  const ours: Figures = { warm: [], first: [] };
  const theirs: Figures = { warm: [], first: [] };
  try {
    await build({ ...OPTIONS, entryPoints: [PEER], outfile: peer });
    for (let run = 0; run < runs; run++) {
      const sealed = new Conversation(peer, [url, `trip${run}-ocean-violin`, String(SIZE)]);
      const raw = new Conversation(`${BASELINE}channel.js`, [String(SIZE)]);
      try {
        await Promise.all([sealed.isOpen, raw.isOpen]);
        const [one, other]: [number[], number[]] = [[], []];
        for (let turn = 0; turn < 1 + 2 * turns; turn++) {
          one.push(...(await sealed.make(TURN)));
          other.push(...(await raw.make(TURN)));
        }
        note(ours, one, turns);
        note(theirs, other, turns);
      } finally {
        await Promise.all([sealed.end(), raw.end()]);
      }
    }
  } finally {
    await stop();
    rmSync(folder, { recursive: true });
  }
  const name = `round trip of a message of ${SIZE} characters`;
  const raw = 'raw wrtc data channel';
  return [
    { name: `P2 ${name}`, unit: 'ms', ...compare(raw, ours.warm, theirs.warm), limit: 1.5 },
    { name: `${name}, first ${TURN}`, unit: 'ms', ...compare(raw, ours.first, theirs.first) },
  ];
}

/** The medians (ms) of each run. */
interface Figures {
  readonly warm: number[];
  readonly first: number[];
}

function note(figures: Figures, times: readonly number[], turns: number): void {
  figures.warm.push(spread(times.slice(-turns * TURN)).median);
  figures.first.push(spread(times.slice(0, TURN)).median);
}

/** Two processes that talk. Messages from one to its parent are passed on to the other, except its measurements. */
class Conversation {
  /** Resolves once round trips can be made. */
  readonly isOpen: Promise<void>;
  readonly #program: string;
  readonly #sides: readonly [ChildProcess, ChildProcess];
  readonly #ended: Promise<never>;
  #open: () => void = () => undefined;
  #report: (times: number[]) => void = () => undefined;

  constructor(program: string, args: readonly string[]) {
    const start = (role: string) => fork(program, [role, ...args], { execArgv: [], env: environment() });
    this.#program = program;
    this.#sides = [start('answer'), start('offer')];
    this.#ended = new Promise((_resolve, reject) => {
      for (const side of this.#sides) {
        side.on('exit', (code) => reject(new Error(`${program} ended early with ${code}`)));
      }
    });
    const opened = new Promise<void>((resolve) => {
      this.#open = resolve;
    });
    this.isOpen = this.#inTime(opened);
    for (const [index, side] of this.#sides.entries()) {
      side.on('message', (message) => {
        if (v.is(Report, message)) this.#report(message.times);
        else if (v.is(Open, message)) this.#open();
        else this.#sides[1 - index]?.send(message);
      });
    }
  }

  /** Makes `trips` round trips. Returns the time (ms) of each. */
  async make(trips: number): Promise<number[]> {
    const reported = new Promise<number[]>((resolve) => {
      this.#report = resolve;
    });
    this.#sides[1].send({ trips });
    return this.#inTime(reported);
  }

  async end(): Promise<void> {
    await Promise.all(
      this.#sides.map(async (side) => {
        if (side.exitCode !== null) return;
        side.kill('SIGKILL');
        await once(side, 'exit');
      }),
    );
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    return inTime(this.#program, Promise.race([work, this.#ended]));
  }
}
