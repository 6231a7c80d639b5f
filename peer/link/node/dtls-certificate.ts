/** A self-signed certificate for DTLS (RFC 8827, section 6.5): ECDSA on P-256, as X.509 in DER. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its private key, in PEM. */
export interface DtlsCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Tags of ASN.1 (X.690). */
const [INTEGER, BIT_STRING, UTF8_STRING, SEQUENCE, SET, GENERALIZED_TIME] = [0x02, 0x03, 0x0c, 0x30, 0x31, 0x18];
const VERSION = 0xa0;
/** The algorithm ecdsa-with-SHA256 (RFC 5758) and the attribute commonName (RFC 5280), as whole identifiers. */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SERIAL_BYTES = 8;
/** What libwebrtc writes for every program. DTLS 1.2 sends the certificate in clear: it must not name this one. */
const SUBJECT = 'WebRTC';
/** Nobody looks at the times: the fingerprint travels sealed, and the key lives as long as the connection. */
const [NOT_BEFORE, NOT_AFTER] = ['20200101000000Z', '20991231235959Z'];

/** Makes a certificate with a fresh key. */
export function makeCertificate(): DtlsCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256);
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(SUBJECT)))));
  const times = [NOT_BEFORE, NOT_AFTER].map((time) => der(GENERALIZED_TIME, Buffer.from(time)));
  const body = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.of(2))),
    // A leading 1 keeps it positive and of its length.
    der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(SERIAL_BYTES)])),
    algorithm,
    name,
    der(SEQUENCE, ...times),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', body, privateKey));
  const certificate = der(SEQUENCE, body, algorithm, signature).toString('base64');
  const lines = certificate.match(/.{1,64}/g) ?? [];
  return {
    certificate: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}
