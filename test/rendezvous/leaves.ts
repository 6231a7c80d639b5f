/** A program that meets at a URL, leaves when told something, or at once, and is done. */
import { setImmediate } from 'node:timers/promises';
import { Guest } from './guest.ts';

const [, , url = '', when = ''] = process.argv;
const guest = new Guest(url, 'team', 1);
if (when === 'at once') await setImmediate();
else await guest.heard(when);
await guest.rendezvous.leave();
console.log('left');
// What still keeps the process alive by then is the server.
setTimeout(() => process.exit(1), 5_000).unref();
