/** Meeting again by ticket, with whatever goes wrong on the way. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ready } from '../../peer/crypto/index.ts';
import { DISTURBANCES, disturb } from './cut-reconnects.ts';
import { hostileRuns } from './hostile-links.ts';

before(ready);

for (const disturbance of DISTURBANCES) {
  test(`row 21: ${disturbance} at each point of a reconnect: both meet again, each message is shown once`, () => {
    let at = 0;
    while (disturb(new Map([[at, disturbance]]), at % 2 === 0)) at += 1;
    assert.ok(at >= 10, 'a reconnect has four flights and the first frames of both sides');
  });
}

test('row 17: whatever a link does is named, and never a message shown that is wrong, twice or out of order', () => {
  hostileRuns(0, 50);
});
