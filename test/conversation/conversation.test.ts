/** A conversation as any program runs it: a real server, real links, and neither a command line nor a terminal. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Conversation, type ConversationSettings } from '../../peer/conversation/conversation.ts';
import type { ChatEvent, Waiting } from '../../peer/core/facts-and-orders.ts';
import { loadLink } from '../../peer/main/load-webrtc.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { meetAtServers } from '../../peer/ways-to-meet/servers.ts';
import { parseCode } from '../../shared/code.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';

/** How long an event is waited for, in ms: a deadline for what hangs. */
const PATIENCE = 20_000;

/** A program around a conversation that keeps what it is told. */
class Host {
  readonly conversation: Conversation;
  readonly events: ChatEvent[] = [];
  readonly waits: Waiting['for'][] = [];
  /** Whether events can still be shown. */
  isOutputOpen = true;
  #wake: () => void = () => undefined;

  constructor(settings: Partial<ConversationSettings> & Pick<ConversationSettings, 'way'>) {
    const defaults = { version: '0', name: 'ann', code: null, identity: null, knownPeers: [], loadLink };
    const patience = { timeout: null, awaitsText: false, reconnect: null, serverPatience: 5_000 };
    this.conversation = new Conversation(
      { ...defaults, ...patience, ice: { iceServers: [] }, ...settings },
      {
        render: (event) => {
          this.events.push(event);
          this.#wake();
          return this.isOutputOpen ? Promise.resolve() : Promise.reject(new Error('the output is gone'));
        },
        waiting: (waiting) => this.waits.push(waiting.for),
        remember: () => undefined,
      },
    );
  }

  /** The first event of a type. */
  async event<Type extends ChatEvent['type']>(type: Type): Promise<ChatEvent & { type: Type }> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const found = this.events.find((event): event is ChatEvent & { type: Type } => event.type === type);
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      assert.ok(left > 0, `no ${type} among ${this.events.map((event) => event.type).join(', ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

describe('a conversation', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  const way = () =>
    meetAtServers([`http://127.0.0.1:${server.port}`], (url) =>
      socketIoRendezvous(url, { now: () => performance.now() }),
    );

  before(async () => {
    server = await startServer({ host: '127.0.0.1', port: 0, limits: { ...LIMITS, perAddress: null } });
  });
  after(() => server.close());

  test('makes a code, sends what was said before anybody came, and resolves with how it ended', async () => {
    const ann = new Host({ way: way() });
    ann.conversation.command({ type: 'send', text: 'said before the start', ref: 'first' });
    assert.equal(ann.conversation.end, null);
    const annEnds = ann.conversation.run();
    const { code, invite } = await ann.event('code');
    assert.equal(invite, `http://127.0.0.1:${server.port}/#${code}`);

    const ben = new Host({ way: way(), name: 'ben', code: parseCode(code) });
    const benEnds = ben.conversation.run();
    const { text, name } = await ben.event('message');
    assert.deepEqual([text, name], ['said before the start', 'ann']);
    const { id } = await ann.event('delivered');
    assert.deepEqual([(await ann.event('sent')).ref, (await ann.event('sent')).id], ['first', id]);

    ben.conversation.endInput();
    assert.deepEqual(await benEnds, { reason: 'left', exit: 0 });
    assert.deepEqual(await annEnds, { reason: 'peer-left', exit: 0 });
    assert.deepEqual([ann.conversation.end, ann.events.at(-1)?.type], [{ reason: 'peer-left', exit: 0 }, 'end']);
    for (const each of ['server', 'peer', 'handshake'] as const) assert.ok(ann.waits.includes(each), each);
  });

  test('is interrupted within its patience, even while nobody is there', async () => {
    const host = new Host({ way: way() });
    const ends = host.conversation.run();
    await host.event('code');
    host.conversation.interrupt();
    assert.deepEqual(await ends, { reason: 'interrupted', exit: 130 });
  });

  test('interrupted before its start, ends at its start', async () => {
    const host = new Host({ way: way() });
    host.conversation.interrupt();
    assert.deepEqual(await host.conversation.run(), { reason: 'interrupted', exit: 130 });
  });

  test('ends with the code of the error that ended it', async () => {
    const nowhere = meetAtServers(['http://127.0.0.1:9'], (url) =>
      socketIoRendezvous(url, { now: () => performance.now() }),
    );
    const host = new Host({ way: nowhere, serverPatience: 100 });
    assert.deepEqual(await host.conversation.run(), { reason: 'server-unreachable', exit: 4 });
    const errors = host.events.filter((event) => event.type === 'error' && event.fatal);
    assert.deepEqual(
      errors.map((event) => event.type === 'error' && event.error.code),
      ['server-unreachable'],
    );
  });

  test('is interrupted when nothing can be rendered any more', async () => {
    const host = new Host({ way: way() });
    host.isOutputOpen = false;
    assert.deepEqual(await host.conversation.run(), { reason: 'interrupted', exit: 130 });
  });
});
