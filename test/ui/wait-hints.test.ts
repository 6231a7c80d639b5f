import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatEvent, Waiting } from '../../peer/core/facts-and-orders.ts';
import { WaitHints } from '../../peer/ui/wait-hints.ts';

const READY: ChatEvent = { type: 'ready', version: '1', server: 'https://meet.example.org', name: 'ben' };
const CODE: ChatEvent = { type: 'code', code: '7-a-b', invite: null };
const CONNECTED: ChatEvent = {
  type: 'peer',
  peer: 'p',
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
/** A name, whether the program receives, the steps, and the hint 30 s after them. */
const CASES: readonly (readonly [string, boolean, readonly Step[], RegExp | null])[] = [
  ['nobody under a code that was given', false, [READY, wait('peer')], /A code works once/],
  ...['http://localhost:7470', 'http://127.0.0.1', 'http://[::1]:80'].map(
    (server) =>
      [
        `nobody at ${server}`,
        false,
        [{ ...READY, server }, wait('peer')],
        /only reaches programs on this computer.*--lan, --manual/,
      ] as const,
  ),
  ['a code that was made', false, [READY, wait('peer'), CODE], null],
  ['no server', false, [{ ...READY, server: null }, wait('peer')], null],
  ['a program that is gone', false, [READY, CONNECTED, wait('reconnect')], /Then leave, and meet with a new code/],
  ['one that is paired again by hand', false, [{ type: 'invite', blob: 'x' }, wait('reconnect')], null],
  ['two that receive', true, [READY, wait('path'), CONNECTED, wait(null)], /receiving, too\?/],
  ['a chat', false, [READY, CONNECTED, wait(null)], null],
  ['a text that has come', true, [READY, CONNECTED, wait(null), TEXT, CONNECTED], null],
];

for (const [name, receives, steps, hint] of CASES) {
  test(`gives one hint in a long wait, or none: ${name}`, (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const said: string[] = [];
    const hints = new WaitHints((sentence) => said.push(sentence), receives);
    const take = (step: Step) => ('for' in step ? hints.waiting(step) : hints.event(step));
    for (const step of steps) take(step);
    t.mock.timers.tick(29_999);
    assert.deepEqual(said, []);
    // The hint is given once, however often the wait comes back.
    for (let round = 0; round < 3; round += 1) {
      t.mock.timers.tick(30_001);
      hints.waiting(wait('path'));
      for (const step of steps.slice(1)) take(step);
    }
    assert.equal(said.length, hint === null ? 0 : 1);
    assert.match(said[0] ?? '', hint ?? /^$/);
  });
}
