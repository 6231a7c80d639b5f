/** Makes the V8 code cache of the program: runs one short conversation and keeps what V8 compiled for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Time limit (ms) for the conversation. */
const PATIENCE = 20_000;
const CODE = 'warm-up-code';

/**
 * Runs `main` (the file that starts the program) against `program` over a server on loopback. Throws if that does not
 * work on this machine: the program then runs without a code cache and starts more slowly.
 */
export async function compile(main: string, program: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aparte-build-'));
  const running: ChildProcess[] = [];
  // Variables of the shell must not apply: a code cache is valid for the same V8 options only.
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

/** The URL in the first line of the server's output. */
async function address(server: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of server.stdout ?? []) {
    said += chunk;
    const found = /listening on (\S+)\n/.exec(said);
    if (found?.[1] !== undefined) return found[1];
  }
  throw new Error('the server did not start');
}
