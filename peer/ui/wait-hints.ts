/** Tells the user, once for each, what to do about waits that often do not end by themselves. */
import type { ChatEvent, Waiting } from '../core/facts-and-orders.ts';
import { words } from '../words/index.ts';
import type { LongWait } from '../words/word-types.ts';
import { isThisComputer } from './event-text.ts';

/** How long a wait lasts before the hint, in ms. */
const LONG = 30_000;

/** Watches the events and waits of a conversation for waits that need a hint. */
export class WaitHints {
  readonly #print: (sentence: string) => void;
  readonly #receives: boolean;
  /** Whether the user gave the code and a server is asked for it. */
  #joins = false;
  /** Whether only programs on this computer reach that server. */
  #onlyHere = false;
  #byHand = false;
  /** Whether no message has come since the peer connected. */
  #awaitsText = false;
  #waiting: Waiting['for'] = null;
  #next: LongWait | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #given = new Set<LongWait>();

  /** `receives`: the program only receives. */
  constructor(print: (sentence: string) => void, receives = false) {
    this.#print = print;
    this.#receives = receives;
  }

  /** Takes an event that the user was shown. */
  event(event: ChatEvent): void {
    if (event.type === 'ready') {
      this.#joins = event.server !== null;
      this.#onlyHere = isThisComputer(event.server ?? '');
    } else if (event.type === 'code') this.#joins = false;
    else if (event.type === 'invite' || event.type === 'answer') this.#byHand = true;
    else if (event.type === 'peer') this.#awaitsText = this.#receives && event.status === 'connected';
    else if (event.type === 'message') {
      this.#awaitsText = false;
      this.#given.add('nothing');
    }
    this.#update();
  }

  /** Takes what the program waits for now. */
  waiting({ for: what }: Waiting): void {
    this.#waiting = what;
    this.#update();
  }

  /** Gives no more hints. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #update(): void {
    const hint = this.#hint();
    if (hint === this.#next) return;
    this.stop();
    this.#next = hint;
    if (hint === null || this.#given.has(hint)) return;
    this.#timer = setTimeout(() => {
      this.#given.add(hint);
      this.#print(words.HINTS[hint]);
    }, LONG);
  }

  #hint(): LongWait | null {
    if (this.#waiting === 'peer' && this.#joins) return this.#onlyHere ? 'nobodyHere' : 'nobody';
    if (this.#waiting === 'reconnect' && !this.#byHand) return 'gone';
    return this.#waiting === null && this.#awaitsText ? 'nothing' : null;
  }
}
