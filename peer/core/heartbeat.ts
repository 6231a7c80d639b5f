/**
 * Whether the path of a session is alive, both ways: heartbeats go out, and what comes back is judged. Silence for some
 * seconds is taken for a loss; the path counts as back only when the other side has seen what was sent since.
 */
import { earliest } from './context.ts';

/** A heartbeat is sent this often (ms), so that neither side is silent while it lives. */
const PING_EVERY = 1_000;
/** A path that was silent so long (ms) is lost: it must be noticed within 5 s. */
const LOST_AFTER = 4_000;
/**
 * A path on which the other side sees nothing new of ours for so long (ms) is lost, though something still comes. Not
 * sooner, as an acknowledgement may have to queue behind 4 MiB of text.
 */
const UNSEEN_AFTER = 15_000;
/** If this program itself did not run for so long (ms), the silence says nothing about the other side. */
const SLEPT = 2_500;

/** The pulse of one session. Frames are counted from 0, ours as we send them. */
export class Heartbeat {
  /** Last measured round trip in ms, null before the first. */
  roundTrip: number | null = null;
  /** How many of our frames the other side has acknowledged. */
  seen = 0;
  /** When (ms) the next heartbeat is due. */
  pingAt = 0;
  #heardAt = 0;
  /** When the other side last acknowledged something new, or had nothing left to acknowledge. */
  #seenAt = 0;
  #tickedAt = 0;
  /** How many frames were sent when the first unanswered heartbeat left, and when that was. */
  #ping: { readonly sent: number; readonly at: number } | null = null;
  /** How many frames were sent when the path was lost; null while it is not. */
  #lostAfter: number | null = null;

  /** The path has opened. */
  start(now: number): void {
    this.#heardAt = now;
    this.#seenAt = now;
    this.#tickedAt = now;
    this.pingAt = now + PING_EVERY;
  }

  /** Whether the path is lost, until it is back. */
  get lost(): boolean {
    return this.#lostAfter !== null;
  }

  /** Earliest time at which `tick` would find something. */
  get wakeAt(): number | null {
    const lostAt = this.lost ? null : Math.min(this.#heardAt + LOST_AFTER, this.#seenAt + UNSEEN_AFTER);
    return earliest(this.pingAt, lostAt);
  }

  /** A frame came. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** A frame is about to leave, the first behind `sent` others. */
  sends(sent: number, now: number): void {
    if (sent === this.seen) this.#seenAt = now;
  }

  /** A heartbeat is about to leave, the first behind `sent` other frames. */
  pings(sent: number, now: number): void {
    this.pingAt = now + PING_EVERY;
    this.#ping ??= { sent, at: now };
  }

  /** The other side says that it has seen so many of our frames. Returns whether the path is back by that. */
  acknowledged(seen: number, now: number): boolean {
    if (seen > this.seen) this.#seenAt = now;
    this.seen = seen;
    if (this.#ping !== null && seen > this.#ping.sent) {
      this.roundTrip = now - this.#ping.at;
      this.#ping = null;
    }
    if (this.#lostAfter === null || seen <= this.#lostAfter) return false;
    this.#lostAfter = null;
    return true;
  }

  /** Time has passed; `sent` frames have been sent so far. Returns whether the path has been lost just now. */
  tick(sent: number, now: number): boolean {
    if (now - this.#tickedAt > SLEPT) {
      this.#heardAt = now;
      this.#seenAt = now;
    }
    this.#tickedAt = now;
    if (this.lost || (now < this.#heardAt + LOST_AFTER && now < this.#seenAt + UNSEEN_AFTER)) return false;
    this.doubt(sent);
    return true;
  }

  /** Takes the path for lost until the other side has seen more than the `sent` frames sent so far. */
  doubt(sent: number): void {
    this.#lostAfter = sent;
  }
}
