/** The servers that are compared. Each has a process, and a core if there are two. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { freePort } from '../../test/ports.ts';
import { APARTE, environment } from '../../test/process.ts';
import { BASELINE, inTime } from '../program.ts';
import type { Enter } from './dialects.ts';
import { aparte, bare, bareByDefault, peerjs } from './dialects.ts';

const PROBE = `${BASELINE}probe.js`;
const PEERJS = 'peer@1.0.2';
const Usage = v.object({ rss: v.number(), heap: v.number(), cpu: v.number() });

/** Resident memory and JavaScript memory in bytes, and processor time since the start in ms. */
export type Usage = v.InferOutput<typeof Usage>;

/** A kind of server. */
export interface Contestant {
  readonly name: string;
  readonly enter: Enter;
  /** The arguments of `node`, and the line that it prints when it listens, with the port as first group. */
  readonly args: readonly string[];
  readonly listening: RegExp;
}

const LISTENING = /^listening on http:\/\/127\.0\.0\.1:(\d+)$/;
const SIGNAL = [APARTE, 'signal', '--port', '0'];

/** Ours with defaults, but without limits per address: all clients of a benchmark have one address. */
export const APARTE_SIGNAL: Contestant = {
  name: 'aparte signal',
  enter: aparte,
  args: [...SIGNAL, '--limits', 'off', '--max-connections', '20000', '--max-rooms', '20000'],
  listening: LISTENING,
};
/** Ours with its limits per address. */
export const LIMITED: Contestant = { ...APARTE_SIGNAL, args: SIGNAL };
/** A dozen lines of Socket.IO with its defaults. */
export const BARE_RELAY: Contestant = {
  name: 'bare socket.io relay',
  enter: bare,
  args: [`${BASELINE}pairing-relay.js`],
  listening: LISTENING,
};

/** The same with default clients, which start with long-polling and upgrade to WebSocket. */
export const BARE_BY_DEFAULT: Contestant = {
  ...BARE_RELAY,
  name: 'the same, clients by default',
  enter: bareByDefault,
};

/** The server of PeerJS, or why it is not available. It is no dependency: npx fetches it. */
export async function peerjsServer(): Promise<Contestant | string> {
  const find = ['-y', '-p', PEERJS, 'sh', '-c', 'readlink -f "$(command -v peerjs)"'];
  const { status, stdout, stderr } = spawnSync('npx', find, { encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) return `${PEERJS} cannot be fetched: ${stderr.trim().split('\n').at(-1)}`;
  return {
    name: PEERJS,
    enter: peerjs,
    // It cannot choose a free port itself.
    args: [stdout.trim(), '--host', '127.0.0.1', '--port', String(await freePort()), '--concurrent_limit', '20000'],
    listening: /^Started PeerServer on .*port: (\d+)/,
  };
}

const CORES = availableParallelism();

/** Whether each side of a bench has a core of its own. */
export const PINNED = CORES > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Leaves the first core to the servers. */
export function moveAside(): void {
  if (PINNED) execFileSync('taskset', ['-acp', `1-${CORES - 1}`, String(process.pid)]);
}

/** A server that listens on loopback. */
export class RunningServer {
  readonly enter: Enter;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor({ enter }: Contestant, child: ChildProcess, port: number) {
    this.enter = enter;
    this.port = port;
    this.#child = child;
  }

  /** Starts one. Throws if it ends, or says nothing for 30 s. */
  static async start(contestant: Contestant, ...more: readonly string[]): Promise<RunningServer> {
    const node = [process.execPath, '--expose-gc', '--import', PROBE, ...contestant.args, ...more];
    const [command = '', ...args] = PINNED ? ['taskset', '-c', '0', ...node] : node;
    const child = spawn(command, args, {
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    if (child.stdout === null) throw new Error('no standard output');
    const lines = createInterface({ input: child.stdout });
    const port = new Promise<number>((resolve, reject) => {
      lines.on('line', (line) => {
        const found = contestant.listening.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      lines.on('close', () => reject(new Error(`${contestant.name} ended early`)));
    });
    return new RunningServer(contestant, child, await inTime(contestant.name, port));
  }

  /** Its usage now. `collected`: after garbage collection. */
  async usage(when: 'now' | 'collected' = 'now'): Promise<Usage> {
    this.#child.send(when);
    const [usage] = (await inTime('the use of memory', once(this.#child, 'message'))) as [unknown];
    return v.parse(Usage, usage);
  }

  /** Ends it, and waits until it has. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    // Some servers would wait for their clients.
    this.#child.kill('SIGKILL');
    await ended;
  }
}
