/** A program that joins at a URL and leaves, at an event or at once. It must then end by itself. */
import { setImmediate } from 'node:timers/promises';
import { Guest } from './guest.ts';

const [, , url = '', when = ''] = process.argv;
const guest = new Guest(url, 'team', 1);
if (when === 'at once') await setImmediate();
else await guest.heard(when);
await guest.rendezvous.leave();
console.log('left');
// By then only the server can be what keeps the process alive.
setTimeout(() => process.exit(1), 5_000).unref();
