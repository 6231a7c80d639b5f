/** English: what the program waits for, and how it is connected. */
import type { Waiting } from '../../core/facts-and-orders.ts';
import type { LinkProtocol } from '../word-types.ts';

const WAITS: Readonly<Record<NonNullable<Waiting['for']>, string>> = {
  server: 'connecting to the server',
  peer: 'waiting for the other side',
  addresses: 'finding the addresses of this computer',
  answer: 'waiting for the answer',
  taking: 'the answer is not pasted yet',
  handshake: 'checking the code with the other side',
  path: 'connecting directly',
  reconnect: 'connection lost, reconnecting',
  delivery: 'waiting for delivery',
};

/** A duration; negative ones count as 0. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What the program waits for and for how long, null where it waits for nothing. `now` in ms, on the clock of the wait. */
export function waitingWords({ for: what, since, until }: Waiting, now: number): string | null {
  if (what === null) return null;
  if (what === 'server' && until !== null) {
    const left = duration(until - now);
    return `server unreachable for ${duration(now - since)}, ${left === '0 s' ? 'trying again' : `next try in ${left}`}`;
  }
  const waited = `${WAITS[what]}, ${duration(now - since)}`;
  if (until === null) return waited;
  if (what === 'answer' || what === 'taking') return `${waited}; good for ${duration(until - now)}`;
  return what === 'peer' || what === 'reconnect' ? `${waited}; giving up in ${duration(until - now)}` : waited;
}

/** The connection: its path, what carries it, and its round trip in ms, null before the first measurement. */
export function linkWords(path: 'direct' | 'relay', protocol: LinkProtocol, rttMs: number | null): string {
  const way = `${path === 'direct' ? 'direct' : 'over a relay'} (${protocol.toUpperCase()})`;
  return rttMs === null ? way : `${way}, ${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`;
}

/** Stands in the status line where there is neither a connection nor a wait. */
export const NOT_CONNECTED = 'not connected';
/** How to leave. */
export const HOW_TO_LEAVE = 'Ctrl-C to leave';
/** How to leave without waiting for delivery. */
export const HOW_TO_LEAVE_NOW = 'Ctrl-C to leave now';

/** The user leaves when so many messages are delivered. */
export const leavingWhenDelivered = (count: number): string =>
  `leaving when ${count} ${count === 1 ? 'message is' : 'messages are'} delivered`;

/** So many messages are not delivered yet. */
export const undelivered = (count: number): string => `${count} undelivered`;

/** These people are typing. */
export const typing = (names: readonly string[]): string =>
  `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} typing`;

/** The program receives, is connected, and nothing has come for long. */
export const NOTHING_HAS_COME =
  'Connected, but nothing has come yet. Is the other side receiving, too? One side must send.';
