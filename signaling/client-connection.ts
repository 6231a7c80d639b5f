/** A connection as the server keeps it in mind. */
import type { RefusalCode } from '../shared/signal-wire.ts';
import type { Bucket, Limits } from './limits.ts';
import { fullBucket } from './limits.ts';
import { PacketScale } from './packet-limits.ts';
import { SerialQueue } from './serial-queue.ts';
import type { Carrier, Socket } from './socketio-setup.ts';

/** What is known of a client besides its place. */
export interface Connection {
  readonly carrier: Carrier;
  readonly packets: PacketScale;
  readonly joins: Bucket;
  /** Why it must go as soon as it can be told. */
  unwelcome: RefusalCode | null;
  /** Null until it has said that it speaks Socket.IO. */
  socket: Socket | null;
  /** How often it has asked to join. */
  count: number;
  /** What it asked for; null where all is done at once. */
  readonly requests: SerialQueue | null;
}

/** A connection that has just been opened; `waits`: whether what it asks for may take time. */
export function newConnection(carrier: Carrier, limits: Limits, now: number, waits: boolean): Connection {
  return {
    carrier,
    packets: new PacketScale(limits, now),
    joins: fullBucket(limits.joins, now),
    unwelcome: null,
    socket: null,
    count: 0,
    requests: waits ? new SerialQueue() : null,
  };
}
