/** A program somewhere in the network, ours in machine mode as a rule: all it tells, with the time it came. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { environment } from '../process.ts';

/** How long something is waited for, in ms, unless said otherwise: a deadline for what hangs. */
const PATIENCE = 60_000;

/** An event, and when it came (ms on a clock that never jumps). What is no JSON is of type `line`. */
export interface Told {
  readonly type: string;
  readonly came: number;
  readonly [field: string]: unknown;
}

/** A running program. */
export class Talker {
  readonly events: Told[] = [];
  /** Texts that came, in order. */
  readonly texts: string[] = [];
  /** How many of our messages were taken over, and delivered. */
  sent = 0;
  delivered = 0;
  stderr = '';
  /** Exit code, or the signal that ended it; null while it runs. */
  ended: number | NodeJS.Signals | null = null;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  /** Runs a command, its data in the folder `home`. */
  constructor(command: readonly string[], home: string, env: NodeJS.ProcessEnv) {
    const [file = '', ...args] = command;
    this.#child = spawn(file, args, { stdio: 'pipe', env: { ...environment(home), ...env } });
    const { stdout, stderr, stdin } = this.#child;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#read(line));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // It may end before it has read all of its input.
    stdin?.on('error', () => undefined);
    this.#child.on('close', (code, signal) => {
      this.ended = signal ?? code;
      this.#wake();
    });
  }

  #read(line: string): void {
    const event = line.startsWith('{') ? (JSON.parse(line) as object) : { type: 'line', line };
    const told = { ...event, came: performance.now() } as Told;
    this.events.push(told);
    if (told.type === 'message') this.texts.push(String(told['text']));
    if (told.type === 'sent') this.sent += 1;
    if (told.type === 'delivered') this.delivered += 1;
    this.#wake();
  }

  /** Waits until `look` finds something. Fails, with what was told last, at its end or the end of patience. */
  async until<Found>(what: string, look: () => Found | null | undefined, patience = PATIENCE): Promise<Found> {
    const deadline = performance.now() + patience;
    for (;;) {
      const found = look();
      if (found !== null && found !== undefined) return found;
      if (this.ended !== null || performance.now() >= deadline) {
        const last = this.events.slice(-15).map((event) => JSON.stringify(event).slice(0, 300));
        assert.fail(`no ${what}; ended: ${this.ended}\n${last.join('\n')}\n${this.stderr}`);
      }
      await this.#change(deadline - performance.now());
    }
  }

  /** The first event of this type with these fields, among those from index `from` on. */
  event(type: string, fields: Readonly<Record<string, unknown>> = {}, from = 0): Promise<Told> {
    const fits = (event: Told) =>
      event.type === type && Object.entries(fields).every(([name, value]) => event[name] === value);
    let next = from;
    return this.until(`${type} ${JSON.stringify(fields)}`, () => {
      while (next < this.events.length) {
        const event = this.events[next++];
        if (event !== undefined && fits(event)) return event;
      }
      return null;
    });
  }

  /** How the other side stands, as it was told last. */
  get status(): unknown {
    return this.events.findLast((event) => event.type === 'peer')?.['status'];
  }

  /** Waits for its end and demands an exit code. */
  async exits(code: number, patience = PATIENCE): Promise<void> {
    const ended = await this.until('end', () => this.ended, patience);
    assert.equal(ended, code, `${JSON.stringify(this.events.slice(-5))}\n${this.stderr}`);
  }

  /** Gives a command. */
  give(command: object): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Says something. */
  say(text: string): void {
    this.give({ type: 'send', text });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resident memory, in bytes. */
  get memory(): number {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1]);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
