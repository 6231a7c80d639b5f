/** Reconnecting by ticket, whatever goes wrong. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ready } from '../../peer/crypto/index.ts';
import { DISTURBANCES, disturb } from './cut-reconnects.ts';
import { hostileRuns } from './hostile-links.ts';

before(ready);

for (const disturbance of DISTURBANCES) {
  test(`row 21: reconnects and shows each message once, with ${disturbance} at each point of the reconnect`, () => {
    let at = 0;
    while (disturb(new Map([[at, disturbance]]), at % 2 === 0)) at += 1;
    assert.ok(at >= 10, 'a reconnect has four flights and the first frames of both sides');
  });
}

test('row 17: names whatever a link does, and shows no message that is wrong, repeated or out of order', () => {
  hostileRuns(0, 50);
});
