/** The certificate that the server shows, and its key, as they lie in two files. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { ErrorDetail } from '../shared/error-details.ts';
import { AparteError } from '../shared/errors.ts';

type CertificateFault = Extract<ErrorDetail, { key: 'certificate-file' }>['fault'];

/** Paths of two PEM files: the certificate, with those of the authorities between behind it, and its private key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads both files and makes sure that they can be used together. Throws `bad-certificate`, which names the file at
 * fault and nothing of what is in it. TLS 1.2 is the oldest version spoken (RFC 8996).
 */
export function readCertificate({ cert, key }: CertificateFiles): SecureContextOptions {
  const texts = { cert: read(cert), key: read(key) };
  const certificate = attempt(cert, 'no-certificate', () => new X509Certificate(texts.cert));
  const privateKey = attempt(key, 'no-key', () => createPrivateKey(texts.key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new AparteError('bad-certificate', { key: 'certificate-key-mismatch', files: [cert, key] });
  }
  const options: SecureContextOptions = { ...texts, minVersion: 'TLSv1.2' };
  attempt(cert, 'unusable', () => createSecureContext(options));
  return options;
}

function read(path: string): string {
  return attempt(path, 'unreadable', () => readFileSync(path, 'utf8'));
}

/** The words of an error may quote the file; its code does not. */
function attempt<T>(path: string, fault: CertificateFault, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { code = null } = error as NodeJS.ErrnoException;
    throw new AparteError('bad-certificate', { key: 'certificate-file', path, fault, code });
  }
}
