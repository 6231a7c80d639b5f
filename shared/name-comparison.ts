/** Names people give themselves: labels, of which two that look the same count as the same. */

// All that is white space to Unicode, and the braille pattern without dots, which is as blank.
const BLANKS = /[\s\u2800]+/gu;
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu;
const CONTROLS = /\p{Cc}+/gu;

/** A name on one line: nothing blank around it, single spaces within. Empty where it is all blank. */
export function tidyName(name: string): string {
  return name.replace(BLANKS, ' ').trim();
}

/**
 * What two names must share to count as the same: less all that is invisible or blank, in the form NFKC
 * (Unicode, UAX #15) and in lower case. For comparing only.
 */
export function foldedName(name: string): string {
  const seen = name.normalize('NFKC').replace(INVISIBLE, '').replace(BLANKS, ' ').replace(CONTROLS, '');
  return tidyName(seen.toLowerCase().normalize('NFKC'));
}
