/** Why the server cannot be reached, in words: the true cause lies some layers down in what Socket.IO reports. */
import { AparteError } from '../../shared/errors.ts';

/** What to do about a certificate of one's own making (Node reads the variable when it starts). */
const TRUST = 'if you made it, name the file of who signed it in NODE_EXTRA_CA_CERTS';

/** The detail where a server takes connections, or packets, and says nothing. */
export const NO_ANSWER = 'no answer in time';

/** Codes of Node, c-ares, OpenSSL and our WebSocket. A code not listed is shown as it is. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: NO_ANSWER,
  EHOSTUNREACH: 'no route to that host',
  ENETUNREACH: 'no network',
  EACCES: 'the system forbids it',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  CERT_NOT_YET_VALID: 'its TLS certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: `its TLS certificate is self-signed; ${TRUST}`,
  SELF_SIGNED_CERT_IN_CHAIN: `its TLS certificate comes from an unknown authority; ${TRUST}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its TLS certificate comes from an unknown authority; ${TRUST}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `its TLS certificate comes from an unknown authority; ${TRUST}`,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'it sent more than there is a limit for',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'it sent more than there is a limit for',
  NO_PACKET: 'it does not speak Socket.IO',
  TOO_MANY_PINGS: 'it sent pings and read no answers',
};

/** What Socket.IO and Engine.IO say themselves. */
const REASONS = new Map<unknown, string>([
  ['timeout', NO_ANSWER],
  ['websocket error', 'no connection could be made'],
  ['transport error', 'the connection was cut'],
  ['transport close', 'it closed the connection'],
  ['ping timeout', 'it fell silent'],
  ['io server disconnect', 'it hung up'],
]);

/** How deep errors may lie in errors. */
const MAX_DEPTH = 8;

/**
 * A `server-unreachable` whose detail says why.
 * @param reason an error of `connect_error`, or the reason of a `disconnect`; unless it is one we know, it is not shown
 * @param description what `disconnect` says besides
 */
export function unreachable(reason: unknown, description?: unknown): AparteError {
  const text = reason instanceof Error ? reason.message : reason;
  const detail = rooted(reason, 0) ?? rooted(description, 0) ?? REASONS.get(text) ?? 'it does not speak Socket.IO';
  return new AparteError('server-unreachable', detail);
}

/** Only codes and numbers are taken over: the texts of errors may quote the server. */
function rooted(error: unknown, depth: number): string | null {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return null;
  const { code, message, ...within } = {
    code: 'code' in error ? error.code : null,
    message: 'message' in error ? String(error.message) : '',
    description: 'description' in error ? error.description : null,
    error: 'error' in error ? error.error : null,
    cause: 'cause' in error ? error.cause : null,
    first: 'errors' in error && Array.isArray(error.errors) ? (error.errors[0] as unknown) : null,
  };
  const status = /^Unexpected server response: (\d{3})$/.exec(message)?.[1];
  if (status === '503') return 'it is about to stop, or lets nobody in just now: it answers HTTP 503';
  if (status !== undefined) return `it answers HTTP ${status}`;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) {
    if (code.startsWith('HPE_')) return `it does not speak HTTP: ${code}`;
    const words = WORDS[code];
    return words === undefined ? code : `${words}: ${code}`;
  }
  for (const inner of Object.values(within)) {
    const found = rooted(inner, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
