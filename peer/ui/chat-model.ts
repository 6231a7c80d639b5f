/**
 * The conversation as a person follows it: who is here, what of ours is on its way, and each event or typed line turned
 * into lines to show. No terminal, no time of its own; common to all that show the chat to people.
 */
import { utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import type { ChatEvent, UserCommand } from '../core/facts-and-orders.ts';
import type { Appearance } from './appearance.ts';
import { signs } from './appearance.ts';
import type { Line } from './chat-commands.ts';
import { commandHelp, parseLine } from './chat-commands.ts';
import * as view from './event-text.ts';
import type { Size } from './live-region.ts';
import { qrLines } from './qr-code.ts';
import { visible } from './sanitize.ts';

/** What an event or a typed line leads to. Lines are harmless, may hold colour sequences, and have no line breaks. */
export interface Outcome {
  readonly lines: readonly string[];
  /** What the program is to be asked for, null for nothing. */
  readonly command: UserCommand | null;
  /** A text that could not be sent and belongs back into the hands of the one who wrote it, else null. */
  readonly back: string | null;
}

interface OwnMessage {
  readonly text: string;
  /** When it was entered, ms since the epoch. */
  readonly at: number;
}

const answerOf = (text: string): Outcome =>
  text.trim() === '' ? nothing : { ...nothing, command: { type: 'answer', blob: text } };
const nothing: Outcome = { lines: [], command: null, back: null };
const say = (lines: readonly string[]): Outcome => ({ ...nothing, lines });

/** See the head of this file. */
export class Transcript {
  readonly #appearance: Appearance;
  readonly #window: () => Size | null;
  #own = '';
  readonly #peers = new Map<string, view.PeerEvent>();
  readonly #typing = new Set<string>();
  /** Entered, not yet taken over; by `ref`. */
  readonly #entered = new Map<string, OwnMessage>();
  /** Taken over, not yet shown on the other side; by `id`. */
  readonly #undelivered = new Map<string, OwnMessage>();
  #lastRef = 0;
  /** Whether what is typed is the answer to the invite that was shown. */
  awaitsAnswer = false;
  /** Whether the two pair by hand. */
  #byHand = false;

  readonly #spoken: boolean;

  /**
   * `spoken`: whether the two pair by hand under a code they agreed on aloud. `window`: how much of a terminal there is
   * for pictures; null for none.
   */
  constructor(appearance: Appearance, spoken: boolean, window: () => Size | null = () => null) {
    this.#appearance = appearance;
    this.#spoken = spoken;
    this.#window = window;
  }

  /** Names of those who are typing, harmless. */
  get typing(): string[] {
    return [...this.#typing].map((peer) => this.#nameOf(peer));
  }

  /** Our messages that are not delivered, oldest first: a line each. */
  get pending(): string[] {
    const own = [...this.#undelivered.values(), ...this.#entered.values()];
    return own.map(({ at, text }) => view.pendingLine(at, text, signs(this.#appearance)));
  }

  /** Takes an event in. */
  event(event: ChatEvent): Outcome {
    switch (event.type) {
      case 'ready':
        this.#own = event.name;
        return this.#say(`aparte ${event.version}, as ${visible(event.name)}. /help lists the commands.`);
      case 'code':
        return say(view.codeLines(event, 'chat', this.#appearance));
      case 'invite':
      case 'answer':
        return this.#blob(event);
      case 'peer':
        return this.#peer(event);
      case 'message': {
        this.#typing.delete(event.peer);
        const trust = this.#peers.get(event.peer)?.trust ?? 'new';
        const name = view.shownName(event.name, this.#own, this.#appearance);
        return say(view.messageLines(event.at, name, trust, event.text, this.#appearance));
      }
      case 'sent': {
        const message = this.#entered.get(event.ref ?? '');
        if (message !== undefined) this.#undelivered.set(event.id, message);
        this.#entered.delete(event.ref ?? '');
        return nothing;
      }
      case 'delivered': {
        const message = this.#undelivered.get(event.id);
        this.#undelivered.delete(event.id);
        return message === undefined ? nothing : say(view.ownLines(message.at, message.text, true, this.#appearance));
      }
      case 'typing':
        if (event.on) this.#typing.add(event.peer);
        else this.#typing.delete(event.peer);
        return nothing;
      // The status line says the one, an error event what led to the other.
      case 'signal':
      case 'end':
        return nothing;
      case 'error':
        return { ...say(view.errorLines(event, this.#appearance)), back: this.#refused(event.error.code) };
    }
  }

  /** Takes in what was typed, one line or several. `now` in ms since the epoch. */
  typed(typed: string, now: number): Outcome {
    const line = parseLine(typed);
    switch (line.type) {
      case 'text':
        // The end of a last line that was pasted is no line of its own, least of all for the mark.
        return this.#isAnswer(line.text) ? answerOf(line.text) : this.#send(line.text.replace(/\n+$/, ''), typed, now);
      case 'help':
        return this.#say('Commands:', ...commandHelp().map((each) => `  ${each}`));
      case 'peers': {
        const known = [...this.#peers.values()].map((peer) =>
          view.peerSummary(peer, this.#nameOf(peer.peer), this.#appearance),
        );
        return this.#say(...(known.length > 0 ? known : ['Nobody is here yet.']));
      }
      case 'verify':
        return this.#verify(line);
      case 'quit':
        return { ...nothing, command: { type: 'quit', ask: true } };
      case 'mistake':
        return this.#say(line.sentence);
    }
  }

  /** What is to be said at the end: our messages that did not arrive. */
  farewell(): string[] {
    const own = [...this.#undelivered.values(), ...this.#entered.values()];
    return own.flatMap(({ at, text }) => view.ownLines(at, text, false, this.#appearance));
  }

  #say(...sentences: string[]): Outcome {
    return say(view.noticeLines(sentences, this.#appearance));
  }

  #nameOf(peer: string): string {
    return view.shownName(this.#peers.get(peer)?.name ?? '', this.#own, this.#appearance);
  }

  #blob(event: Extract<ChatEvent, { type: 'invite' | 'answer' }>): Outcome {
    this.awaitsAnswer = event.type === 'invite' && this.#peers.size === 0;
    this.#byHand = true;
    const { colour, unicode } = this.#appearance;
    const window = colour && unicode ? this.#window() : null;
    const picture = window === null ? [] : qrLines(event.blob, window);
    return say(view.blobLines(event, { verb: 'chat', spoken: this.#spoken }, picture, this.#appearance));
  }

  /** Where the connection is to be brought back by hand, what is written goes on, and only blobs are taken for such. */
  #isAnswer(text: string): boolean {
    const lost = this.#byHand && [...this.#peers.values()].some(({ status }) => status === 'reconnecting');
    return this.awaitsAnswer || (lost && /(?<![A-Za-z0-9_-])ap\d[ia][A-Za-z0-9_-]{20}/.test(text));
  }

  #peer(event: view.PeerEvent): Outcome {
    this.awaitsAnswer = false;
    const before = this.#peers.get(event.peer) ?? null;
    this.#peers.set(event.peer, event);
    if (event.status !== 'connected') this.#typing.delete(event.peer);
    return say(view.peerLines(event, before, this.#nameOf(event.peer), 'chat', this.#appearance));
  }

  #send(text: string, typed: string, now: number): Outcome {
    if (text.trim() === '') return nothing;
    if (utf8(text).length > MAX_TEXT) {
      const error = new AparteError('message-too-long');
      return { ...say(view.errorLines({ error, fatal: false }, this.#appearance)), back: typed };
    }
    this.#lastRef += 1;
    const ref = String(this.#lastRef);
    this.#entered.set(ref, { text, at: now });
    return { ...nothing, command: { type: 'send', text, ref } };
  }

  /** The oldest message that was not taken over, if that is what the error says. */
  #refused(code: AparteError['code']): string | null {
    const [oldest] = this.#entered;
    if (oldest === undefined || (code !== 'outbox-full' && code !== 'message-too-long')) return null;
    this.#entered.delete(oldest[0]);
    return oldest[1].text;
  }

  #verify({ name, compared }: Extract<Line, { type: 'verify' }>): Outcome {
    const here = [...this.#peers.values()].filter(({ safety, status }) => safety !== null && status !== 'left');
    const folded = name?.toLowerCase();
    const meant = here.filter(
      (peer) => folded === undefined || this.#nameOf(peer.peer).toLowerCase().startsWith(folded),
    );
    const [peer, ...others] = meant;
    if (peer === undefined) {
      return this.#say(
        here.length === 0
          ? 'Nobody is connected yet: there is nothing to compare.'
          : `Nobody of that name is here, but ${here.map((each) => this.#nameOf(each.peer)).join(', ')}.`,
      );
    }
    if (others.length > 0) {
      return this.#say(`Whom? ${meant.map((each) => `/verify ${this.#nameOf(each.peer)}`).join(', ')}`);
    }
    if (compared) return { ...nothing, command: { type: 'verify', peer: peer.peer } };
    return say(view.safetyLines(this.#nameOf(peer.peer), peer.safety ?? '', this.#appearance));
  }
}
