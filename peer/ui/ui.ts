/**
 * What every user interface is to the program that runs it: something that shows events and hands on what a person or a
 * script wants. It decides nothing about the conversation, and knows neither keys nor networks.
 */
import type { AparteError } from '../../shared/errors.ts';
import type { ChatEvent, UserCommand, Waiting } from '../core/facts-and-orders.ts';

/** How we are connected just now. */
export interface LinkState {
  readonly path: 'direct' | 'relay';
  /** What carries it from here: to the other side, or to our relay. */
  readonly protocol: 'udp' | 'tcp' | 'tls';
  /** Last measured round trip in ms, null before the first. */
  readonly rttMs: number | null;
}

/** A user interface that is open. */
export interface Ui {
  /**
   * Shows an event. Resolves once it has been written out, so that a message may then be acknowledged. Rejects with
   * `output-closed` where it cannot be shown any more.
   */
  show(event: ChatEvent): Promise<void>;
  /** Says what is waited for, and by which path we are connected (null: not connected). */
  waiting(state: Waiting, link: LinkState | null): void;
  /**
   * Resolves once the user is done with it, behind the last event: at once, save where a conversation has ended that he
   * did not end, or he is writing what can no longer be sent: what he types would go to a shell. Not there: at once.
   * Never rejects.
   */
  dismissed?(): Promise<void>;
  /** Writes out what is pending and gives terminal and streams back. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** What a user interface tells the program. Never called during a call of the {@link Ui} itself. */
export interface UiEvents {
  command(command: UserCommand): void;
  /** No more commands will come. Said once. */
  ended(): void;
  /** The user asked to stop (Ctrl-C where the terminal is in raw mode). */
  interrupted(): void;
  /** Nothing can be shown any more: `output-closed`, `output-failed`. Said once. */
  fault(error: AparteError): void;
}
