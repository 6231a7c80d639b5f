/**
 * The chat as a person follows it: who is here, which of our messages are on their way, and the lines to show for each
 * event and each typed line. It knows no terminal, and everything that shows the chat to people shares it.
 */
import { utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import type { ChatEvent, UserCommand } from '../core/facts-and-orders.ts';
import { words } from '../words/index.ts';
import type { ProgramCommand } from '../words/word-types.ts';
import type { Appearance } from './appearance.ts';
import type { TypedLine } from './chat-commands.ts';
import { commandHelp, parseLine } from './chat-commands.ts';
import * as text from './event-text.ts';
import type { WindowSize } from './live-region.ts';
import { qrLines } from './qr-code.ts';
import { visible } from './sanitize.ts';

/** What an event or a typed line leads to. Lines are harmless, may hold colour sequences, and have no line breaks. */
export interface Outcome {
  readonly lines: readonly string[];
  /** What to ask of the conversation, null for nothing. */
  readonly command: UserCommand | null;
  /** A text that could not be sent and goes back to its writer, else null. */
  readonly unsent: string | null;
}

/** What a chat model needs to know. */
export interface ChatModelOptions {
  readonly command: ProgramCommand;
  readonly appearance: Appearance;
  /** Whether the two pair by hand under a code that both agreed on. */
  readonly hasAgreedCode: boolean;
  /** The present time, in ms since the epoch. */
  readonly now: number;
  /** The size of the terminal that pictures must fit, null for no pictures. */
  readonly window?: () => WindowSize | null;
}

interface OwnMessage {
  readonly text: string;
  /** When it was entered, in ms since the epoch. */
  readonly at: number;
}

const nothing: Outcome = { lines: [], command: null, unsent: null };
const print = (lines: readonly string[]): Outcome => ({ ...nothing, lines });

/** Reasons of an end that the user asked for. */
const OWN_ENDS: readonly string[] = ['left', 'interrupted'];

/** The state of one chat. */
export class ChatModel {
  readonly #command: ProgramCommand;
  readonly #appearance: Appearance;
  readonly #window: () => WindowSize | null;
  readonly #hasAgreedCode: boolean;
  #own = '';
  #code: Extract<ChatEvent, { type: 'code' }> | null = null;
  readonly #peers = new Map<string, text.PeerEvent>();
  readonly #typing = new Set<string>();
  /** Messages entered and not taken over yet, by `ref`. */
  readonly #entered = new Map<string, OwnMessage>();
  /** Messages taken over and not confirmed by the other side yet, by `id`. */
  readonly #undelivered = new Map<string, OwnMessage>();
  #lastRef = 0;
  /** The local day of the latest line with a time. */
  #day: string;
  #isByHand = false;
  #isServerLost = false;
  #hasMet = false;
  #endReason: string | null = null;
  /** Whether what is typed is the answer to the invite that was shown. */
  awaitsAnswer = false;

  constructor({ command, appearance, hasAgreedCode, now, window = () => null }: ChatModelOptions) {
    this.#command = command;
    this.#appearance = appearance;
    this.#hasAgreedCode = hasAgreedCode;
    this.#window = window;
    this.#day = new Date(now).toDateString();
  }

  /** Names of the peers who are typing, harmless. */
  get typing(): string[] {
    return [...this.#typing].map((peer) => this.#nameOf(peer));
  }

  /** Names of the peers, harmless. */
  get names(): string[] {
    return [...this.#peers.values()].filter(({ status }) => status !== 'left').map(({ peer }) => this.#nameOf(peer));
  }

  /** Our messages that are not delivered, oldest first, a line each. */
  get pending(): string[] {
    const own = [...this.#undelivered.values(), ...this.#entered.values()];
    return own.map((message) => text.pendingLine(message.at, message.text, this.#appearance));
  }

  /** Whether the chat has ended, and the user did not ask for that. */
  get endedUnasked(): boolean {
    return this.#endReason !== null && !OWN_ENDS.includes(this.#endReason);
  }

  /** Whether a peer has been connected. */
  get hasMet(): boolean {
    return this.#hasMet;
  }

  /** Takes an event. */
  event(event: ChatEvent): Outcome {
    switch (event.type) {
      case 'ready':
        this.#own = event.name;
        if (this.#command !== 'chat') return nothing;
        return this.#notice(words.chatIsReady(event.version, visible(event.name)));
      case 'code':
        this.#code = event;
        return print(text.codeLines(event, this.#command, this.#appearance));
      case 'invite':
      case 'answer':
        return this.#blob(event);
      case 'peer':
        return this.#peer(event);
      case 'message': {
        this.#typing.delete(event.peer);
        const trust = this.#peers.get(event.peer)?.trust ?? 'new';
        const name = text.shownName(event.name, this.#own, this.#appearance);
        return this.#dated(event.at, text.messageLines(event.at, name, trust, event.text, this.#appearance));
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
        if (message === undefined) return nothing;
        return this.#dated(message.at, text.ownLines(message.at, message.text, null, this.#appearance));
      }
      case 'typing':
        if (event.on) this.#typing.add(event.peer);
        else this.#typing.delete(event.peer);
        return nothing;
      case 'signal': {
        // The status line and an error event say that the server is lost.
        const isBack = event.status === 'connected' && this.#isServerLost;
        this.#isServerLost = event.status === 'lost';
        return isBack ? this.#notice(words.SERVER_IS_BACK) : nothing;
      }
      case 'error':
        return { ...print(text.errorLines(event, this.#appearance)), unsent: this.#refused(event.error.code) };
      case 'end':
        this.#endReason = event.reason;
        return nothing;
    }
  }

  /** Takes what was typed, one line or several. `now` in ms since the epoch. */
  typed(typed: string, now: number): Outcome {
    const line = parseLine(typed);
    switch (line.type) {
      case 'text': {
        if (line.text.trim() === '') return nothing;
        if (this.#isAnswer(line.text)) return { ...nothing, command: { type: 'answer', blob: line.text } };
        // The line end that closes a paste begins no line of its own.
        return this.#send(line.text.replace(/\n+$/, ''), typed, now);
      }
      case 'help':
        return this.#notice(words.COMMANDS, ...commandHelp().map((each) => `  ${each}`));
      case 'peers': {
        const peers = [...this.#peers.values()];
        const lines = peers.map((peer) => text.peerSummary(peer, this.#nameOf(peer.peer), this.#appearance));
        return this.#notice(...(lines.length > 0 ? lines : [words.NOBODY_IS_HERE]));
      }
      case 'code':
        if (this.#code === null) return this.#notice(words.NO_CODE);
        if (this.#hasMet) return this.#notice(words.codeWasUsed(visible(this.#code.code)));
        return print(text.codeLines(this.#code, 'chat', this.#appearance));
      case 'verify':
        return this.#verify(line);
      case 'quit':
        return { ...nothing, command: { type: 'quit', ask: true } };
      case 'mistake':
        return this.#notice(visible(line.sentence));
    }
  }

  /** Our messages that were not delivered, for the end of the chat. */
  notDelivered(): string[] {
    const handedOver = this.#hasMet ? words.NOT_CONFIRMED : words.NOT_DELIVERED;
    const lines = ({ at, text: said }: OwnMessage, mark: string) => text.ownLines(at, said, mark, this.#appearance);
    return [
      ...[...this.#undelivered.values()].flatMap((message) => lines(message, handedOver)),
      ...[...this.#entered.values()].flatMap((message) => lines(message, words.NOT_DELIVERED)),
    ];
  }

  #notice(...sentences: string[]): Outcome {
    return print(text.noticeLines(sentences, this.#appearance));
  }

  /** Lines with a time, below the date where it is another than that of the latest such lines. */
  #dated(at: number | string, lines: readonly string[]): Outcome {
    const date = new Date(at);
    const day = date.toDateString();
    if (day === this.#day || Number.isNaN(date.getTime())) return print(lines);
    this.#day = day;
    return print([...text.noticeLines([words.dayLine(date)], this.#appearance), ...lines]);
  }

  #nameOf(peer: string): string {
    return text.shownName(this.#peers.get(peer)?.name ?? '', this.#own, this.#appearance);
  }

  #blob(event: Extract<ChatEvent, { type: 'invite' | 'answer' }>): Outcome {
    this.awaitsAnswer = event.type === 'invite' && this.#peers.size === 0;
    this.#isByHand = true;
    const { colour, unicode } = this.#appearance;
    const window = colour && unicode ? this.#window() : null;
    const picture = window === null ? [] : qrLines(event.blob, window);
    const pairing = { command: this.#command, hasAgreedCode: this.#hasAgreedCode };
    return print(text.blobLines(event, pairing, picture, this.#appearance));
  }

  /** While the two pair again by hand, messages can still be written. Only what looks like a blob is an answer then. */
  #isAnswer(typed: string): boolean {
    const isLost = this.#isByHand && [...this.#peers.values()].some(({ status }) => status === 'reconnecting');
    return this.awaitsAnswer || (isLost && /(?<![A-Za-z0-9_-])ap\d[ia][A-Za-z0-9_-]{20}/.test(typed));
  }

  #peer(event: text.PeerEvent): Outcome {
    this.awaitsAnswer = false;
    const before = this.#peers.get(event.peer) ?? null;
    this.#peers.set(event.peer, event);
    if (event.status === 'connected') this.#hasMet = true;
    else this.#typing.delete(event.peer);
    return print(text.peerLines(event, before, this.#nameOf(event.peer), this.#command, this.#appearance));
  }

  #send(said: string, typed: string, now: number): Outcome {
    if (utf8(said).length > MAX_TEXT) {
      const error = new AparteError('message-too-long');
      return { ...print(text.errorLines({ error, fatal: false }, this.#appearance)), unsent: typed };
    }
    this.#lastRef += 1;
    const ref = String(this.#lastRef);
    this.#entered.set(ref, { text: said, at: now });
    return { ...nothing, command: { type: 'send', text: said, ref } };
  }

  /** The oldest message that was not taken over, if the error says that. */
  #refused(code: AparteError['code']): string | null {
    const [oldest] = this.#entered;
    if (oldest === undefined || (code !== 'outbox-full' && code !== 'message-too-long')) return null;
    this.#entered.delete(oldest[0]);
    return oldest[1].text;
  }

  #verify({ name, compared }: Extract<TypedLine, { type: 'verify' }>): Outcome {
    const here = [...this.#peers.values()].filter(({ safety, status }) => safety !== null && status !== 'left');
    const begun = name?.toLowerCase() ?? '';
    const meant = here.filter(({ peer }) => this.#nameOf(peer).toLowerCase().startsWith(begun));
    const names = (peers: readonly text.PeerEvent[]) => peers.map(({ peer }) => this.#nameOf(peer));
    const [peer, ...others] = meant;
    if (peer === undefined) {
      return this.#notice(here.length === 0 ? words.NOTHING_TO_COMPARE : words.nobodyNamed(names(here)));
    }
    if (others.length > 0) return this.#notice(words.verifyWhom(names(meant)));
    if (peer.own === true) return this.#notice(words.OWN_KEY);
    const since = peer.verifiedAt === undefined ? null : new Date(peer.verifiedAt);
    if (compared && since !== null) return this.#notice(words.alreadyVerified(this.#nameOf(peer.peer), since));
    if (compared) return { ...nothing, command: { type: 'verify', peer: peer.peer } };
    return print(text.safetyLines(this.#nameOf(peer.peer), peer.safety ?? '', since, this.#appearance));
  }
}
