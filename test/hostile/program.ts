/** The built program in processes of its own: started, spoken to, listened to and waited for, never slept for. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ChatEvent } from '../../peer/core/events.ts';
import { environment } from '../process.ts';

const APARTE = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** How long (ms) a test waits before it takes the program for hung: more than any wait of the protocol. */
const PATIENCE = 30_000;

/** How a program is started. */
export interface Start {
  /** What follows `aparte`: a command and its options. */
  readonly args?: readonly string[];
  readonly server: string;
  /** Left out: the program makes one. */
  readonly code?: string;
  readonly name?: string;
  /** The data folder; left out: a fresh one. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder that goes with the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'aparte-hostile-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A running program. It is killed with the test that started it, if it is still there. */
export class Program {
  /** All that it wrote so far. */
  stdout = '';
  stderr = '';
  /** What it told so far, under `--json`. */
  readonly events: ChatEvent[] = [];
  /** Its exit code, once both outputs are closed. */
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #rest = '';
  #over = false;

  constructor(t: TestContext, { args = ['chat', '--json'], server, code, name = 'somebody', data, env }: Start) {
    // Ended before the folder goes.
    t.after(async () => {
      this.#child.kill('SIGKILL');
      await this.exit;
    });
    const options = ['--server', server, '--name', name, '--data', data ?? folder(t)];
    this.#child = spawn(process.execPath, [APARTE, ...args, ...options], {
      stdio: 'pipe',
      env: { ...environment(), ...(code === undefined ? {} : { APARTE_CODE: code }), ...env },
    });
    this.exit = new Promise((resolve) => {
      this.#child.on('close', (status) => {
        this.#over = true;
        this.#look();
        resolve(status);
      });
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text, args.includes('--json')));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
  }

  /**
   * Resolves with what `find` finds, which is asked after each output. Rejects if the program ends without it, or seems
   * to hang.
   */
  async until<T>(find: () => T | undefined | false): Promise<T> {
    let late = false;
    const impatience = setTimeout(() => {
      late = true;
      this.#look();
    }, PATIENCE);
    try {
      for (;;) {
        const found = find();
        if (found !== undefined && found !== false) return found;
        if (this.#over || late) assert.fail(`it did not come:\n${this.stdout}${this.stderr}`);
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    } finally {
      clearTimeout(impatience);
    }
  }

  /** The first event of a type, past or to come, that `fits`. */
  event<T extends ChatEvent['type']>(
    type: T,
    fits: (event: Extract<ChatEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<ChatEvent, { type: T }>> {
    return this.until(() => this.all(type).find(fits));
  }

  /** The events of a type so far. */
  all<T extends ChatEvent['type']>(type: T): Extract<ChatEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ChatEvent, { type: T }> => event.type === type);
  }

  /** What it was told of its peers' standing. */
  get standing(): string[] {
    return this.all('peer').map(({ status }) => status);
  }

  /** The words of the errors so far. */
  get errors(): string[] {
    return this.all('error').map(({ code }) => code);
  }

  /** Gives a command, under `--json`. */
  command(command: object): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  say(text: string): void {
    this.command({ type: 'send', text });
  }

  /** Leaves politely; resolves with the exit code. */
  quit(): Promise<number | null> {
    this.command({ type: 'quit' });
    return this.exit;
  }

  #read(text: string, json: boolean): void {
    this.stdout += text;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (json) this.events.push(...lines.map((line) => JSON.parse(line) as ChatEvent));
    this.#look();
  }

  #look(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const look of waiting) look();
  }
}

/** Asserts that a chat ended as an attempt that was refused does: so named, exit 3, and nothing else was told or shown. */
export async function assertRefused(program: Program, ...words: readonly string[]): Promise<void> {
  await program.event('end');
  assert.equal(await program.exit, 3, program.stdout + program.stderr);
  assert.ok(words.includes(program.errors.at(-1) ?? ''), program.stdout);
  assert.equal(program.all('error').at(-1)?.fatal, true);
  assert.ok(!program.standing.includes('connected'), program.stdout);
  for (const type of ['message', 'delivered'] as const) assert.deepEqual(program.all(type), []);
  const [end] = program.all('end');
  assert.equal(end?.exit, 3);
  assert.equal(program.events.at(-1), end);
}
