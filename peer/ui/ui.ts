/**
 * The interface between the program and every user interface. A user interface shows events, and passes on the commands
 * of a person or a script. It makes no decisions about the conversation, and knows neither keys nor networks.
 */
import type { AparteError } from '../../shared/errors.ts';
import type { ChatEvent, UserCommand, Waiting } from '../core/facts-and-orders.ts';

/** The present connection. */
export interface LinkState {
  readonly path: 'direct' | 'relay';
  /** What carries the connection from here to the other side, or to our relay. */
  readonly protocol: 'udp' | 'tcp' | 'tls';
  /** The latest measured round trip in ms, null before the first. */
  readonly rttMs: number | null;
}

/** An open user interface. */
export interface Ui {
  /**
   * Shows an event. Resolves when the event has been written out, so that a message may then be acknowledged. Rejects
   * with `output-closed` where nothing can be shown any more.
   */
  render(event: ChatEvent): Promise<void>;
  /** Shows what the program waits for and how it is connected (null: not connected). */
  waiting(state: Waiting, link: LinkState | null): void;
  /**
   * Resolves when the user has dismissed the screen, after the last event. Immediate, unless the remote side ended the
   * chat or the user is still writing: then it waits for Enter, so that typed text does not reach the shell. Left out:
   * always immediate. Never rejects.
   */
  dismissed?(): Promise<void>;
  /** Writes out what is pending and gives the terminal and the streams back. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** What a user interface tells the program. It calls these never during a call of the {@link Ui} itself. */
export interface UiEvents {
  command(command: UserCommand): void;
  /** No more commands will come. Called once. */
  ended(): void;
  /** The user asked to stop, with Ctrl-C in a terminal in raw mode. */
  interrupted(): void;
  /** Nothing can be shown any more: `output-closed` or `output-failed`. Called once. */
  fault(error: AparteError): void;
}
