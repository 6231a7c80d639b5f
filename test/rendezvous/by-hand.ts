/** A program that pairs by hand, whole but for its user interface: core, client and manual rendezvous over real wrtc. */
import wrtc from 'wrtc';
import { Client } from '../../peer/client.ts';
import { ConversationState } from '../../peer/core/conversation-state.ts';
import type { ChatEvent } from '../../peer/core/facts-and-orders.ts';
import type { ManualPairingOptions } from '../../peer/core/manual-pairing.ts';
import { Identity, systemRandom } from '../../peer/crypto/index.ts';
import { decodeSignal, encodeSignal } from '../../peer/link/sdp-validation.ts';
import { longDescription, shortDescription } from '../../peer/link/short-sdp.ts';
import { webrtcLink } from '../../peer/link/webrtc-link.ts';
import { manualRendezvous } from '../../peer/rendezvous/manual/manual-rendezvous.ts';
import { Watch } from './watch.ts';

/** What can be different about a program. */
export interface Setting extends Partial<ManualPairingOptions> {
  readonly identity?: Identity;
  /** ms since 1970. */
  readonly date?: () => number;
}

/** Opens meetings by hand over wrtc on this machine. */
export function byHand(date: () => number = Date.now) {
  return manualRendezvous({
    openLink: webrtcLink(wrtc, { iceServers: [], loopback: true }, 600_000),
    shorten: shortDescription,
    restore: longDescription,
    random: systemRandom,
    now: () => performance.now(),
    date,
  });
}

/** Events of one type; two share one. */
type EventOf<T extends ChatEvent['type']> = ChatEvent & { readonly type: T };

const running = new Set<ByHand>();

/** Ends what a test has started. */
export async function endAll(): Promise<void> {
  await Promise.all(Array.from(running, (program) => program.end()));
}

/** A running program and what it told. */
export class ByHand extends Watch {
  readonly events: ChatEvent[] = [];
  readonly #client: Client;
  readonly #done: Promise<void>;

  constructor(name: string, { invite = null, code = null, renews = false, identity, date }: Setting = {}) {
    super();
    const open = byHand(date);
    this.#client = new Client({
      conversation: new ConversationState({
        version: '0',
        server: null,
        name,
        identity: identity ?? Identity.generate(systemRandom),
        known: [],
        code: { nameplate: null, secret: '' },
        manual: { invite, code, renews },
        invite: () => null,
        timeout: null,
        reconnect: null,
        serverPatience: null,
        random: systemRandom,
      }),
      openRendezvous: () => {
        throw new Error('a room on a server');
      },
      openManualRendezvous: open,
      openLink: () => {
        throw new Error('a link of its own');
      },
      encodeCandidate: encodeSignal,
      decodeCandidate: decodeSignal,
      render: (event) => {
        this.events.push(event);
        this.changed();
        return Promise.resolve();
      },
      remember: () => undefined,
      waiting: () => undefined,
    });
    this.#done = this.#client.run();
    running.add(this);
  }

  /** The first event of a type, once it is there. */
  event<T extends ChatEvent['type']>(type: T, fits: (event: EventOf<T>) => boolean = () => true): Promise<EventOf<T>> {
    const isIt = (event: ChatEvent): event is EventOf<T> => event.type === type && fits(event as EventOf<T>);
    return this.until(
      () => this.events.find(isIt),
      () => JSON.stringify(this.events),
    );
  }

  /** The text it hands out. */
  async blob(kind: 'invite' | 'answer'): Promise<string> {
    return (await this.event(kind)).blob;
  }

  /** The name of the next fault that was not asked for yet. */
  async fault(): Promise<string> {
    const found = await this.event('error', (error) => !this.#faults.has(error));
    this.#faults.add(found);
    return found.error.code;
  }

  readonly #faults = new Set<ChatEvent>();

  connected() {
    return this.event('peer', ({ status }) => status === 'connected');
  }

  answer(blob: string): void {
    this.#client.give({ type: 'command', command: { type: 'answer', blob } });
  }

  say(text: string): void {
    this.#client.give({ type: 'command', command: { type: 'send', text, ref: null } });
  }

  /** Ends it, however it stands. */
  async end(): Promise<void> {
    running.delete(this);
    this.#client.give({ type: 'interrupted' });
    await this.#done;
  }
}
