/** The way to meet by two texts that people copy and paste. A connection that is lost is sought on the local network. */
import { INVITE_LIFE } from '../../../shared/limits.ts';
import type { WayToMeet } from '../../conversation/way-to-meet.ts';
import type { ManualPairingOptions } from '../../core/manual-pairing.ts';
import { systemRandom } from '../../crypto/index.ts';
import { deferredLink } from '../../link/deferred-link.ts';
import type { IcePolicy } from '../../link/ice-policy.ts';
import type { OpenLink } from '../../link/link.ts';
import { longDescription, shortDescription } from '../../link/short-sdp.ts';
import { manualRendezvous } from '../../rendezvous/manual/manual-rendezvous.ts';
import { isAlone, meetOnLocalNetwork } from './local-network.ts';
import { now } from './server-rendezvous.ts';

/** Loads the WebRTC implementation. `answerPatience`: how long the remote peer's answer may take, in ms. */
export type LoadLink = (policy: IcePolicy, answerPatience: number) => Promise<OpenLink>;

/** Meets as `pairing` says: with the invite it holds, or with a new one. `ice` says which relays may be used. */
export function meetManually(pairing: ManualPairingOptions, ice: IcePolicy, loadLink: LoadLink): WayToMeet {
  const policy = { ...ice, loopback: isAlone(), linkLocal: true };
  const open = manualRendezvous({
    // An answer may lie unread for as long as the invite is good.
    openLink: deferredLink(loadLink(policy, INVITE_LIFE)),
    shorten: shortDescription,
    restore: longDescription,
    random: systemRandom,
    now,
    date: Date.now,
  });
  return { ...meetOnLocalNetwork(), manual: { open, pairing }, allowsOwn: false };
}
