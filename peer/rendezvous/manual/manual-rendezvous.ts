/**
 * Manual pairing: two people find each other with no server. Two texts, an invite and its answer, open one channel, and
 * the handshake runs over that channel (docs/PROTOCOL.md, Manual pairing).
 */
import { decodeCard, encodeCard } from '../../../shared/card.ts';
import { AparteError } from '../../../shared/errors.ts';
import { INVITE_LIFE } from '../../../shared/limits.ts';
import {
  blobKind,
  decodeInvite,
  encodeInvite,
  type InviteAnswer,
  openAnswer,
  pairingContext,
  type Random,
  sealAnswer,
} from '../../crypto/index.ts';
import type { Link, LinkEvents, OpenLink } from '../../link/link.ts';
import type { ManualEvents, ManualRendezvous, OpenManualRendezvous, PairedMember } from '../rendezvous.ts';
import { blobsIn } from './pasted-blob.ts';
import { SharedChannel } from './shared-channel.ts';

/** Time for finding the addresses of this machine, in ms. */
const GATHER_PATIENCE = 3_000;
/** Id of the other side, the only other member. */
const OTHER = 'other';
/** Versions in the card of the other side. The version of the blobs stands for them. */
const CARD_VERSIONS = [1];

/** What a manual pairing needs. */
export interface ManualDeps {
  /** Opens a link. Its answering side accepts that its answer reaches the other side minutes later. */
  readonly openLink: OpenLink;
  /** Packs a description into few bytes. */
  readonly shorten: (sdp: string, candidates: readonly string[]) => Uint8Array;
  /** Unpacks a description. Throws `bad-offer`. */
  readonly restore: (bytes: Uint8Array) => string;
  readonly random: Random;
  /** ms on a clock that never jumps. */
  readonly now: () => number;
  /** ms since 1970. */
  readonly date: () => number;
}

/** Meets by manual pairing. */
export function manualRendezvous(deps: ManualDeps): OpenManualRendezvous {
  return ({ card, invite }, events) => new ManualPairing(deps, decodeCard(card).nonce, invite, events);
}

/** One pairing. The side that makes the invite is A, and the side that is given the invite is B. */
class ManualPairing implements ManualRendezvous {
  readonly #deps: ManualDeps;
  /** The nonce of our card. */
  readonly #nonce: Uint8Array;
  readonly #events: ManualEvents;
  readonly #isInviting: boolean;
  /** The invite, made here or given; empty before, and once it is answered. */
  #invite = '';
  /** The secret of an invite made here. */
  readonly #secret: Uint8Array;
  #expiresAt = 0;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  /** The other side, once both blobs are known. */
  #other: PairedMember | null = null;
  #channel: SharedChannel | null = null;
  #met = false;
  #over = false;

  /** `pasted`: a text that holds the other side's invite; null to make an invite. */
  constructor(deps: ManualDeps, nonce: Uint8Array, pasted: string | null, events: ManualEvents) {
    this.#deps = deps;
    this.#nonce = nonce;
    this.#events = events;
    this.#isInviting = pasted === null;
    this.#secret = deps.random(16);
    if (pasted === null) this.#open();
    else
      this.#try(
        () => this.#takeInvite(pasted),
        (error) => this.#refuse(error),
      );
  }

  send(_to: string, bytes: Uint8Array): void {
    if (!this.#over) this.#channel?.send(bytes);
  }

  /** Does nothing: there is no server that could remove the other side. */
  free(): void {}

  /** Takes the answer. A text that is no answer leaves the invite open. */
  takeAnswer(pasted: string): void {
    this.#try(
      () => this.#takeAnswer(pasted),
      (error) => this.#emit((events) => events.noted(error)),
    );
  }

  adoptLink(events: LinkEvents): Link {
    if (this.#channel === null) throw new Error('no channel yet');
    return this.#channel.adopt(events);
  }

  leave(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  /** Acts later, as no event may come during a call. */
  #try(act: () => void, failed: (error: AparteError) => void): void {
    queueMicrotask(() => {
      try {
        if (!this.#over) act();
      } catch (error) {
        if (!(error instanceof AparteError)) throw error;
        failed(error);
      }
    });
  }

  /** Opens the channel and starts to look for addresses. */
  #open(): SharedChannel {
    this.#channel = new SharedChannel(this.#deps.openLink, this.#isInviting, GATHER_PATIENCE, {
      ready: (sdp, candidates) => this.#ready(sdp, candidates),
      opened: () => this.#opened(),
      flight: (bytes) => this.#emit((events) => events.frame(OTHER, bytes)),
      closed: (why) => {
        if (this.#met) this.#emit((events) => events.left(OTHER));
        this.#refuse(new AparteError('no-direct-path', why));
      },
    });
    return this.#channel;
  }

  #takeInvite(pasted: string): void {
    this.#invite = readInvite(pasted);
    const { expiry, offer } = decodeInvite(this.#invite);
    if (this.#deps.date() >= expiry * 1_000) {
      const late = new AparteError('invite-expired', { key: 'expired-by-our-clock' });
      this.#emit((events) => events.noted(late));
    }
    const sdp = this.#deps.restore(offer);
    this.#open().describe('offer', sdp);
  }

  #takeAnswer(pasted: string): void {
    if (!this.#isInviting) throw new AparteError('wrong-blob');
    if (this.#other !== null) throw new AparteError('invite-answered');
    const invite = this.#invite;
    if (invite === '') throw new AparteError('bad-command', { key: 'no-invite-yet' });
    // While the machine sleeps the expiry timer does not run.
    if (this.#deps.date() >= this.#expiresAt) return this.#refuse(this.#expired());
    const [text, { nonce, answer }] = readAnswer(pasted, invite);
    const sdp = this.#deps.restore(answer);
    this.#answered(nonce, this.#secret, text);
    this.#channel?.describe('answer', sdp);
  }

  #ready(sdp: string, candidates: readonly string[]): void {
    if (candidates.length === 0 && !sdp.includes('a=candidate')) {
      return this.#refuse(new AparteError('no-direct-path', { key: 'no-own-address' }));
    }
    // Anybody who sees an invite can send packets to its addresses. The inviting side therefore starts DTLS itself,
    // and only with the side whose answer was taken.
    const short = this.#deps.shorten(sdp.replace('a=setup:actpass', 'a=setup:active'), candidates);
    if (this.#isInviting) this.#makeInvite(short);
    else this.#makeAnswer(short);
  }

  #makeInvite(offer: Uint8Array): void {
    const expiry = Math.floor((this.#deps.date() + INVITE_LIFE) / 1_000);
    this.#expiresAt = expiry * 1_000;
    this.#invite = encodeInvite({ expiry, nonce: this.#nonce, secret: this.#secret, offer });
    this.#emit((events) => events.joined('', [], []));
    this.#handOver('invite', this.#invite);
  }

  #makeAnswer(answer: Uint8Array): void {
    const { nonce, secret } = decodeInvite(this.#invite);
    const text = sealAnswer(this.#invite, { nonce: this.#nonce, answer }, this.#deps.random);
    this.#answered(nonce, secret, text);
    this.#handOver('answer', text);
  }

  /** Both blobs are known: the handshake is bound to them. `nonce` is that of the other side's card. */
  #answered(nonce: Uint8Array, secret: Uint8Array, answer: string): void {
    const card = encodeCard({ versions: CARD_VERSIONS, nonce });
    this.#other = { id: OTHER, card, pairing: { secret, context: pairingContext(this.#invite, answer) } };
    this.#invite = '';
  }

  /** Hands a blob to the user and starts its expiry. */
  #handOver(kind: 'invite' | 'answer', text: string): void {
    this.#expiry = setTimeout(() => this.#refuse(this.#expired()), INVITE_LIFE);
    this.#emit((events) => events.blob(kind, text, this.#deps.now() + INVITE_LIFE));
  }

  /** The error for a blob that nobody used in time. */
  #expired(): AparteError {
    return this.#isInviting
      ? new AparteError('invite-expired')
      : new AparteError('timeout', { key: 'answer-not-taken' });
  }

  #opened(): void {
    const other = this.#other;
    if (other === null) return;
    this.#met = true;
    clearTimeout(this.#expiry);
    if (this.#isInviting) this.#emit((events) => events.came(other));
    else this.#emit((events) => events.joined('', [other], []));
  }

  /** Reports an event, unless the pairing is over. */
  #emit(event: (events: ManualEvents) => void): void {
    if (!this.#over) event(this.#events);
  }

  #refuse(cause: AparteError): void {
    this.#emit((events) => events.refused(cause));
    this.#end();
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#expiry);
    this.#channel?.leave();
  }
}

const isWhole = (text: string) => blobKind(text) !== null;

/** Finds the invite in a pasted text. Throws `not-a-blob`, `bad-blob`, `blob-version` or `wrong-blob`. */
function readInvite(pasted: string): string {
  const found = blobsIn(pasted, isWhole);
  const invite = found.find((text) => blobKind(text) === 'invite');
  if (invite === undefined) throw new AparteError('wrong-blob');
  decodeInvite(invite);
  return invite;
}

/**
 * Finds the answer to our invite in a pasted text, and reads it. Throws `not-a-blob`, `bad-blob`, `blob-version`,
 * `wrong-blob`, `own-invite` or `other-invite`.
 */
function readAnswer(pasted: string, invite: string): [text: string, answer: InviteAnswer] {
  let fault: AparteError | null = null;
  for (const text of blobsIn(pasted, isWhole)) {
    try {
      if (text === invite) throw new AparteError('own-invite');
      return [text, openAnswer(invite, text)];
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      // People copy a whole conversation, in which our own invite stands too: any other fault says more.
      if (fault === null || fault.code === 'own-invite') fault = error;
    }
  }
  throw fault ?? new AparteError('not-a-blob');
}
