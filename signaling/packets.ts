/** What the packets of one connection must keep to before anything of them is read. */
import type { RefusalCode } from '../shared/signal-wire.ts';
import type { Bucket, Rate } from './limits.ts';
import { fullBucket, takeToken } from './limits.ts';

/** An Engine.IO packet; the `data` of a message is a Socket.IO packet, or a `Buffer` that is attached to one. */
export interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/** What a Socket.IO packet begins with that asks for a namespace (Socket.IO protocol, version 5). */
const CONNECT = '0';

/** Weighs the packets of one connection, in the order they come. */
export class PacketScale {
  readonly #rate: Rate;
  readonly #bucket: Bucket;
  /** Whether it has asked to be introduced. The library does so later, and until then as often as it is asked. */
  #asked = false;
  /** Whether its last message was an attachment: the library gathers them in memory. */
  #attached = false;

  /** `now` in ms of any clock that does not go back. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#bucket = fullBucket(rate, now);
  }

  /** Weighs the next packet. Returns why the connection must end, or null where it may go on. */
  weigh({ type, data }: Packet, now: number): RefusalCode | null {
    if (!takeToken(this.#bucket, this.#rate, now)) return 'rate';
    if (type !== 'message') return null;
    const [asked, attached] = [this.#asked, this.#attached];
    const asks = typeof data === 'string' && data.startsWith(CONNECT);
    this.#asked ||= asks;
    this.#attached = typeof data !== 'string';
    return (asks && asked) || (this.#attached && attached) ? 'invalid' : null;
  }
}
