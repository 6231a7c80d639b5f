/** The state of one server where a room is entered on several servers. */
import type { ServerFault } from '../../shared/error-details.ts';
import type { AparteError } from '../../shared/errors.ts';
import type { IceServer } from '../../shared/ice-servers.ts';
import { MAX_TURN_OFFERS } from '../../shared/limits.ts';
import type { Member } from '../../shared/signal-wire.ts';
import type { Rendezvous } from './rendezvous.ts';

/** A member of the room on one server. */
export interface SeenMember {
  /** With an id that is unique across all servers. */
  readonly member: Member;
  /** Whether the member was there before us. */
  readonly wasBefore: boolean;
  /** Whether the conversation knows the member: they were reported, and not reported as gone. */
  isReported: boolean;
}

/** Not answered yet, in the room, being tried again, or over for good. */
export type ServerStatus = 'pending' | 'joined' | 'lost' | 'ended';

/** One server. */
export class ServerState {
  /** The server as the user knows it. */
  readonly name: string;
  rendezvous: Rendezvous | null = null;
  status: ServerStatus = 'pending';
  /** Why the status is `lost` or `ended`. */
  cause: AparteError | null = null;
  /** Whether the user has read the cause, or need not read it. */
  isCauseReported = false;
  /** When the server is tried again, in ms. */
  retryAt = 0;
  /** By the id that the server gave. */
  readonly members = new Map<string, SeenMember>();
  iceServers: readonly IceServer[] = [];
  /** Events of this server that were held back until the other servers had answered. */
  heldEvents = 0;
  readonly #index: number;

  constructor(name: string, index: number) {
    this.name = name;
    this.#index = index;
  }

  setStatus(status: ServerStatus, cause: AparteError | null): void {
    this.status = status;
    this.cause = cause;
    if (cause === null) this.isCauseReported = false;
  }

  /** Adds a member, as reported. */
  add(member: Member, wasBefore: boolean): Member {
    const seen = { member: { ...member, id: `${this.#index}.${member.id}` }, wasBefore, isReported: true };
    this.members.set(member.id, seen);
    return seen.member;
  }

  /** Why the server is out of use. */
  get fault(): ServerFault {
    return { name: this.name, cause: this.cause && { code: this.cause.code, detail: this.cause.detail } };
  }
}

/** Returns the STUN servers that all servers offer, and as many of their TURN servers as one server may offer. */
export function offeredBy(servers: readonly ServerState[]): IceServer[] {
  const all = servers.flatMap(({ iceServers }) => iceServers);
  const distinct = all.filter((one, at) => all.findIndex((other) => sameUrls(one, other)) === at);
  const isTurn = ({ credential }: IceServer) => credential !== undefined;
  return [...distinct.filter((one) => !isTurn(one)), ...distinct.filter(isTurn).slice(0, MAX_TURN_OFFERS)];
}

function sameUrls(a: IceServer, b: IceServer): boolean {
  return a.urls.join() === b.urls.join();
}
