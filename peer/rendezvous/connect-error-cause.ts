/** Finds out why a server cannot be reached. The cause is hidden in errors within errors of Socket.IO. */
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';

/** The answer of a server that did not open a WebSocket. */
export interface PlainHttpAnswer {
  readonly statusCode?: number;
  readonly headers: { readonly location?: string; readonly 'content-type'?: string };
}

/** An error that holds such an answer, given to Engine.IO as the description of an error. */
export interface NoWebSocket {
  readonly answer: PlainHttpAnswer;
}

/** Reasons that Socket.IO and Engine.IO name in texts of their own. */
const REASONS = new Map<unknown, ErrorDetail>([
  ['timeout', { key: 'no-answer-in-time' }],
  ['websocket error', { key: 'no-connection' }],
  ['transport error', { key: 'connection-cut' }],
  ['transport close', { key: 'connection-closed' }],
  ['ping timeout', { key: 'fell-silent' }],
  ['io server disconnect', { key: 'connection-closed' }],
]);

/** Codes of Node for a connection that the other end cuts. */
const CUT = ['ECONNRESET', 'EPIPE'];
/** Levels of errors within errors that are searched. */
const MAX_DEPTH = 8;
/** Characters of a redirect that are shown. */
const MAX_REDIRECT = 200;

/** Returns a `server-unreachable` for a connection that never opened; `error` comes from `connect_error`. */
export function notConnected(error: unknown, url: URL): AparteError {
  const found = causeIn(error, url, 0);
  const isPlain = url.protocol === 'http:';
  if (isPlain && found?.key === 'system-error' && CUT.includes(found.code)) {
    return new AparteError('server-unreachable', { key: 'cut-without-answer', code: found.code });
  }
  return unreachable(found, error instanceof Error ? error.message : null);
}

/** Returns a `server-unreachable` for a connection that was open; the arguments come from `disconnect`. */
export function disconnected(reason: string, description: unknown, url: URL): AparteError {
  return unreachable(causeIn(description, url, 0), reason);
}

/** Returns a `server-unreachable` for a server that does not answer in time. */
export function noAnswer(): AparteError {
  return unreachable(null, 'timeout');
}

function unreachable(found: ErrorDetail | null, reason: unknown): AparteError {
  return new AparteError('server-unreachable', found ?? REASONS.get(reason) ?? { key: 'not-socketio' });
}

/** Searches an error for its cause. Takes codes and numbers only: texts of errors may quote the server. */
function causeIn(error: unknown, url: URL, depth: number): ErrorDetail | null {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return null;
  if ('answer' in error) return causeOfAnswer((error as NoWebSocket).answer, url);
  const code = 'code' in error ? error.code : null;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) {
    return { key: code.startsWith('HPE_') ? 'not-http' : 'system-error', code };
  }
  // `ws` gives no code where a server answers 101 and then does not keep to WebSocket.
  if ('message' in error && /^Invalid (?:Upgrade|Sec-WebSocket-\w+) header$/.test(String(error.message))) {
    return { key: 'no-upgrade' };
  }
  const within = [
    'description' in error ? error.description : null,
    'error' in error ? error.error : null,
    'cause' in error ? error.cause : null,
    'errors' in error && Array.isArray(error.errors) ? (error.errors[0] as unknown) : null,
  ];
  for (const inner of within) {
    const found = causeIn(inner, url, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

function causeOfAnswer({ statusCode: status = 0, headers }: PlainHttpAnswer, url: URL): ErrorDetail {
  if (status >= 300 && status < 400) return { key: 'redirect', status, to: redirectTarget(headers.location, url) };
  if (status === 400) {
    // Engine.IO answers in JSON where a proxy has dropped the header Upgrade.
    if (headers['content-type']?.startsWith('application/json')) return { key: 'no-upgrade' };
    if (url.protocol === 'http:') return { key: 'plain-http-refused' };
  }
  return { key: 'http-status', status };
}

/** Returns the address of a server to use in place of `url`, null if the redirect names none. */
function redirectTarget(location: string | undefined, url: URL): string | null {
  if (location === undefined || !URL.canParse(location, url.href)) return null;
  const { protocol, origin, pathname } = new URL(location, url.href);
  if (!/^https?:$/.test(protocol)) return null;
  const to = `${origin}${pathname.replace(/\/?(?:socket\.io(?:\/.*)?)?$/, '')}`;
  return to.length > MAX_REDIRECT || to === url.href.replace(/\/$/, '') ? null : to;
}
