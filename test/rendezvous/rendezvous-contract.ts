/**
 * The promises of every rendezvous (`peer/rendezvous/rendezvous.ts`), as one suite.
 *
 * To test another rendezvous, write a {@link Candidate} of a few lines in its test file and call `keepsTheContract`
 * there, as `server-contract.test.ts`, `manual.test.ts` and `slow/lan-contract.test.ts` do. The function that `room`
 * returns is called once per guest, so that each guest can be a program of its own. Whatever it starts ends by `atEnd`.
 * A field says what the rendezvous cannot promise, with the reason beside it.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { afterEach, test } from 'node:test';
import type { OpenRendezvous } from '../../peer/rendezvous/rendezvous.ts';
import { hex } from '../../shared/bytes.ts';
import { MAX_HANDSHAKE_FRAME } from '../../shared/limits.ts';
import { endAll } from './fake-servers.ts';
import { allLeave, cardOf, Guest } from './guest.ts';

/** A rendezvous, as the suite uses it. */
export interface Candidate {
  readonly name: string;
  /** Makes an empty room. Returns a function that opens a rendezvous there for each guest. */
  readonly room: () => Promise<() => OpenRendezvous>;
  /** Whether rooms have nameplates, and a new one is made on request. */
  readonly makesNameplates: boolean;
  /** Whether the first guest sees the second come. Otherwise exactly one of the two sees the other come. */
  readonly firstIsHost: boolean;
  /** Frames are carried if their first byte is below this. 256: all frames. */
  readonly firstBytes: number;
  /**
   * The event for a guest who finds the room full: `refused`, or `noted` if the guest may still find room elsewhere.
   * Null: no promise.
   */
  readonly oneTooMany: 'refused' | 'noted' | null;
  /** Whether others can be met after one has left. Otherwise the rendezvous then ends with `refused`. */
  readonly outlivesGuests: boolean;
  /**
   * Opens a rendezvous that reports a member with the card `cardOf(9)` and whose server then sends rubbish. Null: no
   * server stands between the two.
   */
  readonly rubbish: (() => Promise<OpenRendezvous>) | null;
}

/** Two guests in one room that know of each other. */
async function couple(open: () => OpenRendezvous): Promise<readonly [Guest, Guest]> {
  const a = new Guest(open(), 'team', 1);
  await a.heardKind('joined');
  const b = new Guest(open(), 'team', 2);
  await Promise.all([a.isShown(2), b.isShown(1)]);
  return [a, b];
}

/** The id of the other guest, as reported to this one. */
const shown = (to: Guest): string => to.others.at(-1)?.id ?? '';

/** The events about the room, without those for the user only. */
const toldOf = (guest: Guest): string[] => guest.kinds.filter((kind) => kind !== 'noted');

/** Runs the suite. */
export function keepsTheContract(candidate: Candidate): void {
  const promise = (what: string, act: (open: () => OpenRendezvous) => Promise<void>) => {
    void test(`${candidate.name}: ${what}`, async () => act(await candidate.room()));
  };

  afterEach(async () => {
    await allLeave();
    await endAll();
  });

  promise('the second member finds the first, and each sees the card of the other', async (open) => {
    const [a, b] = await couple(open);
    assert.deepEqual(
      [a, b].map((guest) => guest.others.map(({ card }) => card)),
      [[cardOf(2)], [cardOf(1)]],
    );
    assert.equal(Object.getPrototypeOf(a.others[0]?.card), Uint8Array.prototype);
    const nameplate = candidate.makesNameplates ? 'team' : '';
    assert.deepEqual([a.nameplate, b.nameplate], [nameplate, nameplate]);
    const [host, visitor] = candidate.firstIsHost || toldOf(a).includes('came') ? [a, b] : [b, a];
    assert.deepEqual([host.members.length, visitor.members.length], [0, 1]);
    assert.deepEqual(toldOf(host), ['joined', 'came']);
    // On the local network a visitor was in a room of its own server before.
    assert.deepEqual(toldOf(visitor), candidate.firstIsHost ? ['joined'] : ['joined', 'joined']);
  });

  promise('carries frames both ways, whole, in order and to nobody else', async (open) => {
    const [a, b] = await couple(open);
    const sizes = [1, 2, 1_281, MAX_HANDSHAKE_FRAME, 1_217, 1];
    const frame = (size: number) => new Uint8Array(randomBytes(size)).fill(randomInt(candidate.firstBytes), 0, 1);
    const [there, back] = [sizes, sizes].map((all) => all.map(frame));
    for (const bytes of there ?? []) a.rendezvous.send(shown(a), bytes);
    for (const bytes of back ?? []) b.rendezvous.send(shown(b), bytes);
    await Promise.all([a, b].map((guest) => guest.heardKind('frame', sizes.length)));
    const lines = (guest: Guest) => guest.log.filter((line) => line.startsWith('frame'));
    assert.deepEqual(
      lines(b),
      there?.map((bytes) => `frame ${shown(b)} ${hex(bytes)}`),
    );
    assert.deepEqual(
      lines(a),
      back?.map((bytes) => `frame ${shown(a)} ${hex(bytes)}`),
    );
  });

  promise('sends only the bytes that a view of a longer buffer shows', async (open) => {
    const [a, b] = await couple(open);
    a.rendezvous.send(shown(a), new Uint8Array(64).fill(7).subarray(62));
    await b.heard(`frame ${shown(b)} 0707`);
  });

  promise('reports a member that leaves once, and nothing to that member, even if it leaves twice', async (open) => {
    const [a, b] = await couple(open);
    const [once, twice] = [b.rendezvous.leave(), b.rendezvous.leave()];
    const before = [...b.log];
    await Promise.all([once, twice]);
    const gone = shown(a);
    await a.heard(`left ${gone}`);
    a.rendezvous.send(gone, Uint8Array.of(1));
    b.rendezvous.send(shown(b), Uint8Array.of(2));
    b.rendezvous.free(shown(b));
    if (candidate.outlivesGuests) {
      // When the third guest is reported, every event about the second has been.
      const c = new Guest(open(), 'team', 3);
      await Promise.all([a.isShown(3), c.isShown(1)]);
    } else {
      await a.heardKind('refused');
      assert.equal(toldOf(a).at(-1), 'refused');
    }
    assert.deepEqual(b.log, before);
    assert.deepEqual([a.kinds.filter((kind) => kind === 'left').length, a.kinds.includes('frame')], [1, false]);
    if (candidate.firstIsHost) {
      assert.deepEqual(toldOf(a), ['joined', 'came', 'left', candidate.outlivesGuests ? 'came' : 'refused']);
    }
  });

  promise('reports nothing to a member that leaves before it is in', async (open) => {
    const a = new Guest(open(), 'team', 1);
    await a.rendezvous.leave();
    const b = new Guest(open(), 'team', 2);
    await b.heardKind('joined');
    assert.deepEqual([a.log, b.members], [[], []]);
  });

  promise('reports nothing to a member after the event in which it leaves, and shows it to nobody', async (open) => {
    const a = new Guest(open(), 'team', 1);
    a.leavesAt = 'joined';
    await a.heardKind('joined');
    await a.rendezvous.leave();
    const b = new Guest(open(), 'team', 2);
    await b.heardKind('joined');
    assert.deepEqual([toldOf(a), a.kinds.at(-1), b.members], [['joined'], 'joined', []]);
  });

  if (candidate.makesNameplates) {
    promise('makes a new room on request, in which others can be met', async (open) => {
      const a = new Guest(open(), null, 1);
      await a.heardKind('joined');
      assert.match(a.nameplate, /^[a-z0-9]{1,32}$/);
      const b = new Guest(open(), a.nameplate, 2);
      await Promise.all([a.isShown(2), b.isShown(1)]);
      assert.equal(b.nameplate, a.nameplate);
    });
  }

  const { oneTooMany } = candidate;
  if (oneTooMany !== null) {
    promise('tells a third that the room is full, and does not disturb the two', async (open) => {
      const [a, b] = await couple(open);
      const [before, besides] = [[toldOf(a), toldOf(b)], new Guest(open(), 'team', 3)];
      // On the local network a guest waits for visitors first.
      await besides.heard(`${oneTooMany} room-full`, 1, 30_000);
      a.rendezvous.send(shown(a), Uint8Array.of(5));
      await b.heard(`frame ${shown(b)} 05`);
      besides.rendezvous.send(shown(a), Uint8Array.of(6));
      await besides.rendezvous.leave();
      assert.deepEqual(besides.others, []);
      if (oneTooMany === 'refused') assert.deepEqual(besides.kinds, ['refused']);
      assert.deepEqual([toldOf(a), toldOf(b)], [before[0], [...(before[1] ?? []), 'frame']]);
    });
  }

  const { rubbish } = candidate;
  if (rubbish !== null) {
    test(`${candidate.name}: does not pass on rubbish`, async () => {
      const guest = new Guest(await rubbish(), 'team', 1);
      await guest.isShown(9);
      await guest.heardAny(['refused', 'noted', 'lost'], guest.shownAt(9));
      assert.deepEqual(
        guest.kinds.filter((kind) => !/^(joined|widened|refused|noted|lost|left)$/.test(kind)),
        [],
      );
      assert.doesNotMatch(guest.causes.map(({ message }) => message).join(), /\p{Cc}/u);
    });
  }
}
