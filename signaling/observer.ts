/** What the server reports to metrics and log: counts of events, never an address, nameplate, member or content. */
import { RefusalCode } from '../shared/signal-wire.ts';

/** Every reason to turn somebody away. The codes of the wire keep their meaning; the others are not told to the client. */
export const REFUSAL_CAUSES = [
  ...RefusalCode.options,
  /** A web page from another site asked. */
  'foreign-page',
  /** An address has too many connections open to be told so. */
  'crowded',
  /** The server has all the connections it may have. */
  'full',
  /** The client does not read what it is sent. */
  'slow',
  /** An address named too many rooms that it may have guessed. The client is told `rate`. */
  'guesses',
  /** The client has not sent its request, or has not answered a ping, in time. */
  'silent',
  /** The TLS handshake failed. */
  'tls',
] as const;
/** A reason to turn somebody away. */
export type RefusalCause = (typeof REFUSAL_CAUSES)[number];

/** Receives events as they happen. The methods return at once and never throw. */
export interface ServerObserver {
  /** A client was refused or disconnected. */
  refused(cause: RefusalCause): void;
  /** A room with one member became a room with two. A blind server knows no more of a pairing. */
  paired(): void;
  /** A frame of this many bytes was forwarded. */
  forwarded(bytes: number): void;
}

/** An observer that ignores everything. */
export const NO_OBSERVER: ServerObserver = { refused: () => {}, paired: () => {}, forwarded: () => {} };
