/** P4: pairings through a server: how many per second, and how long one takes. */
import { inTime } from '../program.ts';
import type { RunningServer } from './contestant.ts';
import type { Enter } from './dialects.ts';
import { CANDIDATES, FLIGHT } from './dialects.ts';
import type { Target } from './websocket.ts';

/** Pairings at a time for full load. */
const ABREAST = 32;

/** Where clients connect, and the number of servers behind it. */
export interface Entrance extends Pick<RunningServer, 'enter' | 'port'> {
  /** Absent: one. */
  readonly servers?: number;
}

/** Frames of each side: its flights, in turn with the other's, and then its candidates at once. */
const FRAMES = 2 + CANDIDATES;

/**
 * One pairing: the second client comes when the first is in, both send the frames of a handshake, leave, and disconnect.
 * Resolves to the time (ms) from the start to the last frame when both are gone. Rejects if one is disconnected before.
 */
export function pair(enter: Enter, target: Omit<Target, 'path'>, place: string): Promise<number> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    let [time, gone] = [0, 0];
    const first = enter(target, place, 1);
    const members = [first];
    const end = () => {
      gone += 1;
      if (time === 0) for (const member of members) member.destroy();
      if (time === 0) reject(new Error(`the server let go of one of ${place}`));
      else if (gone === 2) resolve(time);
    };
    first.onEnd = end;
    first.onEntered = () => {
      const second = enter(target, place, 2);
      members.push(second);
      second.onEnd = end;
      const got = [0, 0];
      const took = (side: 0 | 1): number => {
        got[side] = (got[side] ?? 0) + 1;
        if (got[0] === FRAMES && got[1] === FRAMES) {
          time = performance.now() - start;
          for (const member of members) member.leave();
        }
        return got[side];
      };
      for (const [speaker, listener] of [
        [first, second],
        [second, first],
      ] as const) {
        speaker.onMet = () => {
          speaker.onFrame = () => {
            const count = took(0);
            if (count === 1) speaker.send(FLIGHT.proofA);
            if (count === 2) for (let sent = 0; sent < CANDIDATES; sent++) speaker.send(FLIGHT.candidate);
          };
          listener.onFrame = () => {
            const count = took(1);
            if (count === 1) listener.send(FLIGHT.reply);
            if (count !== 2) return;
            listener.send(FLIGHT.proofB);
            for (let sent = 0; sent < CANDIDATES; sent++) listener.send(FLIGHT.candidate);
          };
          speaker.send(FLIGHT.hello);
        };
      }
    };
  });
}

let places = 0;

/** Does `count` pairings as fast as the servers can. Resolves to the number per second. */
export async function busy({ enter, port, servers = 1 }: Entrance, count: number): Promise<number> {
  const start = performance.now();
  let begun = 0;
  const worker = async () => {
    for (; begun < count; ) {
      begun += 1;
      await pair(enter, { host: '127.0.0.1', port }, `p${places++}`);
    }
  };
  await Promise.all(Array.from({ length: ABREAST * servers }, worker));
  return (count * 1_000) / (performance.now() - start);
}

/**
 * The times (ms) of pairings that start `rate` times per second, for a time in ms. Each is counted from when it was due.
 * `from` returns the local address of each client.
 */
export async function times(
  { enter, port }: Entrance,
  rate: number,
  duration: number,
  from?: () => string,
): Promise<number[]> {
  const start = performance.now();
  const total = Math.round((rate * duration) / 1_000);
  const pairings: Promise<number>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (; pairings.length < total; ) {
        const due = start + (pairings.length * 1_000) / rate;
        const late = performance.now() - due;
        if (late < 0) return;
        const target = { host: '127.0.0.1', port, ...(from !== undefined && { from: from() }) };
        const pairing = pair(enter, target, `p${places++}`).then((time) => time + late);
        // Is awaited below.
        pairing.catch(() => {});
        pairings.push(pairing);
      }
      clearInterval(timer);
      resolve();
    }, 1);
  });
  return inTime('the last pairings', Promise.all(pairings));
}

/** The value that a part (0 to 1) of all values does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
