/** Several servers, or several processes of one, that act as one server. */
import type { Order } from './memory-rooms.ts';
import type { Rooms } from './rooms-interface.ts';
import type { SocketServer } from './socketio-setup.ts';

/** What a server takes part in. */
export interface Cluster {
  readonly rooms: Rooms;
  /** Null: addresses are not counted. */
  readonly addresses: SharedAddresses | null;
  /**
   * For `Server.adapter`: takes what is emitted to a client of another server there. Null: all orders are for clients
   * that are here, as others get theirs by {@link ClusterEvents.perform}.
   */
  readonly adapter: NonNullable<Parameters<SocketServer['adapter']>[0]> | null;
  /** Says who is told of what happens by itself. Resolves once nothing can be missed. To be called once. */
  attach(events: ClusterEvents): Promise<void>;
  /** Leaves: the places of this server's clients are kept for the grace time. Rejects never. */
  close(): Promise<void>;
}

/** Limits per address that hold for all servers together. What the methods do: see `Addresses`. */
export interface SharedAddresses {
  connected(address: string): Promise<'limit' | 'rate' | null>;
  disconnected(address: string): void;
  /** Rejects with {@link RoomsUnavailable} where nobody can tell. */
  join(address: string, nameplate: string | null): Promise<'rate' | 'guesses' | null>;
}

/** What happens by itself. */
export interface ClusterEvents {
  /** Orders that follow from what others did. */
  perform(orders: Order<string>[]): void;
  /** All places of this server's clients are void: they must go, and may come back at once. */
  startedOver(): void;
}
