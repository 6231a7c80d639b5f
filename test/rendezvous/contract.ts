/**
 * What every way to meet promises (`peer/rendezvous/rendezvous.ts`), as one suite.
 *
 * To add a way: write a {@link WayToMeet} of a few lines in the test file of that way and call `keepsTheContract(way)`
 * there, as `contract.test.ts`, `manual.test.ts` and `slow/lan-contract.test.ts` do. `open` is called once for each guest of a test, so
 * that each may come from a network, a folder or a process of his own; whatever it starts ends by `atEnd`. What a way
 * cannot promise it says in a field of its own, with the reason beside it.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { afterEach, test } from 'node:test';
import type { OpenRendezvous } from '../../peer/rendezvous/rendezvous.ts';
import { hex } from '../../shared/bytes.ts';
import { MAX_HANDSHAKE_FRAME } from '../../shared/limits.ts';
import { endAll } from './fake-servers.ts';
import { allLeave, cardOf, Guest } from './guest.ts';

/** A way to meet, as the suite uses it. */
export interface WayToMeet {
  readonly name: string;
  /** A place nobody is at yet. Returns what opens a guest's way there. */
  readonly place: () => Promise<() => OpenRendezvous>;
  /** Whether a place has a name, and who asks for a fresh one gets one. */
  readonly makesNameplates: boolean;
  /** Whether who was there first is the one that is come to; elsewhere it is either, but always just one of two. */
  readonly firstIsHost: boolean;
  /** First bytes of frames are below this: 256 where any frame is carried. */
  readonly firstBytes: number;
  /**
   * What is told to one too many: `refused` for good, `noted` as long as he may still find room elsewhere. Null where
   * no promise is made.
   */
  readonly oneTooMany: 'refused' | 'noted' | null;
  /** Whether one can be met after another has left; elsewhere that ends it, as `refused`. */
  readonly outlivesGuests: boolean;
  /**
   * A place where a member with the card `cardOf(9)` is shown, and what carries the frames then talks rubbish; null
   * where nothing stands between the two.
   */
  readonly rubbish: (() => Promise<OpenRendezvous>) | null;
}

/** Two in one room, the first first, who know of each other. */
async function couple(open: () => OpenRendezvous): Promise<readonly [Guest, Guest]> {
  const a = new Guest(open(), 'team', 1);
  await a.heardKind('joined');
  const b = new Guest(open(), 'team', 2);
  await Promise.all([a.isShown(2), b.isShown(1)]);
  return [a, b];
}

/** The id under which one is shown to the other. */
const shown = (to: Guest): string => to.others.at(-1)?.id ?? '';

/** What a guest was told of the room: not what the user may be told besides. */
const toldOf = (guest: Guest): string[] => guest.kinds.filter((kind) => kind !== 'noted');

/** Runs the suite. */
export function keepsTheContract(way: WayToMeet): void {
  const promise = (what: string, act: (open: () => OpenRendezvous) => Promise<void>) => {
    void test(`${way.name}: ${what}`, async () => act(await way.place()));
  };

  afterEach(async () => {
    await allLeave();
    await endAll();
  });

  promise('the first is alone, the second finds him there, and each sees the card of the other', async (open) => {
    const [a, b] = await couple(open);
    assert.deepEqual(
      [a, b].map((guest) => guest.others.map(({ card }) => card)),
      [[cardOf(2)], [cardOf(1)]],
    );
    assert.equal(Object.getPrototypeOf(a.others[0]?.card), Uint8Array.prototype);
    const nameplate = way.makesNameplates ? 'team' : '';
    assert.deepEqual([a.nameplate, b.nameplate], [nameplate, nameplate]);
    const [host, visitor] = way.firstIsHost || toldOf(a).includes('came') ? [a, b] : [b, a];
    assert.deepEqual([host.members.length, visitor.members.length], [0, 1]);
    assert.deepEqual(toldOf(host), ['joined', 'came']);
    // Who is alone at home before he goes out was in there, too.
    assert.deepEqual(toldOf(visitor), way.firstIsHost ? ['joined'] : ['joined', 'joined']);
  });

  promise('frames go both ways, whole, in order and to nobody else', async (open) => {
    const [a, b] = await couple(open);
    const sizes = [1, 2, 1_281, MAX_HANDSHAKE_FRAME, 1_217, 1];
    const frame = (size: number) => new Uint8Array(randomBytes(size)).fill(randomInt(way.firstBytes), 0, 1);
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

  promise('a view on a longer buffer is sent as what it shows', async (open) => {
    const [a, b] = await couple(open);
    a.rendezvous.send(shown(a), new Uint8Array(64).fill(7).subarray(62));
    await b.heard(`frame ${shown(b)} 0707`);
  });

  promise('who leaves is told of once, and told nothing any more; leaving twice is leaving once', async (open) => {
    const [a, b] = await couple(open);
    const [once, twice] = [b.rendezvous.leave(), b.rendezvous.leave()];
    const before = [...b.log];
    await Promise.all([once, twice]);
    const gone = shown(a);
    await a.heard(`left ${gone}`);
    a.rendezvous.send(gone, Uint8Array.of(1));
    b.rendezvous.send(shown(b), Uint8Array.of(2));
    b.rendezvous.free(shown(b));
    if (way.outlivesGuests) {
      // Whoever comes now is met, so all that was to be said about the one who left has been.
      const c = new Guest(open(), 'team', 3);
      await Promise.all([a.isShown(3), c.isShown(1)]);
    } else {
      await a.heardKind('refused');
      assert.equal(toldOf(a).at(-1), 'refused');
    }
    assert.deepEqual(b.log, before);
    assert.deepEqual([a.kinds.filter((kind) => kind === 'left').length, a.kinds.includes('frame')], [1, false]);
    if (way.firstIsHost) {
      assert.deepEqual(toldOf(a), ['joined', 'came', 'left', way.outlivesGuests ? 'came' : 'refused']);
    }
  });

  promise('who leaves before he is in is told nothing', async (open) => {
    const a = new Guest(open(), 'team', 1);
    await a.rendezvous.leave();
    const b = new Guest(open(), 'team', 2);
    await b.heardKind('joined');
    assert.deepEqual([a.log, b.members], [[], []]);
  });

  promise('who leaves while he is told something is told nothing after it, and is not met any more', async (open) => {
    const a = new Guest(open(), 'team', 1);
    a.leavesAt = 'joined';
    await a.heardKind('joined');
    await a.rendezvous.leave();
    const b = new Guest(open(), 'team', 2);
    await b.heardKind('joined');
    assert.deepEqual([toldOf(a), a.kinds.at(-1), b.members], [['joined'], 'joined', []]);
  });

  if (way.makesNameplates) {
    promise('who asks for a fresh room gets one, and can be met there', async (open) => {
      const a = new Guest(open(), null, 1);
      await a.heardKind('joined');
      assert.match(a.nameplate, /^[a-z0-9]{1,32}$/);
      const b = new Guest(open(), a.nameplate, 2);
      await Promise.all([a.isShown(2), b.isShown(1)]);
      assert.equal(b.nameplate, a.nameplate);
    });
  }

  const { oneTooMany } = way;
  if (oneTooMany !== null) {
    promise('a third is told that the room is full, and the two are not disturbed', async (open) => {
      const [a, b] = await couple(open);
      const [before, besides] = [[toldOf(a), toldOf(b)], new Guest(open(), 'team', 3)];
      // Who is to be visited by one with a larger id waits for that first.
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

  const { rubbish } = way;
  if (rubbish !== null) {
    test(`${way.name}: rubbish is not passed on`, async () => {
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
