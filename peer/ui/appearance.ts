/** How text looks: colours, where the user wants them, and signs that the locale can show. */

/** What the terminal can show and its user wants. */
export interface Appearance {
  /** False under NO_COLOR, `--no-color`, and where the output is no terminal. */
  readonly colour: boolean;
  /** Whether the locale uses UTF-8, see {@link usesUtf8}. It concerns our own signs only, not what people write. */
  readonly unicode: boolean;
}

/** How a piece of text stands out; a number is one of the {@link NAME_TONES} colours of names. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'alarm' | number;

/** How many colours there are for names. */
export const NAME_TONES = 6;

// SGR parameters, ECMA-48 section 8.3.117. Red is for alarms only.
const NAME_COLOURS = ['36', '33', '35', '34', '32', '96'];

/** The text in its tone, or as it is where colours are off. */
export function paint(text: string, tone: Tone, { colour }: Appearance): string {
  if (!colour || tone === 'plain' || text === '') return text;
  if (tone === 'dim' || tone === 'strong') return `\x1b[${tone === 'dim' ? '2' : '1'}m${text}\x1b[22m`;
  if (tone === 'alarm') return `\x1b[1;31m${text}\x1b[0m`;
  return `\x1b[${tone === 'good' ? '32' : NAME_COLOURS[tone % NAME_TONES]}m${text}\x1b[39m`;
}

const UNICODE_SIGNS = { tick: '✓', dash: '—', dot: '·', ellipsis: '…' };
const ASCII_SIGNS = { tick: '[ok]', dash: '--', dot: '|', ellipsis: '...' };

/** Our own signs, as the locale can show them. */
export function signs({ unicode }: Appearance): typeof UNICODE_SIGNS {
  return unicode ? UNICODE_SIGNS : ASCII_SIGNS;
}

/** Whether a locale as in `LC_ALL`, `LC_CTYPE` or `LANG` uses UTF-8. */
export function usesUtf8(locale: string | undefined): boolean {
  return /utf-?8/i.test(locale ?? '');
}
