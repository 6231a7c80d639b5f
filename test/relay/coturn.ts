/** A real TURN server on loopback: coturn, with the secret that makes credentials. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askTcp, askUdp } from '../../peer/doctor/stun-client.ts';
import { freePort } from '../ports.ts';
import { environment } from '../process.ts';

/** Why tests with coturn are skipped; false where it is installed. */
export const NO_COTURN = spawnSync('turnserver', ['--version']).error === undefined ? false : 'coturn is not installed';

export const SECRET = 'north';

/** How long coturn may take until it listens, in ms. */
const PATIENCE = 20_000;

/** A running server. */
export interface Coturn {
  readonly port: number;
  /** Everything the server has logged. */
  log(): string;
  close(): Promise<void>;
}

/** Starts coturn; resolves once it listens. */
export async function startCoturn(): Promise<Coturn> {
  const folder = mkdtempSync(join(tmpdir(), 'aparte-turn-'));
  const port = await freePort();
  const words =
    `-n --no-cli --no-tls --no-dtls --verbose --allow-loopback-peers --log-file stdout --realm aparte ` +
    `--listening-ip 127.0.0.1 --relay-ip 127.0.0.1 --listening-port ${port} ` +
    `--use-auth-secret --static-auth-secret ${SECRET} --pidfile ${join(folder, 'pid')} --userdb ${join(folder, 'db')}`;
  const child = spawn('turnserver', words.split(' '), { env: environment() });
  let log = '';
  child.stdout.on('data', (data) => (log += String(data)));
  const kill = () => void child.kill('SIGKILL');
  process.on('exit', kill);
  const address = { address: '127.0.0.1', port };
  const deadline = performance.now() + PATIENCE;
  while ((await askTcp(address)) === null || (await askUdp([address]))[0] === null) {
    if (child.exitCode !== null) throw new Error(`coturn ended:\n${log}`);
    if (performance.now() > deadline) {
      kill();
      throw new Error(`waited in vain for coturn to listen:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    log: () => log,
    close: async () => {
      process.off('exit', kill);
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.removeAllListeners('exit').once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
