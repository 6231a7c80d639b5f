/** Makes the compiled code that lies beside the program: two of them talk, and V8 says what it compiled for that. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** How long (ms) the two may take. */
const PATIENCE = 20_000;
const CODE = 'warm-up-code';

/**
 * Has `main` (the file that starts the program) and `program` talk over a server of their own on loopback. Throws when
 * that does not work here; the program runs without, a little later.
 */
export async function compile(main: string, program: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aparte-build-'));
  const running: ChildProcess[] = [];
  // What the shell sets for the program, or for Node, is for others: compiled code is good for the same V8 options only.
  const ours = Object.entries(process.env).filter(([name]) => !/^(APARTE_|NODE_OPTIONS$)/.test(name));
  const env = Object.fromEntries(ours);
  const node = (...args: readonly string[]) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'], timeout: PATIENCE });
    running.push(child);
    return child;
  };
  try {
    const warmUp = join(folder, 'warm-up.cjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'warm-up.ts')],
      outfile: warmUp,
      bundle: true,
      format: 'cjs',
      platform: 'node',
    });
    const server = await address(node(main, 'signal', '--port', '0', '--stun-port', 'off'));
    const receiver = node(warmUp, program, CODE, server, join(folder, 'one'));
    node(main, 'send', '--text', 'hello', CODE, '--server', server, '--data', join(folder, 'other'));
    const [exit] = (await once(receiver, 'close')) as [number | null];
    if (exit !== 0) throw new Error(`the receiver ended with ${String(exit)}`);
  } finally {
    for (const child of running) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where the server listens, from its first line. */
async function address(server: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of server.stdout ?? []) {
    said += chunk;
    const found = /listening on (\S+)\n/.exec(said);
    if (found?.[1] !== undefined) return found[1];
  }
  throw new Error('the server did not start');
}
