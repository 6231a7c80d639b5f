/** Runs programs in processes of their own and reads what they print, line by line. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environment } from '../test/process.ts';

/** The built program. */
export const APARTE = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** The folder of the programs that ours is compared with, with a `/` at the end. */
export const BASELINE = fileURLToPath(new URL('baseline/', import.meta.url));

/** How long (ms) something may take that takes a second or two. */
const PATIENCE = 30_000;

/** Throws after 30 s in which `work` came to no end. */
export async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${PATIENCE / 1_000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A running program. */
export class Program {
  readonly #child: ChildProcess;
  readonly #args: readonly string[];
  readonly #lines: string[] = [];
  readonly #exit: Promise<unknown>;
  #wake: () => void = () => {};
  #ended = false;
  #complaint = '';

  /** Starts `node` with `args`, standard input open. */
  constructor(...args: readonly string[]) {
    this.#args = args;
    this.#child = spawn(process.execPath, args, { stdio: 'pipe', env: environment() });
    this.#exit = once(this.#child, 'close');
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint += text;
    });
    if (this.#child.stdout === null) throw new Error('no standard output');
    const lines = createInterface({ input: this.#child.stdout });
    lines.on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    lines.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The next line that fits; those before it are gone. Throws if the program ends without it, or prints nothing for 30 s. */
  async line(fits: (line: string) => boolean): Promise<string> {
    for (;;) {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) if (fits(line)) return line;
      if (this.#ended) throw new Error(`${this.#args.join(' ')} ended early: ${this.#complaint}`);
      const said = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await inTime(`${this.#args.join(' ')}: ${this.#complaint}`, said);
    }
  }

  /** Writes a line to standard input. */
  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Resolves when the program has ended by itself. Throws unless it says that all went well. */
  async end(): Promise<void> {
    await this.#exit;
    if (this.#child.exitCode !== 0) throw new Error(`${this.#args.join(' ')} failed: ${this.#complaint}`);
  }

  /** Stops the program and waits for it. */
  async stop(): Promise<void> {
    this.#child.kill();
    await this.#exit;
  }

  /** Resident memory, in bytes (Linux). */
  memory(): number {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  }
}

/** Starts a server and resolves to it and to the address it says it listens on. */
export async function startServer(...args: readonly string[]): Promise<{ server: Program; url: string }> {
  const server = new Program(...args);
  const line = await server.line((each) => each.startsWith('listening on '));
  return { server, url: line.slice('listening on '.length) };
}
