/**
 * A conversation that any program can run: the core, the client that drives it, and a way to meet. It uses no process,
 * no terminal and nothing of Node, so the command line, a web page and a library can all run it.
 */
import { type Code, makeSecret } from '../../shared/code.ts';
import type { AparteError, ExitCode } from '../../shared/errors.ts';
import { Client } from '../client.ts';
import { ConversationState } from '../core/conversation-state.ts';
import type { ChatEvent, Fact, KnownPeer, UserCommand, Waiting } from '../core/facts-and-orders.ts';
import { Identity, ready, systemRandom } from '../crypto/index.ts';
import { deferredLink } from '../link/deferred-link.ts';
import type { IcePolicy } from '../link/ice-policy.ts';
import type { OpenLink } from '../link/link.ts';
import { decodeSignal, encodeSignal } from '../link/sdp-validation.ts';
import type { WayToMeet } from './way-to-meet.ts';

/** What a program chooses for its conversation. */
export interface ConversationSettings {
  /** How the peers find each other. The program that opened the way closes it after the conversation has ended. */
  readonly way: WayToMeet;
  /** Version of the program, as the `ready` event shows it. */
  readonly version: string;
  /** The name shown to the remote peer. */
  readonly name: string;
  /** The code to meet under; null: a code is made. */
  readonly code: Code | null;
  /** Null: a fresh identity that only this conversation has. */
  readonly identity: Identity | null;
  /** The peers known from earlier conversations. */
  readonly knownPeers: readonly KnownPeer[];
  /** The user's STUN and TURN servers, and whether relays are allowed. */
  readonly ice: Pick<IcePolicy, 'iceServers' | 'relay'>;
  /** Loads the WebRTC implementation, which may take a while; the rendezvous starts meanwhile. */
  readonly loadLink: (policy: IcePolicy) => Promise<OpenLink>;
  /** How long to wait for the remote peer, in ms; null: for ever. */
  readonly timeout: number | null;
  /** Whether `timeout` runs until the first text has come, not only until a peer has. */
  readonly awaitsText: boolean;
  /** How long to try to come back after the connection was lost, in ms; null: as long as tickets are good. */
  readonly reconnect: number | null;
  /** How long the server may be out of reach at the start, in ms; null: for ever. */
  readonly serverPatience: number | null;
}

/** What a conversation tells the program around it. */
export interface ConversationEvents {
  /**
   * Shows an event. Resolves once the event has been written out, so that a message may then be acknowledged. Rejects
   * when nothing can be shown any more: the conversation is then interrupted.
   */
  render(event: ChatEvent): Promise<void>;
  /** Says what the conversation waits for, and how it is connected (null: not connected). Repeats itself. */
  waiting(waiting: Waiting, link: ConversationState['link']): void;
  /** Keeps what is known of a peer for later conversations. */
  remember(peer: KnownPeer): void;
}

/** How a conversation ended. */
export interface ConversationEnd {
  /** `left`, `peer-left`, `interrupted`, or the code of the error that ended it. */
  readonly reason: string;
  readonly exit: ExitCode;
}

/** One conversation, from the first step to meet until everybody has left. */
export class Conversation {
  readonly #settings: ConversationSettings;
  readonly #events: ConversationEvents;
  /** What was given before the start; null once the client takes facts itself. */
  #early: Fact[] | null = [];
  #client: Client | null = null;
  #end: ConversationEnd | null = null;

  constructor(settings: ConversationSettings, events: ConversationEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  /** How the conversation ended; null while it goes on. Set before the `end` event is rendered. */
  get end(): ConversationEnd | null {
    return this.#end;
  }

  /** Runs the conversation. Call it once. Resolves when all is closed but the way to meet. Rejects on a bug. */
  async run(): Promise<ConversationEnd> {
    await ready();
    const client = this.#makeClient();
    const ended = client.run();
    this.#client = client;
    for (const fact of this.#early ?? []) client.give(fact);
    this.#early = null;
    await ended;
    if (this.#end === null) throw new Error('This is a bug: the conversation ended without an end event');
    return this.#end;
  }

  /** Does what a user or a script wants. A command given before the start waits for it. */
  command(command: UserCommand): void {
    this.#give({ type: 'command', command });
  }

  /** Says that no more commands will come: the conversation ends once everything sent is delivered. */
  endInput(): void {
    this.#give({ type: 'inputEnded' });
  }

  /** Manual pairing: says that no answer to our invite can come any more; `cause` ends the conversation. */
  endAnswers(cause: AparteError): void {
    this.#give({ type: 'answersEnded', cause });
  }

  /** Ends the conversation within about a second, whatever is undelivered. */
  interrupt(): void {
    this.#give({ type: 'interrupted' });
  }

  #give(fact: Fact): void {
    if (this.#client === null) this.#early?.push(fact);
    else this.#client.give(fact);
  }

  #makeClient(): Client {
    const { way, ice, loadLink } = this.#settings;
    return new Client({
      conversation: this.#makeState(),
      openRendezvous: way.open,
      openManualRendezvous: way.manual?.open,
      openLink: deferredLink(loadLink({ ...ice, loopback: way.loopback, linkLocal: way.linkLocal })),
      encodeCandidate: encodeSignal,
      decodeCandidate: decodeSignal,
      render: (event) => {
        if (event.type === 'end') this.#end = { reason: event.reason, exit: event.exit };
        return this.#events.render(event);
      },
      remember: (peer) => this.#events.remember(peer),
      waiting: (waiting, link) => {
        // Without a server to connect to, the search for the peer begins at once.
        const isSearching = way.server === null && waiting.for === 'server';
        this.#events.waiting(isSearching ? { ...waiting, for: 'peer', until: null } : waiting, link);
      },
    });
  }

  #makeState(): ConversationState {
    const { way, version, name, code, identity, knownPeers, ice, timeout, awaitsText, reconnect, serverPatience } =
      this.#settings;
    return new ConversationState({
      version,
      server: way.server,
      isServerLocal: way.loopback,
      name,
      identity: identity ?? Identity.generate(systemRandom),
      allowsOwn: way.allowsOwn,
      known: knownPeers,
      code: code ?? { nameplate: null, secret: makeSecret(systemRandom) },
      ...(way.manual !== null && { manual: way.manual.pairing }),
      invite: way.invite,
      timeout,
      awaitsText,
      reconnect,
      serverPatience,
      random: systemRandom,
      relay: ice.relay ?? 'never',
    });
  }
}
