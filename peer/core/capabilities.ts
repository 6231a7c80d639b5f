/** What a side says of itself besides name and identity: a list of bytes in its claims (docs/PROTOCOL.md, Handshake). */
import type { ErrorDetail } from '../../shared/error-details.ts';
import type { RelayPolicy } from '../../shared/ice-servers.ts';

/** This side uses no path that leads over a relay. */
const REFUSES_RELAYS = 1;

/** The capabilities to claim. */
export function encodeCapabilities(relay: RelayPolicy): Uint8Array {
  return Uint8Array.from(relay === 'never' ? [REFUSES_RELAYS] : []);
}

/** Why no relay may carry the session, given our policy and what the other side claims; null where one may. */
export function relayRefusal(relay: RelayPolicy, theirs: Uint8Array): ErrorDetail | null {
  if (relay === 'never') return { key: 'relay-not-allowed', by: 'us' };
  if (theirs.includes(REFUSES_RELAYS)) return { key: 'relay-not-allowed', by: 'them' };
  return null;
}
