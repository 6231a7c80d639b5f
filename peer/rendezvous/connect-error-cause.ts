/** Finds out why the server cannot be reached: the true cause lies some layers down in what Socket.IO reports. */
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';

/** The reasons that Socket.IO and Engine.IO give in words of their own. */
const REASONS = new Map<unknown, ErrorDetail>([
  ['timeout', { key: 'no-answer-in-time' }],
  ['websocket error', { key: 'no-connection' }],
  ['transport error', { key: 'connection-cut' }],
  ['transport close', { key: 'connection-closed' }],
  ['ping timeout', { key: 'fell-silent' }],
  ['io server disconnect', { key: 'connection-closed' }],
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
  const detail: ErrorDetail = rooted(reason, 0) ??
    rooted(description, 0) ??
    REASONS.get(text) ?? { key: 'not-socketio' };
  return new AparteError('server-unreachable', detail);
}

/** Only codes and numbers are taken over: the texts of errors may quote the server. */
function rooted(error: unknown, depth: number): ErrorDetail | null {
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
  if (status !== undefined) return { key: 'http-status', status: Number(status) };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) {
    return { key: code.startsWith('HPE_') ? 'not-http' : 'system-error', code };
  }
  for (const inner of Object.values(within)) {
    const found = rooted(inner, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
