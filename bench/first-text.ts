/** P1: from starting two programs to the delivered text, against a bare Socket.IO client script. */

import { APARTE } from '../test/process.ts';
import type { Homes } from './homes.ts';
import type { Result } from './measure.ts';
import { alternate, compare } from './measure.ts';
import { BASELINE, node, startServer } from './program.ts';

const TEXT = 'The quick brown fox jumps over the lazy dog.';

/**
 * Measures the time from starting sender and receiver together until the receiver prints the text. Both servers already
 * run. The bare script is measured with Socket.IO's defaults, as people write it, and with WebSocket alone.
 */
export async function firstText(runs: number, homes: Homes): Promise<Result[]> {
  const ours = await startServer(APARTE, 'signal', '--port', '0', '--limits', 'off');
  const bare = await startServer(`${BASELINE}relay-server.js`);
  let meetings = 0;
  const relay = (...transport: string[]) => {
    const room = `bench-${meetings++}`;
    return delivery(
      [`${BASELINE}relay-receive.js`, bare.url, room, ...transport],
      [`${BASELINE}relay-send.js`, bare.url, room, TEXT, ...transport],
    );
  };
  const aparte = () => {
    const where = [`bench${meetings++}-ocean-violin`, '--server', ours.url, '--data'];
    return delivery([APARTE, 'receive', ...where, homes.one], [APARTE, 'send', '--text', TEXT, ...where, homes.other]);
  };
  try {
    const [sealed, byDefault, socket] = await alternate(
      runs,
      aparte,
      () => relay(),
      () => relay('websocket'),
    );
    return [
      {
        name: 'P1 start of two programs to delivered text',
        unit: 'ms',
        ...compare('bare socket.io script', sealed ?? [], byDefault ?? []),
        limit: 1,
      },
      {
        name: '   against a script with WebSocket alone',
        unit: 'ms',
        ...compare('bare, WebSocket alone', sealed ?? [], socket ?? []),
      },
    ];
  } finally {
    await Promise.all([ours.stop(), bare.stop()]);
  }
}

async function delivery(receive: readonly string[], send: readonly string[]): Promise<number> {
  const start = performance.now();
  const receiver = node(...receive);
  const sender = node(...send);
  await receiver.line((line) => line === TEXT);
  const time = performance.now() - start;
  await Promise.all([receiver.exits(0), sender.exits(0)]);
  return time;
}
