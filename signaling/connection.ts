/** A connection as the server keeps it in mind. */
import type { RefusalCode } from '../shared/signal-wire.ts';
import type { Bucket, Limits } from './limits.ts';
import { fullBucket } from './limits.ts';
import { PacketScale } from './packets.ts';
import type { Carrier, Socket } from './sockets.ts';

/** What is known of a client besides its place. */
export interface Connection {
  readonly carrier: Carrier;
  readonly packets: PacketScale;
  readonly joins: Bucket;
  /** Why it must go as soon as it can be told. */
  readonly unwelcome: RefusalCode | null;
  /** Null until it has said that it speaks Socket.IO. */
  socket: Socket | null;
  /** How often it has asked to join. */
  count: number;
  /** Its requests that are not answered yet, and when the last of them will be; null: none. */
  waiting: number;
  turn: Promise<void> | null;
}

/** A connection that has just been opened; `unwelcome` says why it must go. */
export function newConnection(
  carrier: Carrier,
  limits: Limits,
  unwelcome: RefusalCode | null,
  now: number,
): Connection {
  return {
    carrier,
    packets: new PacketScale(limits, now),
    joins: fullBucket(limits.joins, now),
    unwelcome,
    socket: null,
    count: 0,
    waiting: 0,
    turn: null,
  };
}
