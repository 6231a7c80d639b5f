/** Starts programs under test, writes to them, reads their output and waits for events. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';

/** The built program. */
export const APARTE = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Time limit (ms) of each wait: far longer than any step takes, so that only a hang exceeds it. */
const PATIENCE = 30_000;

/** One JSON line of a program that runs with `--json`. */
export interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How a program ended. */
export interface Ended {
  /** Null if a signal ended the program. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The environment of a program under test. */
export interface Surroundings {
  /** The data folder, which is also the user's home folder. */
  readonly home?: string;
  /** Variables added to the otherwise clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Time limit (ms) of each wait for this program. */
  readonly patience?: number;
}

/** A clean environment: nothing of the shell that runs the tests, and no data folder unless one is given. */
export function environment(home = devNull): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: home, APARTE_HOME: home };
}

/** A process that can be ended. */
interface Running {
  kill(signal: NodeJS.Signals): void;
  end(): Promise<unknown>;
}

const running = new Set<Running>();
process.on('exit', () => {
  for (const each of running) each.kill('SIGKILL');
});
// Without these listeners a signal would end the tests without running the `exit` listeners.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A running program and the events it prints with `--json`. It is killed when the test process exits. */
export class Process<Line extends { readonly type: string } = Event> {
  /** Everything written to standard error so far. */
  stderr = '';
  /** How the program ended; null while it runs. */
  ended: Ended | null = null;
  protected readonly child: ChildProcessWithoutNullStreams;
  readonly #patience: number;
  readonly #out: Buffer[] = [];
  readonly #unread: string[] = [];
  readonly #told: Line[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(command: readonly string[], { home, env = {}, patience = PATIENCE }: Surroundings = {}) {
    const [file = '', ...args] = command;
    this.#patience = patience;
    // Its own process group, so that a shell is killed together with everything it has started.
    this.child = spawn(file, args, { env: { ...environment(home), ...env }, detached: true });
    running.add(this);
    const decoder = new StringDecoder();
    let rest = '';
    this.child.stdout.on('data', (bytes: Buffer) => {
      this.#out.push(bytes);
      const lines = (rest + decoder.write(bytes)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.heard(line);
      this.#changed();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#changed();
    });
    // A program may end before it has read all of its input.
    this.child.stdin.on('error', () => undefined);
    this.child.on('close', (code, signal) => {
      this.ended = { code, signal };
      running.delete(this);
      this.#changed();
    });
  }

  get pid(): number {
    return this.child.pid ?? assert.fail('it could not be started');
  }

  /** Everything written to standard output so far. */
  get output(): Buffer {
    return Buffer.concat(this.#out);
  }

  get stdout(): string {
    return this.output.toString();
  }

  /** The events printed so far: all whole lines of standard output, except those that `line` has consumed. */
  get events(): Line[] {
    for (const line of this.#unread.splice(0)) this.#told.push(JSON.parse(line) as Line);
    return this.#told;
  }

  /** Resident memory, in bytes (Linux). */
  get memory(): number {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1]);
  }

  /** Waits until `look` finds something. Fails with the last output if the program ends or the time limit is reached. */
  async until<Found>(
    what: string,
    look: () => Found | null | undefined | false,
    patience = this.#patience,
  ): Promise<Found> {
    const deadline = performance.now() + patience;
    for (;;) {
      const found = look();
      if (found !== null && found !== undefined && found !== false) return found;
      const left = deadline - performance.now();
      if (this.ended !== null || left <= 0) assert.fail(`no ${what}: ${this.#account()}`);
      await this.#change(left);
    }
  }

  /** Waits for the first event of this type with these fields, from index `from` on. */
  event<Type extends Line['type']>(
    type: Type,
    fields: Partial<Line & { readonly type: Type }> = {},
    from = 0,
  ): Promise<Line & { readonly type: Type }> {
    const wanted = Object.entries({ ...fields, type });
    const fits = (event: Line): event is Line & { readonly type: Type } =>
      wanted.every(([name, value]) => (event as Readonly<Record<string, unknown>>)[name] === value);
    let next = from;
    return this.until(`${type} ${JSON.stringify(fields)}`, () => {
      const { events } = this;
      for (let event = events[next]; event !== undefined; event = events[next]) {
        next += 1;
        if (fits(event)) return event;
      }
      return null;
    });
  }

  /** Waits for the next line of standard output that fits, and discards the lines before it. */
  line(fits: (line: string) => boolean = () => true): Promise<string> {
    return this.until('line', () => {
      for (let line = this.#unread.shift(); line !== undefined; line = this.#unread.shift())
        if (fits(line)) return line;
      return null;
    });
  }

  /** Waits for a match in standard error. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(String(pattern), () => pattern.exec(this.stderr));
  }

  /** Waits for the first line of a server. Returns the URL it listens on. */
  listening(): Promise<string> {
    return this.until('address', () => /^listening on (\S+)\n/.exec(this.stdout)?.[1]);
  }

  /** Waits until the program has ended. */
  end(): Promise<Ended> {
    return this.until('end', () => this.ended);
  }

  /** Waits until the program has ended and asserts its exit code. */
  async exits(code: number): Promise<this> {
    assert.deepEqual(await this.end(), { code, signal: null }, this.#account());
    return this;
  }

  write(text: string | Uint8Array): void {
    this.child.stdin.write(text);
  }

  closeInput(): void {
    this.child.stdin.end();
  }

  /** Writes a JSON command. */
  give(command: object): void {
    this.write(`${JSON.stringify(command)}\n`);
  }

  /** Sends a text by a JSON command. */
  say(text: string): void {
    this.give({ type: 'send', text });
  }

  /** Reads nothing of its standard output until it is killed: the pipe fills up. */
  holdOutput(): void {
    this.child.stdout.pause();
  }

  /** Sends a signal to it and all it has started. */
  kill(signal: NodeJS.Signals): void {
    this.child.stdout.resume();
    const { pid } = this.child;
    if (pid === undefined || this.ended !== null) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It is gone, and so is all it has started.
    }
  }

  /** Takes a line of standard output as it comes. */
  protected heard(line: string): void {
    this.#unread.push(line);
  }

  #account(): string {
    const end = this.ended === null ? 'it still runs' : `it ended with ${JSON.stringify(this.ended)}`;
    return `${end}\n--- stdout\n${this.stdout.slice(-4_096)}\n--- stderr\n${this.stderr}`;
  }

  #changed(): void {
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

/** Runs the programs of a test in a temporary folder. `close` ends them all and deletes the folder. */
export class Stage {
  /** The temporary folder. */
  readonly folder: string;
  readonly #programs: Running[] = [];
  #homes = 0;

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `aparte-${name}-`));
  }

  /** Returns the path of a data folder that does not exist yet. */
  home(): string {
    this.#homes += 1;
    return join(this.folder, `home-${this.#homes}`);
  }

  /** Registers a program to be killed by `close`. */
  protected keep<Kept extends Running>(program: Kept): Kept {
    this.#programs.push(program);
    return program;
  }

  /** Kills all programs that still run and removes the folder. */
  async close(): Promise<void> {
    for (const program of this.#programs) program.kill('SIGKILL');
    await Promise.all(this.#programs.map((program) => program.end()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
