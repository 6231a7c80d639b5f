/** A program in a process of its own: started, spoken to, listened to and waited for, never slept for. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';

/** The built program. */
export const APARTE = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** How long something is waited for, in ms: a deadline for what hangs, far beyond what anything takes. */
const PATIENCE = 30_000;

/** A line of machine mode. */
export interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How a program ended. */
export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a program finds around it. */
export interface Surroundings {
  /** Its data folder, which is the user's home to it, too. */
  readonly home?: string;
  /** Added to an environment that holds nothing of ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long it is waited for, in ms. */
  readonly patience?: number;
}

/** The environment of whatever is started: nothing of the shell that runs us, and nowhere to keep data unless given. */
export function environment(home = devNull): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: home, APARTE_HOME: home };
}

/** What can be ended. */
interface Running {
  kill(signal: NodeJS.Signals): void;
  end(): Promise<unknown>;
}

const running = new Set<Running>();
process.on('exit', () => {
  for (const each of running) each.kill('SIGKILL');
});
// As otherwise what runs on exit would not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A running program, and what its lines say in machine mode. It does not outlive us. */
export class Process<Line extends { readonly type: string } = Event> {
  /** What it has written to standard error so far. */
  stderr = '';
  /** Null while it runs. */
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
    // A process group of its own: a shell is killed with what it has started.
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

  /** What it has written to standard output so far. */
  get output(): Buffer {
    return Buffer.concat(this.#out);
  }

  get stdout(): string {
    return this.output.toString();
  }

  /** The events it has told so far: all whole lines of standard output but those that were asked for as such. */
  get events(): Line[] {
    for (const line of this.#unread.splice(0)) this.#told.push(JSON.parse(line) as Line);
    return this.#told;
  }

  /** Resident memory, in bytes (Linux). */
  get memory(): number {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1]);
  }

  /** Waits until `look` finds something. Fails, with what was said last, at the end of the program or of patience. */
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

  /** The first event of this type with these fields, among those from index `from` on. */
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

  /** The next line of standard output that fits; those before it are gone. */
  line(fits: (line: string) => boolean = () => true): Promise<string> {
    return this.until('line', () => {
      for (let line = this.#unread.shift(); line !== undefined; line = this.#unread.shift())
        if (fits(line)) return line;
      return null;
    });
  }

  /** The first match in what it writes to standard error. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(String(pattern), () => pattern.exec(this.stderr));
  }

  /** Where it listens, as a server says first of all. */
  listening(): Promise<string> {
    return this.until('address', () => /^listening on (\S+)\n/.exec(this.stdout)?.[1]);
  }

  /** Waits for its end. */
  end(): Promise<Ended> {
    return this.until('end', () => this.ended);
  }

  /** Waits for its end and demands an exit code. */
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

  /** Gives a command of machine mode. */
  give(command: object): void {
    this.write(`${JSON.stringify(command)}\n`);
  }

  /** Says something, in machine mode. */
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

/** Where the programs of a test run. Once it is closed, nothing is left of them and of their data. */
export class Stage {
  /** A folder of its own. */
  readonly folder: string;
  readonly #programs: Running[] = [];
  #homes = 0;

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `aparte-${name}-`));
  }

  /** A data folder that does not exist yet. */
  home(): string {
    this.#homes += 1;
    return join(this.folder, `home-${this.#homes}`);
  }

  /** Has a program end with the stage. */
  protected keep<Kept extends Running>(program: Kept): Kept {
    this.#programs.push(program);
    return program;
  }

  /** Ends whatever still runs and removes the folder. */
  async close(): Promise<void> {
    for (const program of this.#programs) program.kill('SIGKILL');
    await Promise.all(this.#programs.map((program) => program.end()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
