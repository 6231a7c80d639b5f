/**
 * A fake network: programs, a server and links in one process. Everything is in one queue, which runs in a fixed order.
 * Tests can watch, hold back, change and cut what passes through.
 */

import type { ConversationOptions } from '../../peer/core/conversation-state.ts';
import type { Order } from '../../peer/core/facts-and-orders.ts';
import type { Random } from '../../peer/crypto/index.ts';
import { AparteError } from '../../shared/errors.ts';
import { FakeLink } from './fake-link.ts';
import { FakeProgram } from './fake-program.ts';
import { FakeServer, type Tamper } from './fake-server.ts';
import { FakeServers, type RoomOrder } from './fake-several-servers.ts';
import { seededBytes } from './seeded-random.ts';

/** A network with its programs. */
export class FakeNetwork {
  readonly clock = { now: 1_000, date: 1_700_000_000_000 };
  readonly #programs: FakeProgram[] = [];
  readonly #queue: (() => void)[] = [];
  readonly #links = new Map<string, FakeLink>();
  readonly random: Random;
  readonly server = new FakeServer((turn) => this.#later(turn));
  /** The servers at which programs meet instead of the one; null for none. */
  several: FakeServers | null = null;
  readonly #unplugged = new Set<FakeProgram>();
  readonly #deaf = new Set<FakeProgram>();
  /** What waits on links that let nothing through, in order. */
  readonly #held: { readonly to: FakeLink; readonly isDown: () => boolean; readonly turn: () => void }[] = [];
  /** Changes a frame on a link: these are delivered instead. */
  tamperFrame: (bytes: Uint8Array, from: FakeProgram) => Uint8Array[] = (bytes) => [bytes];
  /** Whether links can open. */
  linksWork = true;
  /** What links fail to make; null for nothing. */
  missing: 'offer' | 'answer' | null = null;
  /** Number of candidates of a new link. The other end needs all of them. */
  trickled = 0;
  /** The path of new links. */
  path: 'direct' | 'relay' = 'direct';
  /** Whether users see the texts that come. */
  shows = true;

  constructor(seed = 1) {
    this.random = seededBytes(seed);
  }

  /** Changes a handshake frame at the server. */
  set tamper(tamper: Tamper) {
    this.server.tamper = tamper;
  }

  program(name: string, options: Partial<ConversationOptions> = {}): FakeProgram {
    const program = new FakeProgram(this, name, options);
    this.#programs.push(program);
    return program;
  }

  /** Runs until nothing is left to do at this time. */
  settle(): void {
    for (let turn = this.#queue.shift(); turn !== undefined; turn = this.#queue.shift()) turn();
  }

  /** Lets time (ms) pass, and gives each program a tick when one is due. */
  pass(ms: number): void {
    const end = this.clock.now + ms;
    this.settle();
    for (;;) {
      const due = this.#programs
        .filter((program) => !program.ended)
        .map((program) => ({ program, at: program.conversation.wakeAt }))
        .filter((one): one is { program: FakeProgram; at: number } => one.at !== null && one.at <= end)
        .sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#advance(Math.max(0, due.at - this.clock.now));
      due.program.give({ type: 'tick' });
      this.settle();
    }
    this.#advance(end - this.clock.now);
  }

  #advance(ms: number): void {
    this.clock.now += ms;
    this.clock.date += ms;
  }

  /** Cuts every link. Both sides are told, unless `silently`. */
  cutLinks(silently = false): void {
    for (const link of this.#links.values()) {
      if (!link.open || link.closed) continue;
      link.open = false;
      if (!silently) this.#later(() => this.#linkClosed(link));
    }
  }

  /** Lets nothing through to or from a program. Frames on links wait for `plug`. */
  unplug(program: FakeProgram): void {
    this.#unplugged.add(program);
    this.server.lose(program);
    this.settle();
  }

  /** Lets everything through again, frames on links in order. `kept`: the server has kept the program's seats. */
  plug(program: FakeProgram, kept: boolean): void {
    this.#unplugged.delete(program);
    this.server.back(program, kept);
    this.#release();
  }

  /** Lets nothing through to a program over links, while its own frames pass; or lets everything through again. */
  deafen(program: FakeProgram, deaf: boolean): void {
    if (deaf) this.#deaf.add(program);
    else this.#deaf.delete(program);
    this.#release();
  }

  #release(): void {
    for (const { to, isDown, turn } of this.#held.splice(0)) this.#carry(to, isDown, turn);
    this.settle();
  }

  /** Delivers something over a link later, or when the link lets it through, as a real link sends it again. */
  #carry(to: FakeLink, isDown: () => boolean, turn: () => void): void {
    if (isDown() || this.#held.some((held) => held.to === to)) this.#held.push({ to, isDown, turn });
    else this.#later(turn);
  }

  #areApart({ program, other }: FakeLink): boolean {
    return this.#unplugged.has(program) || (other !== null && this.#unplugged.has(other.program));
  }

  /** The link that a program opened last. */
  lastLinkOf(program: FakeProgram): FakeLink | undefined {
    return Array.from(this.#links.values()).findLast((link) => link.program === program);
  }

  perform(program: FakeProgram, orders: readonly Order[]): void {
    for (const order of orders) this.#performOne(program, order);
  }

  #later(turn: () => void): void {
    this.#queue.push(turn);
  }

  #performOne(program: FakeProgram, order: Order): void {
    switch (order.type) {
      case 'openRoom':
      case 'sendHandshake':
      case 'leaveRoom':
      case 'freeMember':
        return this.#meet(program, order);
      case 'openLink':
        return this.#openLink(new FakeLink(program, order.link, this.trickled), order.initiator);
      case 'describeLink':
        return this.#later(() => this.#connect(program, order.link, order.kind, order.sdp));
      case 'addCandidate':
        return this.#later(() => this.#addCandidate(this.#link(program, order.link), order.bytes));
      case 'openManualRoom':
      case 'takeAnswer':
        throw new Error('nobody pairs manually here');
      case 'sendFrame':
        return this.#sendFrame(program, order.link, order.bytes);
      case 'closeLink':
        return this.#closeLink(program, order.link);
      case 'emit':
        program.events.push(order.event);
        if (order.shown !== undefined && this.shows) {
          const { shown } = order;
          this.#later(() => program.give({ type: 'shown', ...shown }));
        }
        return;
      case 'remember':
        program.remembered.push(order.peer);
        return;
      case 'end':
        program.ended = true;
        return;
      default:
        order satisfies never;
    }
  }

  #meet(program: FakeProgram, order: RoomOrder): void {
    if (this.several !== null) return this.several.perform(program, order);
    const { server } = this;
    if (order.type === 'openRoom') this.#later(() => server.join(program, order));
    else if (order.type === 'sendHandshake')
      this.#later(() => server.forward(program, order.room, order.to, order.bytes));
    else this.#later(() => server.leave(program, order));
  }

  /** From now on programs meet at so many servers, which are not in step with each other. */
  meetAt(servers: number, chance: () => number): FakeServers {
    this.several = new FakeServers(servers, chance, (turn) => this.#later(turn));
    return this.several;
  }

  #link(program: FakeProgram, number: number): FakeLink | undefined {
    return this.#links.get(`${program.name}/${number}`);
  }

  #openLink(link: FakeLink, initiator: boolean): void {
    this.#links.set(link.name, link);
    if (initiator) this.#describe(link, 'offer');
  }

  #describe(link: FakeLink, kind: 'offer' | 'answer'): void {
    if (kind === this.missing) return;
    for (const fact of link.facts(kind)) this.#later(() => link.program.give(fact));
  }

  #addCandidate(link: FakeLink | undefined, candidate: Uint8Array): void {
    link?.hear(candidate);
    if (link !== undefined && link.other !== null) this.#reach(link, link.other);
  }

  #connect(program: FakeProgram, number: number, kind: 'offer' | 'answer', sdp: string): void {
    const link = this.#link(program, number);
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

  /** Opens a link when its ends know enough of each other. */
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
      this.#later(() => side.program.give({ type: 'linkOpened', link: side.number }));
    }
  }

  /** Every open link takes this path from now on. */
  changePath(path: 'direct' | 'relay'): void {
    this.path = path;
    for (const link of this.#links.values()) if (link.open && !link.closed) this.#later(() => this.#tellPath(link));
    this.settle();
  }

  #tellPath({ program, number }: FakeLink): void {
    program.give({ type: 'linkPath', link: number, path: this.path, protocol: 'udp', rttMs: 1 });
  }

  #sendFrame(program: FakeProgram, number: number, bytes: Uint8Array): void {
    const link = this.#link(program, number);
    const other = link?.other;
    if (link?.open !== true || other?.open !== true) return;
    for (const frame of this.tamperFrame(bytes, program)) {
      const arrive = () => {
        if (other.open && !other.closed) other.program.give({ type: 'linkFrame', link: other.number, bytes: frame });
      };
      this.#carry(other, () => this.#areApart(link) || this.#deaf.has(other.program), arrive);
    }
  }

  #closeLink(program: FakeProgram, number: number): void {
    const link = this.#link(program, number);
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
    link.program.give({ type: 'linkClosed', link: link.number, cause });
  }
}
