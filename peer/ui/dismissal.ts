/** The end of a chat in a terminal that the user did not ask for: what he types next must not go to a shell. */

/** How long keys are still read, in ms, before the terminal is given back: what is typed at the end is for no shell. */
const LAST_KEYS = 60;

/** Said while the chat stays open behind its end. */
export const OVER = 'The chat is over, nothing more is sent. Enter closes.';

/** Reasons of an end that the user asked for. */
const OWN_ENDS: readonly string[] = ['left', 'interrupted'];

/** Whether a chat that ends for this reason ends without the user having asked for it. */
export function isSurprise(reason: string): boolean {
  return !OWN_ENDS.includes(reason);
}

/** Resolves once what was typed at the end has come. */
export function lastKeys(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LAST_KEYS));
}
