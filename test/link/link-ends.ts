/** link-ends.ts wrtc|node-datachannel: a program that opens a pair of links and a lone one, closes them, and is done. */
import { IMPLEMENTATIONS, openPair, record } from './link-pair.ts';

const rtc = IMPLEMENTATIONS[process.argv[2] === 'wrtc' ? 'wrtc' : 'node-datachannel'];

const lone = record(rtc, true);
await lone.description();
const { a, b } = await openPair(rtc);
lone.link.close();
a.link.close();
await b.until(() => b.closings.length > 0);
console.log('closed');
// What still keeps the process alive by then is a timer of seconds, or something for ever.
setTimeout(() => process.exit(1), 3_000).unref();
