/** What each side says of itself in a handshake (docs/PROTOCOL.md, Handshake), and what we check of the other side. */
import { equalBytes } from '../../shared/bytes.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import type { RelayPolicy } from '../../shared/ice-servers.ts';
import type { Claims, Identity, ProvenClaims } from '../crypto/index.ts';

/** Capability byte: this side uses no path that leads over a relay. */
const REFUSES_RELAYS = 1;

/** What a handshake needs to know of us. */
export interface Profile {
  readonly identity: Identity;
  readonly name: string;
  /** Sequence number of the remote peer's last text that was shown here; 0 in a new conversation. */
  readonly cursor: number;
  /** The only identity that the handshake may end with; null for anybody. */
  readonly expected: Uint8Array | null;
  /** Whether the remote peer may have our own identity, as another program on our data folder has. */
  readonly allowsOwn: boolean;
  readonly relay: RelayPolicy;
}

/** Our claims. `description` is the offer or answer of our link. */
export function ownClaims({ name, cursor, relay }: Profile, description: string): Claims {
  const capabilities = Uint8Array.from(relay === 'never' ? [REFUSES_RELAYS] : []);
  return { name, description, capabilities, cursor };
}

/** Checks the proven identity against our own and the expected one. Throws `self` or `identity-changed`. */
export function checkIdentity(claims: ProvenClaims, profile: Profile): void {
  if (!profile.allowsOwn && equalBytes(claims.id, profile.identity.publicKey)) throw new AparteError('self');
  if (profile.expected !== null && !equalBytes(claims.id, profile.expected)) throw new AparteError('identity-changed');
}

/** Why no relay may carry the session, given our policy and the claimed capabilities; null where one may. */
export function relayRefusal(relay: RelayPolicy, capabilities: Uint8Array): ErrorDetail | null {
  if (relay === 'never') return { key: 'relay-not-allowed', by: 'us' };
  return capabilities.includes(REFUSES_RELAYS) ? { key: 'relay-not-allowed', by: 'them' } : null;
}
