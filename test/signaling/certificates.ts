/** Certificates for tests, made by OpenSSL: an authority, and servers on loopback that it signs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificateFiles } from '../../signaling/http-server.ts';
import { environment } from '../process.ts';

/** Why tests with certificates are skipped, or false. */
export const NO_OPENSSL = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed';

/** A certificate authority with its files in a folder of its own. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'aparte-tls-'));
  /** The path of its certificate. */
  readonly cert = join(this.folder, 'ca.pem');
  readonly #key = join(this.folder, 'ca.key');

  constructor() {
    this.#make('authority', this.cert, this.#key, ['-addext', 'basicConstraints=critical,CA:TRUE']);
  }

  /** Makes a certificate for `localhost` and `127.0.0.1` in files with this name. */
  issue(name: string): CertificateFiles {
    const files = { cert: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
    this.#make(name, files.cert, files.key, ['-addext', names, '-CA', this.cert, '-CAkey', this.#key]);
    return files;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #make(name: string, cert: string, key: string, more: readonly string[]): void {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const out = ['-subj', `/CN=${name}`, '-days', '2', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...curve, ...out, ...more], { env: environment(), stdio: 'ignore' });
  }
}
