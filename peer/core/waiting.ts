/** What a conversation waits for, by how it stands. */
import type { PeerStatus, Waiting } from './events.ts';

/** How a conversation stands. */
export interface Standing {
  /** What the first meeting waits for; null once it was left. */
  readonly meeting: Waiting['for'];
  readonly peer: PeerStatus | null;
  /** Messages. */
  readonly undelivered: number;
}

/** What is waited for just now. */
export function waitingFor({ meeting, peer, undelivered }: Standing): Waiting['for'] {
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
