/** A network namespace for programs under test: a machine on which nothing else listens. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Sandbox } from './program.ts';

/** Why tests that need a machine are skipped; false if they are not. */
export const NO_MACHINE: string | false =
  spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0 ? false : 'needs root, unshare and ip';

/** A machine that lasts until it is closed. */
export class Machine {
  /** Runs programs on this machine. */
  readonly sandbox: Sandbox;
  readonly #holder: ChildProcess;
  /** The prefix of a command that is to run on this machine. */
  readonly enter: readonly string[];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.enter = ['nsenter', '-t', String(holder.pid), '-n'];
    this.sandbox = new Sandbox(this.enter);
  }

  /** Makes a machine with a loopback device, and runs `commands` on it. */
  static async start(...commands: readonly string[]): Promise<Machine> {
    const script = ['ip link set lo up', ...commands, 'echo up', 'exec cat'].join(' && ');
    // The namespace lasts as long as this process.
    const holder = spawn('unshare', ['-n', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(holder, 'exit').then(() => Promise.reject(new Error('the machine could not be set up')));
    await Promise.race([once(holder.stdout, 'data'), ended]);
    return new Machine(holder);
  }

  /** The output of a command that runs on this machine. */
  look(...command: readonly string[]): string {
    const [file = '', ...args] = [...this.enter, ...command];
    return spawnSync(file, args).stdout.toString();
  }

  /** Ends everything that runs on this machine. */
  async close(): Promise<void> {
    await this.sandbox.close();
    this.#holder.stdin?.end();
  }
}
