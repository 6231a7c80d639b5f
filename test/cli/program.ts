/** The real program in processes of its own, and what its tests need around it: data folders, a server, an end. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from '../process.ts';

/** The built program. */
export const APARTE = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

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

/** How a program is started. */
export interface Setting {
  /** Its data folder; a fresh one unless given. */
  readonly home?: string;
  /** Added to an environment that holds nothing of ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input, which is closed behind it; it stays open unless given. */
  readonly input?: string | Uint8Array;
}

/** A running program. */
export class Program {
  readonly #child: ChildProcess;
  readonly #out: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  /** What it has written to standard error so far. */
  stderr = '';
  /** Null while it runs. */
  ended: Ended | null = null;

  constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    const [file = '', ...args] = command;
    // A process group of its own: a shell is killed with what it has started.
    this.#child = spawn(file, args, { env, stdio: 'pipe', detached: true });
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      this.#out.push(bytes);
      this.#changed();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#changed();
    });
    // A program may end before it has read all of its input.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.on('close', (code, signal) => {
      this.ended = { code, signal };
      this.#changed();
    });
  }

  /** What it has written to standard output so far. */
  get output(): Buffer {
    return Buffer.concat(this.#out);
  }

  get stdout(): string {
    return this.output.toString();
  }

  /** The events it has told so far. */
  get events(): Event[] {
    const lines = this.stdout.split('\n');
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Event);
  }

  /** Waits until `look` finds something. Fails, with all that was written, at the end of the program or of patience. */
  async until<Found>(what: string, look: () => Found | null | undefined): Promise<Found> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = look();
      if (found !== null && found !== undefined) return found;
      const over = this.ended !== null ? `it ended with ${JSON.stringify(this.ended)}` : null;
      if (over !== null || Date.now() >= deadline) {
        const said = `--- stdout\n${this.stdout.slice(-4_096)}\n--- stderr\n${this.stderr}`;
        assert.fail(`no ${what}: ${over ?? 'it still runs'}\n${said}`);
      }
      await this.#change(deadline - Date.now());
    }
  }

  /** The first event of this type with these fields. */
  event(type: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Event> {
    const fits = (event: Event) =>
      event.type === type && Object.entries(fields).every(([name, value]) => event[name] === value);
    return this.until(`${type} ${JSON.stringify(fields)}`, () => this.events.find(fits));
  }

  /** The first match in what it writes to standard error. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(String(pattern), () => pattern.exec(this.stderr));
  }

  /** Waits for its end. Fails at the end of patience. */
  end(): Promise<Ended> {
    return this.until('end', () => this.ended);
  }

  /** Waits for its end and demands an exit code. */
  async exits(code: number): Promise<this> {
    const ended = await this.end();
    assert.deepEqual(ended, { code, signal: null }, `--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`);
    return this;
  }

  write(text: string | Uint8Array): void {
    this.#child.stdin?.write(text);
  }

  /** Gives a command of machine mode. */
  give(command: object): void {
    this.write(`${JSON.stringify(command)}\n`);
  }

  closeInput(): void {
    this.#child.stdin?.end();
  }

  /** Reads no more of its standard output. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  /** Reads nothing of its standard output until it is killed: the pipe fills up. */
  holdOutput(): void {
    this.#child.stdout?.pause();
  }

  /** Sends a signal to it and all it has started. */
  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid !== undefined && this.ended === null) process.kill(-pid, signal);
    this.#child.stdout?.resume();
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

/** Where programs of one test file run. Nothing is left of them once it is closed, or this process has ended. */
export class Sandbox {
  /** A folder of its own. */
  readonly folder = mkdtempSync(join(tmpdir(), 'aparte-cli-'));
  /** URL of the server, once one was started. */
  server = '';
  readonly #prefix: readonly string[];
  readonly #programs: Program[] = [];
  #homes = 0;
  readonly #kill = () => {
    for (const program of this.#programs) if (program.ended === null) program.kill('SIGKILL');
  };

  /** `prefix`: a command before each program's own, which must become it. */
  constructor(prefix: readonly string[] = []) {
    this.#prefix = prefix;
    process.on('exit', this.#kill);
  }

  /** A data folder that does not exist yet. */
  home(): string {
    this.#homes += 1;
    return join(this.folder, `home-${this.#homes}`);
  }

  /** Starts the program. */
  run(args: readonly string[], setting: Setting = {}): Program {
    return this.start([process.execPath, APARTE, ...args], setting);
  }

  /** Starts any program. */
  start(command: readonly string[], { home = this.home(), env = {}, input }: Setting = {}): Program {
    const program = new Program([...this.#prefix, ...command], { ...environment(home), ...env });
    this.#programs.push(program);
    if (input !== undefined) {
      program.write(input);
      program.closeInput();
    }
    return program;
  }

  /** Starts a server on `port`, 0 for any; its URL is `server` from now on. */
  async startServer(port = '0'): Promise<Program> {
    const program = this.run(['signal', '--port', port, '--limits', 'off']);
    const listening = () => /^listening on (\S+)\n/.exec(program.stdout)?.[1];
    this.server = await program.until('listening server', listening);
    return program;
  }

  /** Starts a chat in machine mode at the server. */
  chat(name: string, args: readonly string[] = [], setting: Setting = {}): Program {
    return this.run(['chat', '--json', '--server', this.server, '--name', name, ...args], setting);
  }

  /** Ends whatever still runs and removes the folder. */
  async close(): Promise<void> {
    this.#kill();
    await Promise.all(this.#programs.map((program) => program.end()));
    rmSync(this.folder, { recursive: true, force: true });
    process.off('exit', this.#kill);
  }
}

// As otherwise what runs on exit would not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

let codes = 0;

/** A code that no other test uses. */
export function freshCode(): string {
  codes += 1;
  return `t${codes}-ocean-violin`;
}
