/** A program that pairs manually: core, client and manual rendezvous over real WebRTC, without a user interface. */
import * as nodeDataChannel from 'node-datachannel';
import { Client } from '../../peer/client.ts';
import { ConversationState } from '../../peer/core/conversation-state.ts';
import type { ChatEvent } from '../../peer/core/facts-and-orders.ts';
import type { ManualPairingOptions } from '../../peer/core/manual-pairing.ts';
import { Identity, systemRandom } from '../../peer/crypto/index.ts';
import { overNodeDataChannel } from '../../peer/link/node/node-datachannel.ts';
import { decodeSignal, encodeSignal } from '../../peer/link/sdp-validation.ts';
import { longDescription, shortDescription } from '../../peer/link/short-sdp.ts';
import { webrtcLink } from '../../peer/link/webrtc-link.ts';
import { manualRendezvous } from '../../peer/rendezvous/manual/manual-rendezvous.ts';

/** Options of a program. */
export interface Setting extends Partial<ManualPairingOptions> {
  readonly identity?: Identity;
  /** ms since 1970. */
  readonly date?: () => number;
}

/** Pairs manually over WebRTC on this machine. */
export function manualPairing(date: () => number = Date.now) {
  return manualRendezvous({
    openLink: webrtcLink(overNodeDataChannel(nodeDataChannel), { iceServers: [], loopback: true }, 600_000),
    shorten: shortDescription,
    restore: longDescription,
    random: systemRandom,
    now: () => performance.now(),
    date,
  });
}

/** Events of one type. Two event types share one object type. */
type EventOf<T extends ChatEvent['type']> = ChatEvent & { readonly type: T };

const running = new Set<ManualProgram>();

/** Ends all programs of a test. */
export async function endAll(): Promise<void> {
  await Promise.all(Array.from(running, (program) => program.end()));
}

/** Time to wait for an event, in ms. */
const PATIENCE = 20_000;

/** A running program and its events. */
export class ManualProgram {
  readonly events: ChatEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #client: Client;
  readonly #done: Promise<void>;

  constructor(name: string, { invite = null, code = null, renews = false, identity, date }: Setting = {}) {
    const open = manualPairing(date);
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
        this.#changed();
        return Promise.resolve();
      },
      remember: () => undefined,
      waiting: () => undefined,
    });
    this.#done = this.#client.run();
    running.add(this);
  }

  /** Waits for the first event of a type that fits. */
  event<T extends ChatEvent['type']>(type: T, fits: (event: EventOf<T>) => boolean = () => true): Promise<EventOf<T>> {
    const isIt = (event: ChatEvent): event is EventOf<T> => event.type === type && fits(event as EventOf<T>);
    return this.#until(
      () => this.events.find(isIt),
      () => JSON.stringify(this.events),
    );
  }

  /** Waits for the text that the user is to hand over. */
  async blob(kind: 'invite' | 'answer'): Promise<string> {
    return (await this.event(kind)).blob;
  }

  /** Waits for the next error that was not returned yet. Returns its code. */
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

  /** Ends the program in any state. */
  async end(): Promise<void> {
    running.delete(this);
    this.#client.give({ type: 'interrupted' });
    await this.#done;
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Waits until `look` finds something. Rejects after 20 s with `state`. */
  async #until<Found>(look: () => Found | undefined, state: () => string): Promise<Found> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited in vain: ${state()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.add(() => resolve(clearTimeout(timer)));
      });
    }
  }
}
