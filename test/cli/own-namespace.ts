/** A machine of its own for programs under test: a network namespace in which nothing listens but they. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Sandbox } from './program.ts';

/** Why tests that need one are skipped, or false where they are not. */
export const NO_MACHINE: string | false =
  spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0 ? false : 'needs root, unshare and ip';

/** A machine that runs until it is closed. */
export class Machine {
  /** Where programs run on it. */
  readonly sandbox: Sandbox;
  readonly #holder: ChildProcess;
  /** What goes before a command that is to run on it. */
  readonly enter: readonly string[];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.enter = ['nsenter', '-t', String(holder.pid), '-n'];
    this.sandbox = new Sandbox(this.enter);
  }

  /** Starts one that has a loopback device, and what these commands give it besides. */
  static async start(...commands: readonly string[]): Promise<Machine> {
    const script = ['ip link set lo up', ...commands, 'echo up', 'exec cat'].join(' && ');
    // The namespace is there as long as this process is.
    const holder = spawn('unshare', ['-n', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(holder, 'exit').then(() => Promise.reject(new Error('the machine could not be set up')));
    await Promise.race([once(holder.stdout, 'data'), ended]);
    return new Machine(holder);
  }

  /** What a command writes that looks at it. */
  look(...command: readonly string[]): string {
    const [file = '', ...args] = [...this.enter, ...command];
    return spawnSync(file, args).stdout.toString();
  }

  /** Ends all that runs on it. */
  async close(): Promise<void> {
    await this.sandbox.close();
    this.#holder.stdin?.end();
  }
}
