/** Flips one bit in every byte of every flight. */
import { test } from 'node:test';
import { flipEveryByte } from '../crypto/tamper.ts';

test('a bit flipped in any byte of any flight ends the handshake', () => flipEveryByte(1));
