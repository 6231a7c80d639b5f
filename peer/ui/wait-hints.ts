/**
 * Says once what to do where something takes long that often does not come by itself: nobody under a code that was
 * given, another program that is gone, two that both receive.
 */
import type { ChatEvent, Waiting } from '../core/facts-and-orders.ts';
import { isOnlyHere } from './event-text.ts';

/** How long something is waited for before the hint, in ms. */
const LONG = 30_000;

const HINTS = {
  nobody:
    'Nobody is here under this code yet. A code works once: ask whether it was used, or whether they use another server.',
  nobodyHere:
    'Nobody is here under this code yet, and the server asked is for programs on this computer only. ' +
    'If they are at another, both of you need --lan, --manual, or the same --server; else ask whether the code was used.',
  gone: 'If their program has ended it cannot come back: leave, and meet with a new code.',
  nothing: 'Connected, but nothing comes: is the other side receiving, too?',
} as const;

type Hint = keyof typeof HINTS;

/** See the head of this file. */
export class Hints {
  readonly #say: (sentence: string) => void;
  readonly #receives: boolean;
  /** Whether a server is asked under a code that the user was told. */
  #joins = false;
  /** Whether only programs on this machine reach that server. */
  #onlyHere = false;
  #byHand = false;
  /** Whether the first text is waited for. */
  #awaitsText = false;
  #waiting: Waiting['for'] = null;
  #next: Hint | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #said = new Set<Hint>();

  /** `receives`: nothing but receiving is done here. */
  constructor(say: (sentence: string) => void, receives = false) {
    this.#say = say;
    this.#receives = receives;
  }

  /** Takes in what was told to the user. */
  event(event: ChatEvent): void {
    if (event.type === 'ready') {
      this.#joins = event.server !== null;
      this.#onlyHere = isOnlyHere(event.server ?? '');
    } else if (event.type === 'code') this.#joins = false;
    else if (event.type === 'invite' || event.type === 'answer') this.#byHand = true;
    else if (event.type === 'peer') this.#awaitsText = this.#receives && event.status === 'connected';
    else if (event.type === 'message') {
      this.#awaitsText = false;
      this.#said.add('nothing');
    }
    this.#update();
  }

  /** Takes in what is waited for now. */
  waiting({ for: what }: Waiting): void {
    this.#waiting = what;
    this.#update();
  }

  /** Says nothing more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #update(): void {
    const hint = this.#hint();
    if (hint === this.#next) return;
    this.stop();
    this.#next = hint;
    if (hint === null || this.#said.has(hint)) return;
    this.#timer = setTimeout(() => {
      this.#said.add(hint);
      this.#say(HINTS[hint]);
    }, LONG);
  }

  #hint(): Hint | null {
    if (this.#waiting === 'peer' && this.#joins) return this.#onlyHere ? 'nobodyHere' : 'nobody';
    if (this.#waiting === 'reconnect' && !this.#byHand) return 'gone';
    return this.#waiting === null && this.#awaitsText ? 'nothing' : null;
  }
}
