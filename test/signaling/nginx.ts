/** nginx on loopback, as an HTTPS proxy before a server. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificateFiles } from '../../signaling/http-server.ts';
import { freePort } from '../ports.ts';
import { environment } from '../process.ts';

/** Debian installs it in a folder that is only in the administrator's PATH. */
const NGINX = ['nginx', '/usr/sbin/nginx'].find((path) => spawnSync(path, ['-v']).error === undefined);

/** Why tests with nginx are skipped, or false. */
export const NO_NGINX = NGINX === undefined ? 'nginx is not installed' : false;

/** How long nginx may take until it listens, in ms. */
const PATIENCE = 20_000;

/** A running proxy. */
export interface Nginx {
  readonly url: string;
  close(): Promise<void>;
}

/** The configuration in docs/OPERATIONS.md, with the addresses and files of a test. */
function documentedConfig(upstream: string, port: number, { cert, key }: CertificateFiles): string {
  const manual = readFileSync(new URL('../../docs/OPERATIONS.md', import.meta.url), 'utf8');
  const [, config] = /^```nginx\n(.*?)^```$/ms.exec(manual) ?? [];
  if (config === undefined) throw new Error('the manual has no configuration of nginx');
  return config
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace(/^.*\[::\]:443.*\n/m, '')
    .replace(/ssl_certificate .*;/, `ssl_certificate ${cert};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`)
    .replace('http://127.0.0.1:7470', upstream);
}

/** Starts nginx on 127.0.0.1 before the server at `upstream`. Resolves when it listens. */
export async function startNginx(upstream: string, { cert, key }: CertificateFiles): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'aparte-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = `
    daemon off;
    master_process off;
    pid ${folder}/pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
      ${documentedConfig(upstream, port, { cert, key })}
    }`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  const child = spawn(NGINX ?? 'nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], { env: environment() });
  let log = '';
  child.stderr.on('data', (data) => (log += String(data)));
  const kill = () => void child.kill('SIGKILL');
  process.on('exit', kill);
  const deadline = performance.now() + PATIENCE;
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended:\n${log}`);
    if (performance.now() > deadline) {
      kill();
      throw new Error(`waited in vain for nginx to listen:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url: `https://127.0.0.1:${port}`,
    close: async () => {
      process.off('exit', kill);
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
