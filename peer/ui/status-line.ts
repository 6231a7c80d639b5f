/** The status line: what the program waits for, how it is connected, and what else is under way. */
import type { Waiting } from '../core/facts-and-orders.ts';
import { words } from '../words/index.ts';
import type { Appearance, Tone } from './appearance.ts';
import { signs } from './appearance.ts';
import { truncate, widest } from './graphemes.ts';
import type { Row } from './live-region.ts';
import type { LinkState } from './ui.ts';

/** What the status line shows. */
export interface Status {
  readonly waiting: Waiting;
  readonly link: LinkState | null;
  /** Names of the people who are typing, harmless. */
  readonly typing: readonly string[];
  /** Messages of ours that are not delivered yet. */
  readonly undelivered: number;
  /** Whether the user leaves once `undelivered` is 0. */
  readonly leaving: boolean;
}

/** The status line for so many columns. What does not fit is left out, the least important part first. */
export function statusRow(status: Status, now: number, columns: number, appearance: Appearance): Row {
  const { waiting, link, typing, undelivered, leaving } = status;
  const wait = words.waitingWords(waiting, now);
  const parts: string[] = [];
  if (leaving && undelivered > 0) parts.push(words.leavingWhenDelivered(undelivered), words.HOW_TO_LEAVE_NOW);
  if (wait !== null) parts.push(wait);
  if (link !== null) parts.push(words.linkWords(link.path, link.protocol, link.rttMs));
  else if (wait === null) parts.push(words.NOT_CONNECTED);
  if (undelivered > 0 && !leaving) parts.push(words.undelivered(undelivered));
  if (typing.length > 0) parts.push(words.typing(typing));
  if (link === null && !leaving) parts.push(words.HOW_TO_LEAVE);
  const { dot, ellipsis } = signs(appearance);
  let text = truncate(parts[0] ?? '', columns, ellipsis);
  for (const part of parts.slice(1)) {
    const longer = `${text} ${dot} ${part}`;
    if (widest(longer) <= columns) text = longer;
  }
  return { text, tone: tone(waiting, link) };
}

function tone({ for: what }: Waiting, link: LinkState | null): Tone {
  if (what === 'reconnect') return 'alarm';
  return link === null || link.path === 'relay' ? 'plain' : 'dim';
}
