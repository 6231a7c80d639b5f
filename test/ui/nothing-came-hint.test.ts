import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatEvent, Waiting } from '../../peer/core/facts-and-orders.ts';
import { NothingCameHint } from '../../peer/ui/nothing-came-hint.ts';

const CONNECTED: ChatEvent = {
  type: 'peer',
  peer: 'p',
  id: 'AAAA',
  name: 'ann',
  status: 'connected',
  path: 'direct',
  protocol: 'udp',
  rtt: null,
  trust: 'new',
  safety: null,
};
const TEXT: ChatEvent = { type: 'message', id: '1', peer: 'p', name: 'ann', text: 'x', at: '' };
const wait = (what: Waiting['for']): Waiting => ({ for: what, since: 0, until: null });

type Step = ChatEvent | Waiting;
/** A name, the steps, and whether the user is told 30 s after them. */
const CASES: readonly (readonly [string, readonly Step[], boolean])[] = [
  ['says once that nothing came where two receive', [wait('path'), CONNECTED, wait(null)], true],
  ['says nothing before the two are connected', [wait('peer')], false],
  ['says nothing after a text has come', [CONNECTED, wait(null), TEXT, CONNECTED], false],
];

for (const [name, steps, isTold] of CASES) {
  test(name, (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const said: string[] = [];
    const hint = new NothingCameHint((sentence) => said.push(sentence));
    const take = (step: Step) => ('for' in step ? hint.waiting(step) : hint.event(step));
    for (const step of steps) take(step);
    t.mock.timers.tick(29_999);
    assert.deepEqual(said, []);
    for (let round = 0; round < 3; round += 1) {
      t.mock.timers.tick(30_001);
      hint.waiting(wait('path'));
      for (const step of steps) take(step);
    }
    assert.equal(said.length, isTold ? 1 : 0);
    assert.match(said[0] ?? '', isTold ? /receiving, too\?/ : /^$/);
  });
}
