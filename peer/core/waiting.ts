/** What a conversation waits for, by how it stands. */
import type { PeerStatus, Waiting } from './facts-and-orders.ts';

/**
 * What is waited for just now. `meeting`: what the first meeting waits for, null once it was left. `undelivered`:
 * messages.
 */
export function waitingFor(meeting: Waiting['for'], peer: PeerStatus | null, undelivered: number): Waiting['for'] {
  switch (peer) {
    case 'connected':
      return undelivered > 0 ? 'delivery' : null;
    case 'reconnecting':
      return 'reconnect';
    case null:
      return meeting;
    case 'connecting':
    case 'lost':
    case 'left':
      return 'path';
  }
}

/** A wait as it goes on: the same object for as long as nothing about it changes. */
export function changed(before: Waiting, what: Waiting['for'], until: number | null, now: number): Waiting {
  if (what === before.for && until === before.until) return before;
  return { for: what, since: what === before.for ? before.since : now, until };
}
