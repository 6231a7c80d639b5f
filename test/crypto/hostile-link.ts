/** Two channels over a link that does one hostile thing, chosen by a seed. */
import assert from 'node:assert/strict';
import type { RatchetChannel } from '../../peer/crypto/ratchet-channel.ts';
import type { Role } from '../../peer/crypto/ratchet-step.ts';
import { utf8 } from '../../shared/bytes.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { channels, claimsOf, codeOf, dice, due, flipped, inputsOf, pair, seeded } from './test-parties.ts';

/** The hostile acts, with the error words by which the receiver may name each. */
const ACTS = {
  drop: ['gap'],
  repeat: ['replay'],
  old: ['replay'],
  swap: ['gap'],
  reflect: ['replay', 'gap', 'forged', 'turn'],
  truncate: ['forged'],
  flip: ['forged', 'gap', 'replay', 'turn'],
  foreign: ['forged'],
  invent: ['forged', 'gap', 'replay'],
} as const satisfies Record<string, readonly ErrorCode[]>;
type Act = keyof typeof ACTS;
const NAMES = Object.keys(ACTS) as Act[];

interface Side {
  readonly role: Role;
  readonly channel: RatchetChannel;
  /** Frames on their way to the other side, and all frames that were ever sent. */
  readonly wire: Uint8Array[];
  readonly past: Uint8Array[];
  readonly said: string[];
  readonly shown: string[];
}

class Link {
  readonly roll: (sides: number) => number;
  readonly sides: Record<Role, Side>;
  now = 0;

  constructor(seed: number) {
    this.roll = dice(seed);
    const { a, b } = channels(seed);
    const side = (role: Role, channel: RatchetChannel): Side => ({
      role,
      channel,
      wire: [],
      past: [],
      said: [],
      shown: [],
    });
    this.sides = { A: side('A', a), B: side('B', b) };
    this.put(this.sides.A, due(a.step(0, true)));
  }

  other(side: Side): Side {
    return this.sides[side.role === 'A' ? 'B' : 'A'];
  }

  put(side: Side, frame: Uint8Array): void {
    side.wire.push(frame);
    side.past.push(frame);
  }

  say(side: Side): void {
    const text = `${side.role} ${side.said.length}`;
    side.said.push(text);
    this.put(side, side.channel.seal(utf8(text.padEnd(text.length + this.roll(300), '.'))));
    const step = side.channel.step(this.now, false);
    if (step !== null) this.put(side, step);
  }

  /** Delivers a frame to its side. */
  give(from: Side, frame: Uint8Array): void {
    const plain = this.other(from).channel.open(frame, this.now);
    if (plain !== null) this.other(from).shown.push(new TextDecoder().decode(plain).replace(/\.*$/, ''));
  }

  /** One honest act: a side talks, a frame is delivered, or time passes. */
  move(): void {
    const side = this.sides[this.roll(2) === 0 ? 'A' : 'B'];
    const dealt = this.roll(10);
    if (dealt < 4) this.say(side);
    else if (dealt < 9) this.deliver(side);
    else {
      this.now += this.roll(12_000);
      const step = side.channel.step(this.now, true);
      if (step !== null) this.put(side, step);
    }
    this.assertCommonTicket();
  }

  deliver(side: Side): void {
    const frame = side.wire.shift();
    if (frame !== undefined) this.give(side, frame);
  }

  /** Asserts that both sides hold a ticket of one room, if the link ended now. */
  assertCommonTicket(): void {
    const [a, b] = [this.sides.A, this.sides.B].map(({ channel }) => channel.tickets());
    assert.ok(a && b && a.length <= 2 && b.length <= 2);
    assert.ok(a.some((ours) => b.some((theirs) => ours.nameplate === theirs.nameplate)));
  }

  /** Does the hostile act to the next frame of a side. Returns the receiver's error word. */
  attack(act: Act, from: Side, seed: number): ErrorCode | null {
    const frame = due(from.wire[0] ?? null);
    const receiver = this.other(from);
    const given = (bytes: Uint8Array): ErrorCode | null => codeOf(() => this.give(from, bytes));
    switch (act) {
      case 'drop':
        from.wire.shift();
        return given(due(from.wire[0] ?? null));
      case 'swap':
        return given(due(from.wire[1] ?? null));
      case 'repeat':
        this.deliver(from);
        return given(frame);
      case 'old':
        this.deliver(from);
        return given(due(from.past[this.roll(receiver.channel.received)] ?? null));
      case 'reflect':
        return given(due(receiver.past[this.roll(receiver.past.length)] ?? null));
      case 'truncate':
        return given(frame.subarray(0, this.roll(2) === 0 ? frame.length / 2 : this.roll(frame.length)));
      case 'flip':
        return given(flipped(frame, this.roll(frame.length), this.roll(8)));
      case 'foreign':
        return given(foreign(from.role, receiver.channel.received, seed));
      case 'invent':
        return given(seeded(`invented ${seed}`)(128 << this.roll(5)));
    }
  }
}

/** A frame of another session, with the counter that this one expects. */
function foreign(role: Role, n: number, seed: number): Uint8Array {
  const { a, b } = channels(`foreign ${seed}`);
  const maker = role === 'A' ? a : b;
  for (let frame = 0; frame < n; frame++) maker.seal(utf8('skipped'));
  return maker.seal(utf8('foreign'));
}

/** After the link was cut, both sides meet under a common ticket and talk. */
function reconnect({ sides }: Link): void {
  const theirs = sides.B.channel.tickets();
  const ticket = sides.A.channel.tickets().find(({ nameplate }) => theirs.some((one) => one.nameplate === nameplate));
  const match = theirs.find(({ nameplate }) => nameplate === ticket?.nameplate);
  assert.ok(ticket && match);
  const [a, b] = [ticket, match].map(({ nameplate, secret }) => pair(inputsOf({ nameplate, secret }, 'ticket')));
  assert.ok(a && b);
  a.a.gotReply(b.b.gotHello(a.a.hello));
  b.b.gotProof(a.a.prove(claimsOf('Ann')));
  a.a.gotProof(b.b.prove(claimsOf('Ben')));
  assert.deepEqual(b.b.channel().open(a.a.channel().seal(utf8('again')), 0), utf8('again'));
}

/** One run. Asserts that the hostile act is named, that no wrong message is shown, and that both sides meet again. */
export function hostileRun(seed: number, reconnects: boolean): void {
  const link = new Link(seed);
  for (let moves = link.roll(60); moves > 0; moves--) link.move();
  const act = NAMES[seed % NAMES.length] ?? 'drop';
  const from = link.sides[link.roll(2) === 0 ? 'A' : 'B'];
  link.say(link.other(from));
  link.say(from);
  link.say(from);
  const before = from.wire.slice();
  const code = link.attack(act, from, seed);
  assert.ok((ACTS[act] as readonly (ErrorCode | null)[]).includes(code), `seed ${seed}: ${act} is called ${code}`);
  link.assertCommonTicket();
  // The state is unchanged: if the link were still open, honest frames would still open.
  if (act === 'drop') link.give(from, due(before[0] ?? null));
  while (from.wire.length > 0) link.deliver(from);
  while (link.other(from).wire.length > 0) link.deliver(link.other(from));
  assert.deepEqual(link.sides.B.shown, link.sides.A.said);
  assert.deepEqual(link.sides.A.shown, link.sides.B.said);
  if (reconnects) reconnect(link);
}
