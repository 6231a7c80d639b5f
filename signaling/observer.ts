/**
 * What the server tells of itself, for metrics and logs. It counts things that happen, never people: no address, no
 * nameplate, no member, nothing that was sent.
 */
import type { RefusalCode } from '../shared/signal-wire.ts';

/**
 * Why something or somebody was turned away. The words of the wire mean what they mean there; the others are told to
 * nobody, as whoever they are about cannot be told, or had better not be.
 */
export type RefusalCause =
  | RefusalCode
  /** A web page from elsewhere asked. */
  | 'foreign-page'
  /** One address has too much open to be told so. */
  | 'crowded'
  /** The server has all the connections it may have. */
  | 'full'
  /** It does not read what it is sent. */
  | 'slow'
  /** One address named too many rooms that it may have guessed; told as `rate`. */
  | 'guesses'
  /** It has not sent its request, or answered a ping, in time. */
  | 'silent'
  /** Its TLS handshake failed. */
  | 'tls';

/** Is told what happens, as it happens. Its methods return at once and never throw. */
export interface ServerObserver {
  /** Somebody was refused, or dropped. */
  refused(cause: RefusalCause): void;
  /** A room with one member became a room with two: what a server that sees nothing else can know of a pairing. */
  met(): void;
  /** A frame was handed on, of so many bytes. */
  forwarded(bytes: number): void;
}

/** Nobody listens. */
export const UNOBSERVED: ServerObserver = { refused: () => {}, met: () => {}, forwarded: () => {} };

/** Tells `one`, if there is one, all that happens, and `refused` of refusals. */
export function alsoRefused(one: ServerObserver | null, refused: (cause: RefusalCause) => void): ServerObserver {
  return {
    ...(one ?? UNOBSERVED),
    refused: (cause) => {
      one?.refused(cause);
      refused(cause);
    },
  };
}
