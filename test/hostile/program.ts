/** The built program in machine mode, for tests that attack it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { JsonEvent } from '../../peer/ui/json-chat.ts';
import { APARTE, Process } from '../process.ts';

/** How a program is started. */
export interface Start {
  /** The command and its options. */
  readonly args?: readonly string[];
  readonly server: string;
  /** Left out: the program makes a code. */
  readonly code?: string;
  readonly name?: string;
  /** The data folder. Left out: a new one. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How long (ms) the test waits for an event. Left out: 30 s. */
  readonly patience?: number;
}

/** A folder that is removed after the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'aparte-hostile-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A running program. It is killed at the end of the test. */
export class Program extends Process<JsonEvent> {
  constructor(
    t: TestContext,
    { args = ['chat', '--json'], server, code, name = 'somebody', data, env, patience }: Start,
  ) {
    const home = data ?? mkdtempSync(join(tmpdir(), 'aparte-hostile-'));
    super([process.execPath, APARTE, ...args, '--server', server, '--name', name], {
      home,
      env: { ...(code === undefined ? {} : { APARTE_CODE: code }), ...env },
      ...(patience !== undefined && { patience }),
    });
    t.after(async () => {
      this.kill('SIGKILL');
      await this.end();
      if (data === undefined) rmSync(home, { recursive: true, force: true });
    });
  }

  /** Its exit code. */
  get exit(): Promise<number | null> {
    return this.end().then(({ code }) => code);
  }

  /** The events of a type so far. */
  all<T extends JsonEvent['type']>(type: T): Extract<JsonEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<JsonEvent, { type: T }> => event.type === type);
  }

  /** The status of its peers, in order. */
  get standing(): string[] {
    return this.all('peer').map(({ status }) => status);
  }

  /** The codes of its errors so far. */
  get errors(): string[] {
    return this.all('error').map(({ code }) => code);
  }

  /** Leaves with a goodbye. Resolves with the exit code. */
  quit(): Promise<number | null> {
    this.give({ type: 'quit' });
    return this.exit;
  }
}

/** Asserts that a chat ended at a refused handshake: with one of these errors, exit 3, and no text shown. */
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
