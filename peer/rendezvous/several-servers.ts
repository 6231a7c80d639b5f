/**
 * Meeting at several places at once: under one nameplate, with one card. Whoever is at one of them can be met, and one
 * that is down, slow, full or hostile does not stop the others (docs/PROTOCOL.md, Several servers).
 */
import { equalBytes } from '../../shared/bytes.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';
import type { OpenRendezvous, Rendezvous, RendezvousEvents, RoomRequest } from './rendezvous.ts';
import { newStand, offeredBy, type Seen, type Stand, serverFault } from './server-state.ts';

/** Nameplates drawn for several servers: with more digits than a server allots while it has fewer rooms than this. */
const FIRST_DRAWN = 10_000;
/** Nameplates a server may have allotted, which mean other people elsewhere. */
const ALLOTTED = /^\d{1,4}$/;
/** How long (ms) the other servers may take to say who is there, where the nameplate may mean different people. */
const GATHER_TIME = 2_000;

/** What is held back of what one server says, meanwhile; what is dropped of a handshake is sent again. */
const MAX_HELD = 256;

/** Why a place is left again where strangers are in the room whose number we drew. */
const TAKEN = { key: 'room-taken' } as const;

/** One of the places to meet at. */
export interface Side {
  /** As the user knows it. */
  readonly name: string;
  readonly open: OpenRendezvous;
  /** Called when we are in there, and stay. */
  readonly entered: () => void;
}

/** Meets at all of `sides`. `random` is in 0 to less than 1. */
export function sideBySide(sides: readonly Side[], random = Math.random): OpenRendezvous {
  return (request, events) => new SideBySide(sides, random, request, events);
}

class SideBySide implements Rendezvous {
  readonly #events: RendezvousEvents;
  readonly #card: Uint8Array;
  readonly #nameplate: string;
  readonly #isDrawn: boolean;
  readonly #stands: Stand[];
  /** Whether `joined` was said, and whether `lost` was after it. */
  #hasJoined = false;
  #isLost = false;
  #over = false;
  /** What happens while it is not known yet who is where; null once it is. */
  #held: (() => void)[] | null;
  readonly #gathering: ReturnType<typeof setTimeout> | undefined;

  constructor(sides: readonly Side[], random: () => number, request: RoomRequest, events: RendezvousEvents) {
    this.#events = events;
    this.#card = request.card;
    this.#isDrawn = request.nameplate === null;
    this.#nameplate = request.nameplate ?? String(FIRST_DRAWN + Math.floor(random() * 9 * FIRST_DRAWN));
    this.#held = this.#isDrawn || ALLOTTED.test(this.#nameplate) ? [] : null;
    this.#gathering = this.#held === null ? undefined : setTimeout(() => this.#gathered(), GATHER_TIME);
    this.#stands = sides.map((side, index) => this.#enter(side, index, { ...request, nameplate: this.#nameplate }));
  }

  send(to: string, bytes: Uint8Array): void {
    this.#route(to, (rendezvous, id) => rendezvous.send(id, bytes));
  }

  free(member: string): void {
    this.#route(member, (rendezvous, id) => rendezvous.free(id));
  }

  async leave(): Promise<void> {
    this.#end();
    await Promise.all(this.#stands.map(async ({ rendezvous }) => rendezvous?.leave()));
  }

  /** Nothing is said any more once it was left, be it by what is done about what was said just now. */
  #say(say: (events: RendezvousEvents) => void): void {
    if (!this.#over) say(this.#events);
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#gathering);
  }

  #route(member: string, act: (rendezvous: Rendezvous, id: string) => void): void {
    const [index, id = ''] = member.split('.');
    const { rendezvous } = this.#stands[Number(index)] ?? { rendezvous: null };
    if (rendezvous !== null) act(rendezvous, id);
  }

  #enter({ name, open, entered }: Side, index: number, request: RoomRequest): Stand {
    const stand = newStand(name, entered);
    const known = (member: Member, wasBefore: boolean): Seen => {
      const seen = { member: { ...member, id: `${index}.${member.id}` }, wasBefore, isTold: true };
      stand.seen.set(member.id, seen);
      return seen;
    };
    const when = (act: () => void) => this.#when(act);
    /** For what a server can say as often as it likes. */
    const whenFew = (act: () => void) => {
      if (this.#held !== null) stand.held += 1;
      if (this.#held === null || stand.held <= MAX_HELD) when(act);
    };
    stand.rendezvous = open(request, {
      joined: (_nameplate, members, iceServers) => {
        stand.iceServers = iceServers;
        const before = [...stand.seen.values()];
        stand.seen.clear();
        const others = members.map((member) => known(member, true).member);
        this.#stood(stand, 'in', null);
        when(() => this.#joined(stand, before, others));
      },
      widened: (members) => whenFew(() => this.#widen(members.map((member) => known(member, true).member))),
      came: (member) =>
        whenFew(() => {
          // Ourselves, under another name of the same server.
          if (equalBytes(member.card, this.#card)) return;
          const seen = known(member, false);
          this.#say((to) => to.came(seen.member));
          this.#settle();
        }),
      left: (id) => whenFew(() => this.#left(stand, id)),
      frame: (from, bytes) =>
        whenFew(() => {
          const seen = stand.seen.get(from);
          if (seen?.isTold) this.#say((to) => to.frame(seen.member.id, bytes));
        }),
      lost: (cause, retryAt) => {
        stand.retryAt = retryAt;
        this.#stood(stand, 'out', cause);
        when(() => this.#failed(stand));
      },
      resumed: (iceServers) => {
        stand.iceServers = iceServers;
        this.#stood(stand, 'in', null);
        when(() => this.#resumed(stand));
      },
      noted: (cause) => whenFew(() => this.#say((to) => to.noted(cause))),
      refused: (cause) => {
        this.#stood(stand, 'over', cause);
        when(() => this.#failed(stand));
      },
    });
    return stand;
  }

  #stood(stand: Stand, is: Stand['is'], cause: AparteError | null): void {
    stand.is = is;
    stand.cause = cause;
    if (cause === null) stand.isNoted = false;
  }

  /** Now, or once all have said who is there. */
  #when(act: () => void): void {
    if (this.#over) return;
    if (this.#held === null) return act();
    this.#held.push(act);
    if (this.#stands.every(({ is }) => is !== 'asked')) this.#gathered();
  }

  #gathered(): void {
    clearTimeout(this.#gathering);
    const held = this.#held ?? [];
    this.#held = null;
    if (this.#isDrawn) for (const stand of this.#stands) if (stand.seen.size > 0) this.#withdraw(stand, TAKEN);
    const rooms = this.#stands.map(({ seen }) => [...seen.values()].map(({ member }) => member.card));
    const differ = (a: Uint8Array[], b: Uint8Array[]) =>
      a.length > 0 && b.length > 0 && !a.some((card) => b.some((other) => equalBytes(card, other)));
    if (rooms.some((room) => rooms.some((other) => differ(room, other)))) {
      const names = this.#stands.filter((_, index) => (rooms[index]?.length ?? 0) > 0).map(({ name }) => name);
      return this.#refuse(new AparteError('several-rooms', { key: 'servers', names }));
    }
    for (const act of held) if (!this.#over) act();
  }

  #refuse(cause: AparteError): void {
    this.#end();
    for (const { rendezvous } of this.#stands) void rendezvous?.leave();
    this.#events.refused(cause);
  }

  #joined(stand: Stand, before: readonly Seen[], others: readonly Member[]): void {
    for (const { member, isTold } of before) if (isTold) this.#say((to) => to.left(member.id));
    if (stand.is === 'over') return;
    const isSelf = others.some(({ card }) => equalBytes(card, this.#card));
    // Nobody can know a nameplate that nobody was told.
    const isStrange = this.#isDrawn && !this.#hasJoined && others.length > 0;
    if (isSelf || isStrange) return this.#withdraw(stand, isSelf ? { key: 'same-server' } : TAKEN);
    stand.entered();
    if (this.#hasJoined) {
      if (this.#isLost) this.#say((to) => to.resumed(offeredBy(this.#stands)));
      this.#isLost = false;
      this.#widen(others);
    } else {
      this.#hasJoined = true;
      this.#isLost = false;
      this.#say((to) => to.joined(this.#nameplate, others, offeredBy(this.#stands)));
    }
    this.#settle();
  }

  /** Leaves one place for good, without a word. */
  #withdraw(stand: Stand, detail: ErrorDetail): void {
    void stand.rendezvous?.leave();
    stand.seen.clear();
    stand.isNoted = true;
    this.#stood(stand, 'over', new AparteError('server-refused', detail));
    this.#failed(stand);
  }

  #widen(members: readonly Member[]): void {
    this.#say((to) => to.widened?.(members, offeredBy(this.#stands)));
  }

  #resumed(stand: Stand): void {
    this.#isLost = false;
    this.#say((to) => to.resumed(offeredBy(this.#stands)));
    for (const seen of stand.seen.values()) {
      if (seen.isTold) continue;
      seen.isTold = true;
      if (seen.wasBefore) this.#widen([seen.member]);
      else this.#say((to) => to.came(seen.member));
    }
    this.#settle();
  }

  #left(stand: Stand, id: string): void {
    const seen = stand.seen.get(id);
    stand.seen.delete(id);
    if (seen?.isTold) this.#say((to) => to.left(seen.member.id));
  }

  #failed(stand: Stand): void {
    if (stand.is === 'over') for (const id of stand.seen.keys()) this.#left(stand, id);
    if (this.#stands.some(({ is }) => is === 'in')) return this.#settle();
    if (this.#stands.some(({ is }) => is === 'asked')) return;
    const out = this.#stands.filter(({ is }) => is === 'out');
    if (out.length === 0) return this.#refuse(this.#cause('server-refused'));
    this.#isLost = true;
    const retryAt = Math.min(...out.map((each) => each.retryAt));
    this.#say((to) => to.lost(this.#cause('server-unreachable'), retryAt));
  }

  /** Why there is none that we are in. */
  #cause(otherwise: AparteError['code']): AparteError {
    const causes = this.#stands.flatMap(({ cause }) => (cause === null ? [] : [cause]));
    const code = causes.every((cause) => cause.code === causes[0]?.code) ? (causes[0]?.code ?? otherwise) : otherwise;
    return new AparteError(code, { key: 'each-server', servers: this.#stands.map(serverFault) });
  }

  /** While we are in somewhere: who is also there is met there, and the user is told which places fail. */
  #settle(): void {
    if (!this.#hasJoined) return;
    const here = this.#stands.filter(({ is }) => is === 'in').flatMap(({ seen }) => [...seen.values()]);
    for (const stand of this.#stands.filter(({ is }) => is === 'out')) {
      for (const seen of stand.seen.values()) {
        if (!seen.isTold || !here.some(({ member }) => equalBytes(member.card, seen.member.card))) continue;
        seen.isTold = false;
        this.#say((to) => to.left(seen.member.id));
      }
    }
    for (const stand of this.#stands) {
      const { cause, isNoted } = stand;
      stand.isNoted = isNoted || cause !== null;
      if (cause !== null && !isNoted)
        this.#say((to) =>
          to.noted(
            new AparteError(cause.code, { key: 'one-server', of: this.#stands.length, server: serverFault(stand) }),
          ),
        );
    }
  }
}
