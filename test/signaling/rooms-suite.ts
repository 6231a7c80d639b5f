/** What every implementation of `Rooms` must do: the model with random steps, and each time limit and size limit. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Welcome } from '../../shared/signal-wire.ts';
import type { RoomLimits } from '../../signaling/limits.ts';
import type { RoomOrder } from '../../signaling/rooms-interface.ts';
import { answerOf, anySteps, run, type Subject, same } from './rooms-model.ts';
import { card } from './test-server.ts';

/** An implementation of rooms. */
export interface Implementation {
  readonly name: string;
  /** Why it cannot be tested here, or false. */
  readonly skip: string | false;
  /** Runs of the model, and steps of a run. */
  readonly runs: number;
  readonly steps: number;
  /** How it refuses a client that has no slot. The server never asks for one, unless other servers took its slot. */
  readonly noSlot: 'unknown-room' | 'unavailable';
  /** Returns a maker of new rooms for one test. */
  readonly open: (t: TestContext) => Promise<(limits?: Partial<RoomLimits>) => Subject>;
}

/** A subject with a clock that clients act by. Clients are named `NUMBER.COUNT`. */
class Scene {
  now = 0;
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  rooms(client: string) {
    return this.#subject.of(Number.parseInt(client, 10));
  }

  async sweep(now: number): Promise<RoomOrder[]> {
    this.now = now;
    return await this.#subject.sweep(now);
  }

  stats() {
    return this.#subject.stats();
  }

  async join(client: string, nameplate: string | null, more: { resume?: string; capacity?: number } = {}) {
    const request = { nameplate, card: card(1), capacity: 2, ...more };
    return await this.rooms(client).join(client, request, this.now);
  }

  async enter(client: string, nameplate: string | null): Promise<Welcome> {
    const answer = answerOf(await this.join(client, nameplate));
    assert.ok('self' in answer, JSON.stringify(answer));
    return answer;
  }

  async frame(client: string, to: string, data: Uint8Array): Promise<RoomOrder[]> {
    return await this.rooms(client).frame(client, { to, data }, this.now);
  }

  async leave(client: string): Promise<RoomOrder[]> {
    return await this.rooms(client).leave(client, this.now);
  }

  async lose(client: string): Promise<void> {
    assert.deepEqual(await this.rooms(client).lose(client, this.now), []);
  }
}

/** Defines the tests for an implementation. */
export function testRooms({ name, skip, runs, steps, noSlot, open }: Implementation): void {
  const check = (title: string, act: (fresh: (limits?: Partial<RoomLimits>) => Scene) => Promise<void>): void => {
    void test(`${name}: ${title}`, { skip }, async (t) => {
      const make = await open(t);
      await act((limits) => new Scene(make(limits)));
    });
  };

  void test(`${name} behave like the model, whatever clients do`, { skip }, async (t) => {
    const make = await open(t);
    let [resumed, full] = [0, 0];
    await fc.assert(
      fc.asyncProperty(anySteps(steps), async (given) => {
        const seen = await run(given, make());
        resumed += seen.resumed;
        full += seen.full;
      }),
      { numRuns: runs },
    );
    assert.ok(resumed > runs / 10 && full > runs / 10, `too little was tried: ${resumed} resumed, ${full} full`);
  });

  check('a freed nameplate is not chosen again for ten minutes, but can be asked for', async (fresh) => {
    const scene = fresh();
    const names = new Set<string>();
    for (let round = 0; round < 100; round++) {
      const { nameplate } = await scene.enter(`0.${round}`, null);
      assert.ok(!names.has(nameplate), nameplate);
      names.add(nameplate);
      await scene.leave(`0.${round}`);
    }
    const [first = ''] = names;
    assert.equal((await scene.enter('0.100', first)).nameplate, first);
    await scene.leave('0.100');
    await scene.sweep(600_000);
    assert.equal((await scene.enter('0.101', null)).nameplate.length, 1);
  });

  check('the slot of a lost connection is kept for exactly the grace time', async (fresh) => {
    const scene = fresh({ grace: 10_000 });
    const { token } = await scene.enter('0.1', 'x');
    await scene.enter('1.1', 'x');
    await scene.sweep(1_000);
    await scene.lose('0.1');
    assert.deepEqual(await scene.sweep(10_000), []);
    assert.deepEqual(await scene.sweep(11_000), [{ type: 'left', to: '1.1', member: '1' }]);
    assert.deepEqual(answerOf(await scene.join('0.2', 'x', { resume: token })), { error: 'unknown-member' });
  });

  check('frames for a lost connection are kept up to the limits of one and of all', async (fresh) => {
    const scene = fresh({ heldPerSlot: 1_000, heldInAll: 1_500 });
    const tokens: Record<string, string> = {};
    for (const [index, nameplate] of ['x', 'y'].entries()) {
      const [sender, receiver] = [`${2 * index}.1`, `${2 * index + 1}.1`];
      await scene.enter(sender, nameplate);
      tokens[nameplate] = (await scene.enter(receiver, nameplate)).token;
      await scene.lose(receiver);
      for (let count = 0; count < 20; count++) {
        assert.deepEqual(await scene.frame(sender, '2', new Uint8Array(100).fill(count)), []);
      }
    }
    const framesFor = async (client: string, nameplate: string): Promise<number[]> => {
      const orders = await scene.join(client, nameplate, { resume: tokens[nameplate] ?? '' });
      return orders.flatMap((order) => (order.type === 'frame' ? [order.data[0] ?? -1] : []));
    };
    assert.deepEqual(await framesFor('1.2', 'x'), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(await framesFor('3.2', 'y'), [0, 1, 2, 3, 4]);
    await scene.lose('3.2');
    await scene.frame('2.1', '2', new Uint8Array(900));
    assert.equal((await framesFor('3.3', 'y')).length, 1, 'frames that were delivered no longer count');
  });

  check('a room lives as long as something happens in it', async (fresh) => {
    const scene = fresh({ roomIdle: 4_000 });
    await scene.enter('0.1', 'x');
    await scene.sweep(2_000);
    await scene.enter('1.1', 'x');
    await scene.sweep(5_000);
    await scene.frame('0.1', '2', card(1));
    assert.deepEqual(await scene.sweep(8_000), []);
    const orders = await scene.sweep(9_000);
    const dropped = orders.flatMap((order) => (order.type === 'drop' ? [`${order.to} ${order.error}`] : []));
    assert.deepEqual(dropped.sort(), ['0.1 idle', '1.1 idle']);
    assert.deepEqual(await scene.stats(), { rooms: 0, members: 0 });
  });

  check('the number of rooms is limited', async (fresh) => {
    const scene = fresh({ rooms: 2 });
    await scene.enter('0.1', 'x');
    await scene.enter('2.1', null);
    for (const nameplate of ['y', null])
      assert.deepEqual(answerOf(await scene.join('4.1', nameplate)), { error: 'limit' });
    await scene.enter('4.2', 'x');
    await scene.leave('2.1');
    await scene.enter('6.1', 'y');
  });

  check('the frames from one member to another are limited, and counted from 0 for a newcomer', async (fresh) => {
    const scene = fresh({ framesPerPair: 2 });
    await scene.enter('0.1', 'x');
    for (const [index, to] of ['2', '3', '4'].entries()) {
      const newcomer = `${index + 1}.1`;
      await scene.enter(newcomer, 'x');
      for (let count = 0; count < 2; count++)
        same(await scene.frame('0.1', to, card(1)), [{ type: 'frame', to: newcomer, from: '1', data: card(1) }]);
      if (to !== '4') await scene.leave(newcomer);
    }
    const orders = await scene.frame('0.1', '4', card(1));
    assert.deepEqual(orders[0], { type: 'drop', to: '0.1', error: 'limit' });
    assert.deepEqual(orders.slice(1), [{ type: 'left', to: '3.1', member: '1' }]);
  });

  check('a client without a slot can neither send nor free', async (fresh) => {
    const scene = fresh();
    await scene.enter('0.1', 'x');
    const dropped = [{ type: 'drop', to: '2.1', error: noSlot }];
    assert.deepEqual(await scene.frame('2.1', '1', card(1)), dropped);
    assert.deepEqual(await scene.rooms('2.1').free('2.1', '1', scene.now), dropped);
  });
}
