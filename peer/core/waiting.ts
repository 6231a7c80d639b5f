/** What a conversation waits for, by how it stands. */
import type { PeerStatus, Waiting } from './events.ts';

/** How a conversation stands. */
export interface Standing {
  /** Of the code; null once it was left. */
  readonly place: { readonly joined: boolean; readonly busy: boolean } | null;
  readonly peer: PeerStatus | null;
  /** Messages. */
  readonly undelivered: number;
}

/** What is waited for just now. */
export function waitingFor({ place, peer, undelivered }: Standing): Waiting['for'] {
  switch (peer) {
    case 'connected':
      return undelivered > 0 ? 'delivery' : null;
    case 'reconnecting':
      return 'reconnect';
    case null:
      if (place?.joined !== true) return 'server';
      return place.busy ? 'handshake' : 'peer';
    default:
      return 'path';
  }
}
