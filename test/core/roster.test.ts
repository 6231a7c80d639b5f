/** Several people in one conversation: real sessions between their rosters, without handshakes. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Profile } from '../../peer/core/claims.ts';
import type { Context } from '../../peer/core/context.ts';
import { MAX_OUTBOX_MESSAGES, MessageIds, outgoing } from '../../peer/core/delivery.ts';
import type { ChatEvent, LinkFact, Order } from '../../peer/core/facts-and-orders.ts';
import { OwnLink } from '../../peer/core/own-link.ts';
import { Roster } from '../../peer/core/roster.ts';
import type { SessionEnd } from '../../peer/core/session.ts';
import { Identity, ready } from '../../peer/crypto/index.ts';
import { RatchetChannel } from '../../peer/crypto/ratchet-channel.ts';
import { sessionOf } from '../crypto/test-parties.ts';
import { seededBytes } from './seeded-random.ts';

before(() => ready());

/** Links between all members. A frame arrives at the next `settle`. */
class Company {
  readonly random = seededBytes(1);
  now = 1_000;
  #numbers = 0;
  readonly #queue: (() => void)[] = [];
  readonly #ends = new Map<number, { side: Side; other: number }>();

  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  later(turn: () => void): void {
    this.#queue.push(turn);
  }

  settle(): void {
    for (let turn = this.#queue.shift(); turn !== undefined; turn = this.#queue.shift()) turn();
  }

  /** The other end of a link. */
  beyond(link: number): { side: Side; link: number } | undefined {
    const end = this.#ends.get(link);
    return end && { side: end.side, link: end.other };
  }

  /** These two prove the code to each other, and their link opens. */
  introduce(one: Side, other: Side): void {
    this.acquaint(one, other)();
    this.settle();
  }

  /** These two prove the code to each other. Returns a function that opens their link. */
  acquaint(one: Side, other: Side): () => void {
    const { session, ratchetA, ratchetB } = sessionOf(`${one.name} and ${other.name}`);
    const [linkOne, linkOther] = [one.openLink(), other.openLink()];
    const [here, there] = [linkOne.number, linkOther.number];
    this.#ends.set(here, { side: other, other: there });
    this.#ends.set(there, { side: one, other: here });
    const channel = (role: 'A' | 'B') => {
      return new RatchetChannel({ role, session, ratchet: role === 'A' ? ratchetA : ratchetB }, this.random);
    };
    one.meets(other, 'A', channel('A'), linkOne);
    other.meets(one, 'B', channel('B'), linkOther);
    return () => {
      one.gotLink({ type: 'linkOpened', link: here });
      other.gotLink({ type: 'linkOpened', link: there });
    };
  }
}

/** One member. */
class Side {
  readonly name: string;
  readonly events: ChatEvent[] = [];
  readonly ends: SessionEnd[] = [];
  readonly roster: Roster;
  /** Whether the user sees the texts that come. */
  shows = true;
  readonly #context: Context;
  readonly #company: Company;
  readonly #profile: Profile;
  readonly #ids: MessageIds;

  constructor(company: Company, name: string) {
    this.name = name;
    this.#company = company;
    this.#ids = new MessageIds(company.random);
    this.#profile = {
      identity: Identity.generate(company.random),
      name,
      cursor: 0,
      expected: null,
      allowsOwn: false,
      relay: 'never',
    };
    this.#context = {
      get now() {
        return company.now;
      },
      date: 0,
      random: company.random,
      order: (order) => this.#perform(order),
      nextNumber: () => company.nextNumber(),
      links: new Map(),
      rooms: new Map(),
    };
    const nothing = () => undefined;
    const events = {
      connected: nothing,
      delivered: nothing,
      noted: nothing,
      handshakeFailed: nothing,
      ended: (end: SessionEnd) => this.ends.push(end),
    };
    this.roster = new Roster(this.#context, { known: [], reconnect: null }, events);
  }

  openLink(): OwnLink {
    return new OwnLink(this.#context, true, 0);
  }

  gotLink(fact: LinkFact): void {
    this.#context.links.get(fact.link)?.gotLink(fact);
  }

  meets(other: Side, role: 'A' | 'B', channel: RatchetChannel, link: OwnLink): void {
    const { identity, name } = other.#profile;
    const claims = { id: identity.publicKey, name, description: '', capabilities: new Uint8Array(0), cursor: 0 };
    this.roster.add(this.#profile, { role, claims, channel, link, wipe: () => undefined });
  }

  send(text: string): void {
    this.roster.send(outgoing(this.#ids.next(), text, false, 0));
    this.#company.settle();
  }

  leave(): void {
    this.roster.leave(1_000);
    this.#company.settle();
  }

  of<T extends ChatEvent['type']>(type: T): Extract<ChatEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ChatEvent, { type: T }> => event.type === type);
  }

  get heard(): string[] {
    return this.of('message').map(({ name, text }) => `${name}: ${text}`);
  }

  #perform(order: Order): void {
    if (order.type === 'emit') {
      this.events.push(order.event);
      const { shown } = order;
      if (shown !== undefined && this.shows) this.#company.later(() => this.roster.with(shown.peer)?.shown(shown.seq));
    } else if (order.type === 'sendFrame') {
      const to = this.#company.beyond(order.link);
      const { bytes } = order;
      if (to) this.#company.later(() => to.side.gotLink({ type: 'linkFrame', link: to.link, bytes }));
    }
  }
}

/** Three members, all connected. */
function three(): { company: Company; alice: Side; bob: Side; carol: Side } {
  const company = new Company();
  const [alice, bob, carol] = [new Side(company, 'alice'), new Side(company, 'bob'), new Side(company, 'carol')];
  company.introduce(alice, bob);
  company.introduce(alice, carol);
  company.introduce(bob, carol);
  return { company, alice, bob, carol };
}

test('shows a text to all others, and reports each delivery', () => {
  const { company, alice, bob, carol } = three();
  alice.send('one');
  bob.send('two');
  // Acknowledgements leave at once, or a moment after the last one.
  company.now += 100;
  for (const { roster } of [alice, bob, carol]) roster.tick();
  company.settle();
  assert.deepEqual(alice.heard, ['bob: two']);
  assert.deepEqual(bob.heard, ['alice: one']);
  assert.deepEqual(carol.heard, ['alice: one', 'bob: two']);
  const told = new Set(alice.of('delivered').map(({ peer }) => alice.roster.with(peer)?.identity.name));
  assert.deepEqual(told, new Set(['bob', 'carol']));
  assert.deepEqual([alice.roster.undelivered, bob.roster.undelivered], [0, 0]);
});

test('delivers text sent before anybody came to all who come before the first is connected, and to nobody later', () => {
  const company = new Company();
  const [alice, bob, carol, dan] = ['alice', 'bob', 'carol', 'dan'].map((name) => new Side(company, name)) as [
    Side,
    Side,
    Side,
    Side,
  ];
  alice.send('early');
  assert.equal(alice.roster.undelivered, 1);
  const links = [company.acquaint(alice, bob), company.acquaint(alice, carol)];
  alice.send('between');
  assert.equal(alice.roster.undelivered, 2);
  for (const open of links) open();
  company.settle();
  company.introduce(alice, dan);
  alice.send('late');
  assert.deepEqual(bob.heard, ['alice: early', 'alice: between', 'alice: late']);
  assert.deepEqual(carol.heard, ['alice: early', 'alice: between', 'alice: late']);
  assert.deepEqual(dan.heard, ['alice: late']);
});

test('keeps the others together when one leaves', () => {
  const { alice, bob, carol } = three();
  bob.leave();
  assert.deepEqual([alice.ends, bob.ends.length, carol.ends], [[], 2, []]);
  assert.ok(!bob.roster.hasAnyAlive);
  assert.equal(alice.roster.status, 'connected');
  alice.send('still here');
  assert.deepEqual([bob.heard, carol.heard], [[], ['alice: still here']]);
});

test('sends a text to nobody if it is too much for one outbox', () => {
  const { alice, bob, carol } = three();
  bob.shows = false;
  for (let count = 0; count < MAX_OUTBOX_MESSAGES; count++) alice.send(String(count));
  assert.throws(() => alice.send('too much'), { code: 'outbox-full' });
  assert.deepEqual([carol.heard.length, alice.roster.undelivered], [MAX_OUTBOX_MESSAGES, MAX_OUTBOX_MESSAGES]);
});
