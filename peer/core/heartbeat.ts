/**
 * Whether the path of a session is alive in both directions. A heartbeat goes out every second. After some seconds of
 * silence the path counts as lost, until the remote peer has seen a frame that was sent since.
 */
import { earliest } from './context.ts';

/** Time (ms) between two heartbeats. */
const PING_EVERY = 1_000;
/** A path is lost after this much silence (ms). A loss must be noticed within 5 s. */
const LOST_AFTER = 4_000;
/**
 * A path is lost when the remote peer has seen nothing new of ours for so long (ms), although frames still come. An
 * acknowledgement may have to queue behind 4 MiB of text, so this is long.
 */
const UNSEEN_AFTER = 15_000;
/** If this program did not run for so long (ms), the silence says nothing about the remote peer. */
const SLEPT = 2_500;

/** The heartbeat of one session. */
export class Heartbeat {
  /** The last measured round trip in ms; null before the first one. */
  roundTrip: number | null = null;
  /** How many of our frames the remote peer has seen. */
  seen = 0;
  /** When (ms) the next heartbeat is due. */
  pingAt = 0;
  #heardAt = 0;
  /** When (ms) the remote peer last acknowledged something new, or had nothing left to acknowledge. */
  #seenAt = 0;
  #tickedAt = 0;
  /** The first unanswered heartbeat: how many frames were sent before it, and when (ms) it left. */
  #ping: { readonly sent: number; readonly at: number } | null = null;
  /** How many frames were sent when the path was lost; null while it is not lost. */
  #lostAfter: number | null = null;

  /** The link has opened. */
  start(now: number): void {
    this.#heardAt = now;
    this.#seenAt = now;
    this.#tickedAt = now;
    this.pingAt = now + PING_EVERY;
  }

  /** Whether the path counts as lost. */
  get lost(): boolean {
    return this.#lostAfter !== null;
  }

  /** When (ms) a tick is due; null for never. */
  get wakeAt(): number | null {
    const lostAt = this.lost ? null : Math.min(this.#heardAt + LOST_AFTER, this.#seenAt + UNSEEN_AFTER);
    return earliest(this.pingAt, lostAt);
  }

  /** A frame came. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** A frame leaves after `sent` others. */
  sends(sent: number, now: number): void {
    if (sent === this.seen) this.#seenAt = now;
  }

  /** A heartbeat leaves after `sent` other frames. */
  pings(sent: number, now: number): void {
    this.pingAt = now + PING_EVERY;
    this.#ping ??= { sent, at: now };
  }

  /** The remote peer has seen `seen` of our frames. Returns whether the path is back. */
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

  /** Time has passed, and `sent` frames were sent so far. Returns whether the path was lost just now. */
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

  /** Counts the path as lost until the remote peer has seen more than the `sent` frames sent so far. */
  doubt(sent: number): void {
    this.#lostAfter = sent;
  }
}
