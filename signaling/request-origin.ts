/** Where a request comes from: the client's address, and whether a web page of another site sent it. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** How the server can be reached. */
export interface Exposure {
  /** The number of trusted proxies in front. Each appends the address that connected to it to `X-Forwarded-For`. */
  readonly proxies: number;
  /** Whether only this machine can reach the server, so that no other host name is right. */
  readonly isPrivate: boolean;
}

/** The addresses in `X-Forwarded-For`, outermost first. */
function forwardedFor({ headers }: IncomingMessage): string[] {
  // Node joins repeated lines of this header by commas. Its type also allows an array.
  const value = String(headers['x-forwarded-for'] ?? '');
  return value === '' ? [] : value.split(',').map((entry) => entry.trim());
}

/**
 * The address of the client behind the trusted proxies: the entry of `X-Forwarded-For` that the outermost of them
 * wrote. Entries before it may be forged. Without such an entry, or if it is no IP address: the connected address.
 */
export function clientAddress(request: IncomingMessage, { proxies }: Exposure): string {
  const direct = request.socket.remoteAddress ?? '';
  const entry = proxies === 0 ? '' : (forwardedFor(request).at(-proxies) ?? '');
  return isIP(entry) === 0 ? direct : entry;
}

/**
 * What is wrong with the number of trusted proxies. `untrusted`: a request has `X-Forwarded-For`, but no proxy is
 * trusted. `missing`: it has fewer entries than there are trusted proxies.
 */
export type ProxyMismatch = 'untrusted' | 'missing';

/** What a request shows to be wrong with the number of trusted proxies, or null. */
export function proxyMismatch(request: IncomingMessage, { proxies }: Exposure): ProxyMismatch | null {
  const count = forwardedFor(request).length;
  if (proxies === 0) return count > 0 ? 'untrusted' : null;
  return count < proxies ? 'missing' : null;
}

/** Why a request may not open a connection, or null. `maxUrl`: characters of the URL, which are bytes there. */
export function originRefusal(
  request: IncomingMessage,
  { isPrivate }: Exposure,
  maxUrl: number,
): 'foreign-page' | 'invalid' | null {
  if ((request.url ?? '').length > maxUrl) return 'invalid';
  const isForeign = isForeignPage(request) || isScriptRequest(request) || (isPrivate && !isOwnName(request));
  return isForeign ? 'foreign-page' : null;
}

/**
 * Whether a web page of another site sent a request, which any browser allows. Programs send no `Origin` (RFC 6454,
 * section 7). Pages cannot omit it for a WebSocket, and elsewhere browsers add `Sec-Fetch-Site`. Only a request for an
 * image or script over plain HTTP has neither: then `Referer`, which a page can suppress, is all there is. The `https:`
 * may be that of a proxy in front.
 */
function isForeignPage({ headers }: IncomingMessage): boolean {
  const { host, referer, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = headers.origin ?? (referer === undefined ? undefined : originOf(referer));
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}

/** Whether the answer is to be a script (JSONP). Only pages of other sites want that, and Engine.IO would oblige. */
function isScriptRequest({ url = '' }: IncomingMessage): boolean {
  return queryOf(url).has('j');
}

/** The query of a request URL. */
export function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
}

/**
 * Whether the `Host` is `localhost` or an IP address. A server on loopback refuses all other names: somebody made them
 * resolve to this machine so that a page under that name counts as the server's own (DNS rebinding).
 */
export function isOwnName({ headers: { host } }: IncomingMessage): boolean {
  const url = `http://${host ?? ''}`;
  const name = host !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
  return name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** Whether only this machine can reach a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
