/** Pairings of real programs through a server that records all it gets, and what it must not get. */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import type { TestContext } from 'node:test';
import { FLIGHT } from '../../peer/crypto/index.ts';
import { EvilServer } from './evil-server.ts';
import { Program } from './program.ts';

/** Bytes around the sealed part of each frame, and the step to which that part is padded. */
const BUCKETS: Readonly<Record<number, { readonly around: number; readonly step: number }>> = {
  [FLIGHT.proofA]: { around: 1 + 32 + 16, step: 2_048 },
  [FLIGHT.proofB]: { around: 1 + 16, step: 2_048 },
  [FLIGHT.signal]: { around: 1 + 8 + 16, step: 512 },
};
/** Lengths of the flights that hold only keys. */
const FIXED: Readonly<Record<number, number>> = { [FLIGHT.hello]: 1_281, [FLIGHT.reply]: 1_217 };
/** Words of session descriptions and candidates. Shorter words turn up in random bytes. */
const SDP = [
  'm=application',
  'a=setup',
  'ice-ufrag',
  'fingerprint',
  'sha-256',
  'candidate',
  'webrtc',
  ' udp ',
  ' typ ',
];

/** Addresses of this machine that only a candidate could tell. The server is reached at another one. */
function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ internal }) => !internal).map(({ address }) => address);
}

/** Two programs meet, exchange texts and leave. */
async function pairing(t: TestContext, server: EvilServer, nameplate: string): Promise<void> {
  const code = `${nameplate}-velvet-orchid`;
  const ann = new Program(t, { server: server.url, code, name: 'Annabel' });
  const ben = new Program(t, { server: server.url, code, name: 'Benedict' });
  ann.say('the treasure is under the oak');
  ben.say('the oak was felled');
  await Promise.all([ann.event('message'), ben.event('message')]);
  await Promise.all([ann.event('delivered'), ben.event('delivered')]);
  assert.deepEqual([await ann.quit(), await ben.exit], [0, 0]);
}

/** Asserts that in so many pairings the server saw nameplates, sizes and times, and nothing else. */
export async function assertBlind(t: TestContext, pairings: number): Promise<void> {
  const server = await EvilServer.start(t);
  for (let index = 0; index < pairings; index++) await pairing(t, server, `room${index}`);
  assert.equal(server.guests.length, 2 * pairings);
  const seen = Buffer.concat(server.captured).toString('latin1');
  // These must be found, or the search itself is broken.
  assert.ok(seen.includes('room0'));
  const hello = server.guests.flatMap(({ sent }) => sent.of(FLIGHT.hello))[0] ?? assert.fail();
  assert.ok(seen.includes(Buffer.from(hello).toString('latin1')));
  const words = ['velvet', 'orchid', 'Annabel', 'Benedict', 'treasure', 'felled', ...SDP, ...addresses()];
  const lower = seen.toLowerCase();
  assert.deepEqual(
    words.filter((word) => lower.includes(word.toLowerCase())),
    [],
  );
  for (const frame of server.guests.flatMap(({ sent }) => sent.all)) assertLength(frame);
}

function assertLength(frame: Uint8Array): void {
  const [type = 0] = frame;
  const bucket = BUCKETS[type];
  const context = `a frame of type ${type} with ${frame.length} bytes`;
  if (bucket === undefined) assert.equal(frame.length, FIXED[type], context);
  else assert.ok(frame.length > bucket.around && (frame.length - bucket.around) % bucket.step === 0, context);
}
