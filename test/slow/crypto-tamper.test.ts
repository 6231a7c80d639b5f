/** Every byte of every flight, flipped. */
import { test } from 'node:test';
import { flipEveryByte } from '../crypto/tamper.ts';

test('a bit flipped in any byte of any flight ends the attempt', () => flipEveryByte(1));
