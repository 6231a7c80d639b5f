/**
 * Meeting with no server at all: two texts that people hand each other by copy and paste open one channel, and the
 * handshake runs over it (docs/PROTOCOL.md, Manual pairing).
 */
import { decodeCard, encodeCard } from '../../../shared/card.ts';
import { AparteError } from '../../../shared/errors.ts';
import { INVITE_LIFE } from '../../../shared/limits.ts';
import {
  type Answer,
  blobKind,
  decodeInvite,
  encodeInvite,
  openAnswer,
  pairingContext,
  type Random,
  sealAnswer,
} from '../../crypto/index.ts';
import type { Link, LinkEvents, OpenLink } from '../../link/link.ts';
import type { JoinRequest, OpenRendezvous, Rendezvous, RendezvousEvents, RoomMember } from '../rendezvous.ts';
import { blobsIn } from './pasted-blob.ts';
import { Carrier } from './shared-channel.ts';

/** How long (ms) addresses of this machine are looked for. */
const GATHER_PATIENCE = 3_000;
/** What the other side is called: there is but one. */
const OTHER = 'other';
/** The version byte of a card: the blobs' own version stands for it. */
const CARD_VERSIONS = [1];

/** What manual pairing is wired to. */
export interface ManualParts {
  /** Opens a link whose answering side bears that its answer is taken minutes later. */
  readonly openLink: OpenLink;
  /** A description as few bytes, and back. Throw `bad-offer`. */
  readonly shorten: (sdp: string, candidates: readonly string[]) => Uint8Array;
  readonly restore: (bytes: Uint8Array) => string;
  readonly random: Random;
  /** ms on a clock that never jumps, and ms since 1970. */
  readonly now: () => number;
  readonly date: () => number;
}

/** Makes a meeting by hand of each request that has a `manual` part; without one it throws `bug`. */
export function manualRendezvous(parts: ManualParts): OpenRendezvous {
  return (request, events) => {
    if (request.manual === undefined) throw new AparteError('bug', 'a room that is not opened by hand');
    const { invite } = request.manual;
    return invite === null ? new Inviting(parts, request, events) : new Invited(parts, request, events, invite);
  };
}

/** What both sides do alike. */
abstract class Pairing implements Rendezvous {
  protected readonly parts: ManualParts;
  protected readonly nonce: Uint8Array;
  readonly #events: RendezvousEvents;
  readonly #initiator: boolean;
  #carrier: Carrier | null = null;
  #expiry: ReturnType<typeof setTimeout> | null = null;
  #met = false;
  #over = false;

  constructor(parts: ManualParts, request: JoinRequest, events: RendezvousEvents, initiator: boolean) {
    this.parts = parts;
    this.nonce = decodeCard(request.card).nonce;
    this.#events = events;
    this.#initiator = initiator;
  }

  /** Begins to look for addresses. */
  protected open(): Carrier {
    this.#carrier = new Carrier(this.parts.openLink, this.#initiator, GATHER_PATIENCE, {
      ready: (sdp, candidates) => this.#ready(sdp, candidates),
      opened: () => this.#opened(),
      flight: (bytes) => this.tell((events) => events.frame(OTHER, bytes)),
      closed: (detail) => {
        if (this.#met) this.tell((events) => events.left(OTHER));
        this.refuse(new AparteError('no-direct-path', detail));
      },
    });
    return this.#carrier;
  }

  protected get carrier(): Carrier {
    if (this.#carrier === null) throw new AparteError('bug', 'no channel yet');
    return this.#carrier;
  }

  /** Our description is made, in its short form: hand out the text it goes into. */
  protected abstract described(short: Uint8Array): void;
  /** The channel is open. Says with whom it is, null while that cannot be. */
  protected abstract other(): RoomMember | null;
  /** What the end of the invite's time means. */
  protected abstract expired(): AparteError;
  abstract take(pasted: string): void;

  #ready(sdp: string, candidates: readonly string[]): void {
    if (candidates.length === 0 && !sdp.includes('a=candidate')) {
      return this.refuse(new AparteError('no-direct-path', 'this machine has no address that another could reach'));
    }
    // Whoever holds an invite can knock before its answer is taken. Who made it begins DTLS, with the one who answered.
    this.described(this.parts.shorten(sdp.replace('a=setup:actpass', 'a=setup:active'), candidates));
  }

  #opened(): void {
    const other = this.other();
    if (other === null) return;
    this.#met = true;
    this.#stopClock();
    if (this.#initiator) this.tell((events) => events.came(other));
    else this.tell((events) => events.joined('', [other], []));
  }

  /** Hands a text to the user, and begins to count its time. */
  protected handOver(kind: 'invite' | 'answer', text: string): void {
    this.#expiry = setTimeout(() => this.refuse(this.expired()), INVITE_LIFE);
    this.tell((events) => events.blob?.(kind, text, this.parts.now() + INVITE_LIFE));
  }

  /** It is over. */
  protected refuse(cause: AparteError): void {
    this.tell((events) => events.refused(cause));
    this.#end();
  }

  /** Tells something, unless it is over. */
  protected tell(what: (events: RendezvousEvents) => void): void {
    if (!this.#over) what(this.#events);
  }

  #stopClock(): void {
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#expiry = null;
  }

  #end(): void {
    this.#over = true;
    this.#stopClock();
    this.#carrier?.leave();
  }

  send(_to: string, bytes: Uint8Array): void {
    if (!this.#over) this.#carrier?.send(bytes);
  }

  /** There is no server that could: who made the place gives up on it. */
  free(): void {}

  adopt(events: LinkEvents): Link {
    return this.carrier.adopt(events);
  }

  leave(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }
}

/** The side that makes the invite: A. */
class Inviting extends Pairing {
  readonly #secret: Uint8Array;
  #invite: string | null = null;
  #expiresAt = 0;
  #other: RoomMember | null = null;

  constructor(parts: ManualParts, request: JoinRequest, events: RendezvousEvents) {
    super(parts, request, events, true);
    this.#secret = parts.random(16);
    this.open();
  }

  protected described(offer: Uint8Array): void {
    const expiry = Math.floor((this.parts.date() + INVITE_LIFE) / 1_000);
    this.#expiresAt = expiry * 1_000;
    this.#invite = encodeInvite({ expiry, nonce: this.nonce, secret: this.#secret, offer });
    this.tell((events) => events.joined('', [], []));
    this.handOver('invite', this.#invite);
  }

  protected other(): RoomMember | null {
    return this.#other;
  }

  protected expired(): AparteError {
    return new AparteError('invite-expired');
  }

  /** Takes the answer; one that is none leaves the invite open. */
  take(pasted: string): void {
    queueMicrotask(() => {
      try {
        this.#take(pasted);
      } catch (error) {
        if (!(error instanceof AparteError)) throw error;
        this.tell((events) => events.noted(error));
      }
    });
  }

  #take(pasted: string): void {
    const invite = this.#invite;
    if (this.#other !== null) throw new AparteError('invite-answered');
    if (invite === null) throw new AparteError('bad-command', 'there is no invite yet that could be answered');
    // A machine that slept has missed its timer.
    if (this.parts.date() >= this.#expiresAt) return this.refuse(this.expired());
    const [text, { nonce, answer }] = readAnswer(pasted, invite);
    const sdp = this.parts.restore(answer);
    this.#other = {
      id: OTHER,
      card: encodeCard({ versions: CARD_VERSIONS, nonce }),
      pairing: { secret: this.#secret, context: pairingContext(invite, text) },
    };
    this.#invite = null;
    this.carrier.describe('answer', sdp);
  }
}

/** The side that was given an invite: B. */
class Invited extends Pairing {
  #other: RoomMember | null = null;
  readonly #pasted: string;
  #invite = '';

  constructor(parts: ManualParts, request: JoinRequest, events: RendezvousEvents, pasted: string) {
    super(parts, request, events, false);
    this.#pasted = pasted;
    queueMicrotask(() => {
      try {
        this.#begin();
      } catch (error) {
        if (!(error instanceof AparteError)) throw error;
        this.refuse(error);
      }
    });
  }

  #begin(): void {
    this.#invite = readInvite(this.#pasted);
    const { expiry, offer } = decodeInvite(this.#invite);
    if (this.parts.date() >= expiry * 1_000) {
      const late = new AparteError('invite-expired', 'by the clock of this machine; it is tried all the same');
      this.tell((events) => events.noted(late));
    }
    const sdp = this.parts.restore(offer);
    this.open().describe('offer', sdp);
  }

  protected described(answer: Uint8Array): void {
    const { nonce, secret } = decodeInvite(this.#invite);
    const text = sealAnswer(this.#invite, { nonce: this.nonce, answer }, this.parts.random);
    this.#other = {
      id: OTHER,
      card: encodeCard({ versions: CARD_VERSIONS, nonce }),
      pairing: { secret, context: pairingContext(this.#invite, text) },
    };
    this.#invite = '';
    this.handOver('answer', text);
  }

  protected other(): RoomMember | null {
    return this.#other;
  }

  protected expired(): AparteError {
    return new AparteError('timeout', 'nobody took the answer while the invite was good');
  }

  /** This side made an answer, and waits for none. */
  take(): void {
    queueMicrotask(() => this.tell((events) => events.noted(new AparteError('wrong-blob'))));
  }
}

const isWhole = (text: string) => blobKind(text) !== null;

/** The invite in what was pasted. Throws by the name of what is wrong. */
function readInvite(pasted: string): string {
  const found = blobsIn(pasted, isWhole);
  const invite = found.find((text) => blobKind(text) === 'invite');
  if (invite === undefined) throw new AparteError('wrong-blob');
  decodeInvite(invite);
  return invite;
}

/** The answer to our invite in what was pasted, and what it says. Throws by the name of what is wrong. */
function readAnswer(pasted: string, invite: string): [text: string, answer: Answer] {
  let fault: AparteError | null = null;
  for (const text of blobsIn(pasted, isWhole)) {
    try {
      if (text === invite) throw new AparteError('own-invite');
      return [text, openAnswer(invite, text)];
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      // Who copies the whole talk copies our invite with it.
      if (fault === null || fault.code === 'own-invite') fault = error;
    }
  }
  throw fault ?? new AparteError('not-a-blob');
}
