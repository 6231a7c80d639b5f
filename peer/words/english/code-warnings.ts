/** English: what is said about a code before it is used. One row of the screen each. */

const EXAMPLE = 'A code looks like 7-ocean-violin.';

/** The question behind a warning. */
export const USE_ANYWAY = 'Use this code anyway?';

/** The number in front seems to be missing. */
export function numberMissing(nameplate: string, secret: string): string[] {
  return [`WARNING: is the number missing? The server sees "${nameplate}", and only "${secret}" is secret.`, EXAMPLE];
}

/** The dash behind the number seems to be missing. `meant` is null where nobody but the user may read it. */
export function dashMissing(meant: string | null): string[] {
  return [
    'WARNING: is a dash missing? The server sees everything before the first dash.',
    meant === null ? EXAMPLE : `Did you mean ${meant}?`,
  ];
}

/** The code seems to be cut short. */
export function endMissing(): string[] {
  return ['WARNING: is the end missing? A single word after the number is quickly guessed.', EXAMPLE];
}

/** The code holds another code. `meant` is null where nobody but the user may read it. */
export function moreThanCode(meant: string | null): string[] {
  return [
    'WARNING: this looks like a code with other text around it.',
    meant === null ? EXAMPLE : `Did you mean ${meant}?`,
  ];
}

/** Words of the code that are not in the list, each with the word that may be meant. Null: not to be named. */
export function unknownWords(
  words: readonly { readonly word: string; readonly near: string | null }[] | null,
): string[] {
  if (words === null) return ['WARNING: not all words of the code are in the list of code words. Is one mistyped?'];
  return words.map(({ word, near }) => {
    const question = near === null ? '' : ` Did you mean ${near}?`;
    return `WARNING: "${word}" is not in the list of code words.${question}`;
  });
}

/** The secret is easy to guess. */
export function weakSecret(bits: number): string {
  return `warning: this secret is weak (about ${bits} bits). Whoever guesses it at the first try is let in.`;
}

/** Characters were left out of the code. */
export function droppedCharacters(characters: readonly string[]): string {
  return `note: left out of the code: ${characters.map(nameOf).join(' and ')}`;
}

function nameOf(character: string): string {
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  const point = character.codePointAt(0) ?? 0;
  return `an invisible character (U+${point.toString(16).toUpperCase().padStart(4, '0')})`;
}
