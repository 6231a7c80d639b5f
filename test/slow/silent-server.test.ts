/** A server that takes connections and says nothing is given up after a while, and tried again. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { allLeave, Guest } from '../rendezvous/guest.ts';
import { endAll, listen, OPENING, rawWebSocket } from '../rendezvous/lines.ts';

after(async () => {
  await allLeave();
  await endAll();
});

const SILENT = {
  'from the start': () => listen(createServer()),
  'once it has opened': () => rawWebSocket([OPENING]),
  'once we are connected': () => rawWebSocket([OPENING, '40{"sid":"x"}']),
};

for (const [when, port] of Object.entries(SILENT)) {
  test(`silence is noticed: ${when}`, async () => {
    const guest = new Guest(`http://127.0.0.1:${await port()}`, 'team', 1);
    await guest.heard('lost', 1, 20_000);
    assert.equal(guest.causes[0]?.code, 'server-unreachable');
    assert.match(guest.causes[0]?.message ?? '', /no answer in time/);
  });
}
