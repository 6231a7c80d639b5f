/**
 * A world without network: rooms of people, a rendezvous room and links, all in one queue that runs in a chosen order.
 * What passes through it can be watched, held back, changed or cut.
 */

import type { ConversationOptions } from '../../peer/core/conversation-state.ts';
import type { Order } from '../../peer/core/facts-and-orders.ts';
import type { Random } from '../../peer/crypto/index.ts';
import { AparteError } from '../../shared/errors.ts';
import { FakeLink } from './fake-link.ts';
import { Person } from './fake-program.ts';
import { MeetingServer, type Tamper } from './fake-server.ts';
import { type MeetingOrder, SeveralServers } from './fake-several-servers.ts';
import { seededBytes } from './seeded-random.ts';

/** See the head of this file. */
export class World {
  readonly clock = { now: 1_000, date: 1_700_000_000_000 };
  readonly #people: Person[] = [];
  readonly #queue: (() => void)[] = [];
  readonly #links = new Map<string, FakeLink>();
  readonly random: Random;
  readonly server = new MeetingServer((turn) => this.#later(turn));
  /** Where people meet instead, if anywhere. */
  several: SeveralServers | null = null;
  readonly #unplugged = new Set<Person>();
  readonly #deaf = new Set<Person>();
  /** What is on its way over links on which nothing gets through, in order. */
  readonly #held: { readonly to: FakeLink; readonly isDown: () => boolean; readonly turn: () => void }[] = [];
  /** What is done to a frame on a link. */
  tamperFrame: (bytes: Uint8Array, from: Person) => Uint8Array[] = (bytes) => [bytes];
  /** Whether links come about at all. */
  linksWork = true;
  /** What links fail to make, if anything. */
  missing: 'offer' | 'answer' | null = null;
  /** How many candidates a new link says, all of which the other end needs. */
  trickled = 0;
  /** How new links run. */
  path: 'direct' | 'relay' = 'direct';
  /** Whether shown messages are acknowledged. */
  shows = true;

  constructor(seed = 1) {
    this.random = seededBytes(seed);
  }

  /** What is done to a handshake frame on its way. */
  set tamper(tamper: Tamper) {
    this.server.tamper = tamper;
  }

  person(name: string, options: Partial<ConversationOptions> = {}): Person {
    const person = new Person(this, name, options);
    this.#people.push(person);
    return person;
  }

  /** Runs until nothing is left to do without time passing. */
  settle(): void {
    for (let turn = this.#queue.shift(); turn !== undefined; turn = this.#queue.shift()) turn();
  }

  /** Lets so much time (ms) pass, waking everybody when they want to be woken. */
  pass(ms: number): void {
    const end = this.clock.now + ms;
    this.settle();
    for (;;) {
      const due = this.#people
        .filter((person) => !person.ended)
        .map((person) => ({ person, at: person.conversation.wakeAt }))
        .filter((one): one is { person: Person; at: number } => one.at !== null && one.at <= end)
        .sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#advance(Math.max(0, due.at - this.clock.now));
      due.person.give({ type: 'tick' });
      this.settle();
    }
    this.#advance(end - this.clock.now);
  }

  #advance(ms: number): void {
    this.clock.now += ms;
    this.clock.date += ms;
  }

  /** Cuts every link: both sides learn that it closed, unless `silently`. */
  cutLinks(silently = false): void {
    for (const link of this.#links.values()) {
      if (!link.open || link.closed) continue;
      link.open = false;
      if (!silently) this.#later(() => this.#linkClosed(link));
    }
  }

  /** Nothing gets through to or from somebody any more, but for what `plug` then lets through. */
  unplug(person: Person): void {
    this.#unplugged.add(person);
    this.server.lose(person);
    this.settle();
  }

  /** Everything gets through again, frames on links in their order. `kept`: the server has kept his places. */
  plug(person: Person, kept: boolean): void {
    this.#unplugged.delete(person);
    this.server.back(person, kept);
    this.#release();
  }

  /** Nothing that comes over links gets through to him, though what he says does; until it does again. */
  deafen(person: Person, deaf: boolean): void {
    if (deaf) this.#deaf.add(person);
    else this.#deaf.delete(person);
    this.#release();
  }

  #release(): void {
    for (const { to, isDown, turn } of this.#held.splice(0)) this.#carry(to, isDown, turn);
    this.settle();
  }

  /** What goes over a link arrives later, or waits where the network is gone, as it would be sent again until it comes. */
  #carry(to: FakeLink, isDown: () => boolean, turn: () => void): void {
    if (isDown() || this.#held.some((held) => held.to === to)) this.#held.push({ to, isDown, turn });
    else this.#later(turn);
  }

  #areApart({ person, other }: FakeLink): boolean {
    return this.#unplugged.has(person) || (other !== null && this.#unplugged.has(other.person));
  }

  /** The link somebody opened last. */
  lastLinkOf(person: Person): FakeLink | undefined {
    return Array.from(this.#links.values()).findLast((link) => link.person === person);
  }

  perform(person: Person, orders: readonly Order[]): void {
    for (const order of orders) this.#performOne(person, order);
  }

  #later(turn: () => void): void {
    this.#queue.push(turn);
  }

  #performOne(person: Person, order: Order): void {
    switch (order.type) {
      case 'openRoom':
      case 'sendHandshake':
      case 'leaveRoom':
      case 'freeMember':
        return this.#meet(person, order);
      case 'openLink':
        return this.#openLink(new FakeLink(person, order.link, this.trickled), order.initiator);
      case 'describeLink':
        return this.#later(() => this.#connect(person, order.link, order.kind, order.sdp));
      case 'addCandidate':
        return this.#later(() => this.#addCandidate(this.#link(person, order.link), order.bytes));
      case 'openManualRoom':
      case 'takeAnswer':
        throw new Error('nobody pairs manually here');
      case 'sendFrame':
        return this.#sendFrame(person, order.link, order.bytes);
      case 'closeLink':
        return this.#closeLink(person, order.link);
      case 'emit':
        person.events.push(order.event);
        if (order.shown !== undefined && this.shows) {
          const { shown } = order;
          this.#later(() => person.give({ type: 'shown', ...shown }));
        }
        return;
      case 'remember':
        person.remembered.push(order.peer);
        return;
      case 'end':
        person.ended = true;
        return;
      default:
        order satisfies never;
    }
  }

  #meet(person: Person, order: MeetingOrder): void {
    if (this.several !== null) return this.several.perform(person, order);
    const { server } = this;
    if (order.type === 'openRoom') this.#later(() => server.join(person, order));
    else if (order.type === 'sendHandshake')
      this.#later(() => server.forward(person, order.room, order.to, order.bytes));
    else this.#later(() => server.leave(person, order));
  }

  /** People meet at so many servers from now on, which are not in step with each other. */
  meetAt(servers: number, chance: () => number): SeveralServers {
    this.several = new SeveralServers(servers, chance, (turn) => this.#later(turn));
    return this.several;
  }

  #link(person: Person, number: number): FakeLink | undefined {
    return this.#links.get(`${person.name}/${number}`);
  }

  #openLink(link: FakeLink, initiator: boolean): void {
    this.#links.set(link.name, link);
    if (initiator) this.#describe(link, 'offer');
  }

  #describe(link: FakeLink, kind: 'offer' | 'answer'): void {
    if (kind === this.missing) return;
    for (const fact of link.facts(kind)) this.#later(() => link.person.give(fact));
  }

  #addCandidate(link: FakeLink | undefined, candidate: Uint8Array): void {
    link?.hear(candidate);
    if (link !== undefined && link.other !== null) this.#reach(link, link.other);
  }

  #connect(person: Person, number: number, kind: 'offer' | 'answer', sdp: string): void {
    const link = this.#link(person, number);
    const other = this.#links.get(sdp.slice(sdp.indexOf(' ') + 1));
    if (link === undefined || other === undefined || link.closed) return;
    if (kind === 'offer') {
      link.other = other;
      this.#describe(link, 'answer');
      return;
    }
    link.other = other;
    this.#reach(link, other);
  }

  /** Opens a link whose ends know enough of each other. */
  #reach(link: FakeLink, other: FakeLink): void {
    if (!this.linksWork || link.open || link.closed || other.closed || !link.isReady || !other.isReady) return;
    this.#carry(
      other,
      () => this.#areApart(link),
      () => this.#open(link, other),
    );
  }

  #open(...sides: readonly [FakeLink, FakeLink]): void {
    if (sides.some((side) => side.closed || side.open)) return;
    for (const side of sides) {
      side.open = true;
      this.#later(() => this.#tellPath(side));
      this.#later(() => side.person.give({ type: 'linkOpened', link: side.number }));
    }
  }

  /** Every open link runs so from now on. */
  changePath(path: 'direct' | 'relay'): void {
    this.path = path;
    for (const link of this.#links.values()) if (link.open && !link.closed) this.#later(() => this.#tellPath(link));
    this.settle();
  }

  #tellPath({ person, number }: FakeLink): void {
    person.give({ type: 'linkPath', link: number, path: this.path, protocol: 'udp', rttMs: 1 });
  }

  #sendFrame(person: Person, number: number, bytes: Uint8Array): void {
    const link = this.#link(person, number);
    const other = link?.other;
    if (link?.open !== true || other?.open !== true) return;
    for (const frame of this.tamperFrame(bytes, person)) {
      const arrive = () => {
        if (other.open && !other.closed) other.person.give({ type: 'linkFrame', link: other.number, bytes: frame });
      };
      this.#carry(other, () => this.#areApart(link) || this.#deaf.has(other.person), arrive);
    }
  }

  #closeLink(person: Person, number: number): void {
    const link = this.#link(person, number);
    if (link === undefined || link.closed) return;
    link.closed = true;
    const { other } = link;
    if (link.open && other !== null && !other.closed) {
      this.#carry(
        other,
        () => this.#areApart(link),
        () => this.#linkClosed(other),
      );
    }
    link.open = false;
  }

  #linkClosed(link: FakeLink): void {
    if (link.closed) return;
    link.open = false;
    link.closed = true;
    const cause = new AparteError('no-direct-path', { key: 'closed-by-peer' });
    link.person.give({ type: 'linkClosed', link: link.number, cause });
  }
}
