/** The words for people, in the language that is in use. */
import * as english from './english/index.ts';

/** What the folder of a language exports. */
export type Words = {
  readonly [Name in keyof typeof english]: (typeof english)[Name] extends string ? string : (typeof english)[Name];
};

/** The words in use. */
export const words: Words = english;
