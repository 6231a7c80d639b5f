/** English: the commands of a chat. */

/** The commands' usage and what they do, in the order of the list. */
export const COMMAND_HELP: readonly (readonly [usage: string, help: string])[] = [
  ['/help', 'list the commands'],
  ['/peers', 'show who is here and how they are connected'],
  ['/code', 'show the code again'],
  ['/verify [NAME]', 'show the safety number, to compare it'],
  ['/verify [NAME] yes', 'say that you compared it and it is the same'],
  ['/quit', 'say goodbye and leave'],
];

/** Stands before the list. */
export const COMMANDS = 'Commands:';

/** A command with arguments that make no sense. */
export const usageOf = (command: string): string => `This command was not understood. Usage: ${command}`;

/** A command that does not exist. `near`: one with a similar name, null for none. Both without the `/`. */
export function noSuchCommand(name: string, near: string | null): string {
  const advice = near === null ? 'Type /help for the list.' : `Did you mean /${near}?`;
  return `There is no command /${name}. ${advice} Nothing was sent. To send a line that begins with /, begin it with //.`;
}
