/** What the packets of one connection must keep to before anything of them is read. */
import type { RefusalCode } from '../shared/signal-wire.ts';
import type { Bucket, Limits } from './limits.ts';
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
  readonly #limits: Pick<Limits, 'packets' | 'bytes'>;
  readonly #packets: Bucket;
  readonly #bytes: Bucket;
  /** Whether it has asked to be introduced. The library does so later, and until then as often as it is asked. */
  #asked = false;
  /** Whether its last message was an attachment: the library gathers them in memory. */
  #attached = false;

  /** `now` in ms of any clock that does not go back. */
  constructor(limits: Pick<Limits, 'packets' | 'bytes'>, now: number) {
    this.#limits = limits;
    this.#packets = fullBucket(limits.packets, now);
    this.#bytes = fullBucket(limits.bytes, now);
  }

  /** Weighs the next packet. Returns why the connection must end, or null where it may go on. */
  weigh({ type, data }: Packet, now: number): RefusalCode | null {
    if (!takeToken(this.#packets, this.#limits.packets, now)) return 'rate';
    const size = typeof data === 'string' || data instanceof Uint8Array ? data.length : 0;
    if (!takeToken(this.#bytes, this.#limits.bytes, now, size)) return 'rate';
    if (type !== 'message') return null;
    const [asked, attached] = [this.#asked, this.#attached];
    const asks = typeof data === 'string' && data.startsWith(CONNECT);
    this.#asked ||= asks;
    this.#attached = typeof data !== 'string';
    return (asks && asked) || (this.#attached && attached) ? 'invalid' : null;
  }
}
