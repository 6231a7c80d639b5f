/** Where the server takes chance from: the system's, which nobody can guess. */
import { randomBytes, randomInt } from 'node:crypto';
import type { Chance } from './memory-rooms.ts';

/** Tokens have 144 bits. */
export const CHANCE: Chance = {
  integer: (below) => randomInt(below),
  token: () => randomBytes(18).toString('base64url'),
};
