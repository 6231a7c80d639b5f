/** How it stands at one of several places to meet at. */
import type { ServerFault } from '../../shared/error-details.ts';
import type { AparteError } from '../../shared/errors.ts';
import type { IceServer } from '../../shared/ice-servers.ts';
import { MAX_TURN_OFFERS } from '../../shared/limits.ts';
import type { Member } from '../../shared/signal-wire.ts';
import type { Rendezvous } from './rendezvous.ts';

/** Somebody at one place. */
export interface Seen {
  readonly member: Member;
  readonly wasBefore: boolean;
  /** Whether he was told of, under `member.id`, and not that he left. */
  isTold: boolean;
}

/** How it stands at one place. */
export interface Stand {
  readonly name: string;
  readonly entered: () => void;
  rendezvous: Rendezvous | null;
  /** Not heard of yet, in, being tried again, or over for good. */
  is: 'asked' | 'in' | 'out' | 'over';
  /** Why it is out or over. */
  cause: AparteError | null;
  /** Whether the user need not be told why, or no more. */
  isNoted: boolean;
  retryAt: number;
  /** By the id that the place gave. */
  readonly seen: Map<string, Seen>;
  iceServers: readonly IceServer[];
  /** How much of what it said was to be held back until the other places have answered. */
  held: number;
}

/** How it stands at first. */
export function newStand(name: string, entered: () => void): Stand {
  return {
    name,
    entered,
    rendezvous: null,
    is: 'asked',
    cause: null,
    isNoted: false,
    retryAt: 0,
    seen: new Map(),
    iceServers: [],
    held: 0,
  };
}

/** What all offer: of each server STUN, and as many relays as one may offer. */
export function offeredBy(stands: readonly Stand[]): IceServer[] {
  const all = stands.flatMap(({ iceServers }) => iceServers);
  const distinct = all.filter((one, at) => all.findIndex((other) => sameUrls(one, other)) === at);
  const isTurn = ({ credential }: IceServer) => credential !== undefined;
  return [...distinct.filter((one) => !isTurn(one)), ...distinct.filter(isTurn).slice(0, MAX_TURN_OFFERS)];
}

/** Which server is out of use, and why. */
export function serverFault({ name, cause }: Stand): ServerFault {
  return { name, cause: cause && { code: cause.code, detail: cause.detail } };
}

function sameUrls(a: IceServer, b: IceServer): boolean {
  return a.urls.join() === b.urls.join();
}
