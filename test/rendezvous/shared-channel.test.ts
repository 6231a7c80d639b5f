/** The channel of manual pairing limits what the other side may send before the handshake is done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkEvents } from '../../peer/link/link.ts';
import { SharedChannel } from '../../peer/rendezvous/manual/shared-channel.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';

test('closes the channel at 1 MiB of session frames before the handshake is done, short frames counted as 128 bytes', () => {
  for (const length of [1, 128, 16_384]) {
    let link: LinkEvents | null = null;
    const closed: ErrorDetail[] = [];
    const nothing = () => {};
    const open = (_initiator: boolean, events: LinkEvents) => {
      link = events;
      return { signal: nothing, send: nothing, close: nothing };
    };
    const events = { ready: nothing, opened: nothing, flight: nothing, closed: (why: ErrorDetail) => closed.push(why) };
    void new SharedChannel(open, true, 3_000, events);
    const most = 1_048_576 / Math.max(128, length);
    for (let count = 0; count < most; count += 1) (link as LinkEvents | null)?.frame(new Uint8Array(length).fill(16));
    assert.deepEqual(closed, []);
    (link as LinkEvents | null)?.frame(Uint8Array.of(16));
    assert.deepEqual(closed, [{ key: 'too-much-early' }]);
  }
});
