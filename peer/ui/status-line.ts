/** The status line: what is waited for, for how long, by which path we are connected, and what else is under way. */
import type { Waiting } from '../core/facts-and-orders.ts';
import type { Appearance, Tone } from './appearance.ts';
import { signs } from './appearance.ts';
import { truncate, width } from './graphemes.ts';
import type { Row } from './live-region.ts';
import type { LinkState } from './ui.ts';

/** Everything the status line speaks of. */
export interface Status {
  readonly waiting: Waiting;
  readonly link: LinkState | null;
  /** Names of those who are typing, harmless. */
  readonly typing: readonly string[];
  /** Messages of ours that are not delivered yet. */
  readonly undelivered: number;
  /** The user leaves once that is 0. */
  readonly leaving: boolean;
}

const WORDS = {
  server: 'connecting to the server',
  peer: 'waiting for the other side',
  addresses: 'finding out how this machine can be reached',
  answer: 'waiting for the answer',
  taking: 'the answer is not taken yet',
  handshake: 'checking the code with the other side',
  path: 'connecting directly',
  reconnect: 'connection lost, reconnecting',
  delivery: 'waiting for delivery',
} as const satisfies Record<NonNullable<Waiting['for']>, string>;

/** A duration in words; never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What is waited for, in words, or null where nothing is. `now` in ms, as in a wait. */
export function waitingWords({ for: what, since, until }: Waiting, now: number): string | null {
  if (what === null) return null;
  if (what === 'server' && until !== null) {
    const left = duration(until - now);
    return `server unreachable for ${duration(now - since)}, ${left === '0 s' ? 'trying again' : `next try in ${left}`}`;
  }
  const blob = what === 'answer' || what === 'taking';
  if (blob && until !== null) return `${WORDS[what]}, ${duration(now - since)}; good for ${duration(until - now)}`;
  const limited = until !== null && (what === 'peer' || what === 'reconnect');
  return `${WORDS[what]}, ${duration(now - since)}${limited ? `; giving up in ${duration(until - now)}` : ''}`;
}

/** The path and its round trip, in words. */
function linkWords({ path, protocol, rttMs }: LinkState): string {
  const way = `${path === 'direct' ? 'direct' : 'over a relay'} (${protocol.toUpperCase()})`;
  return rttMs === null ? way : `${way}, ${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`;
}

/** The status line for so many columns: what no longer fits is left out, the least important first. */
export function statusRow(status: Status, now: number, columns: number, appearance: Appearance): Row {
  const { waiting, link, typing, undelivered, leaving } = status;
  const waits = waitingWords(waiting, now);
  const parts: string[] = [];
  if (leaving && undelivered > 0) {
    parts.push(`leaving once ${undelivered} ${undelivered === 1 ? 'is' : 'are'} delivered`, 'Ctrl-C leaves at once');
  }
  if (waits !== null) parts.push(waits);
  if (link !== null) parts.push(linkWords(link));
  else if (waits === null) parts.push('not connected');
  if (undelivered > 0 && !leaving) parts.push(`${undelivered} undelivered`);
  if (typing.length > 0) parts.push(`${typing.join(', ')} typing`);
  if (link === null && !leaving) parts.push('Ctrl-C to leave');
  const { dot, ellipsis } = signs(appearance);
  let text = truncate(parts[0] ?? '', columns, ellipsis);
  for (const part of parts.slice(1)) {
    const longer = `${text} ${dot} ${part}`;
    if (width(longer) <= columns) text = longer;
  }
  return { text, tone: tone(waiting, link) };
}

function tone({ for: what }: Waiting, link: LinkState | null): Tone {
  if (what === 'reconnect') return 'alarm';
  return link === null || link.path === 'relay' ? 'plain' : 'dim';
}
