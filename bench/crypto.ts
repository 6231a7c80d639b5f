/** Measures the cryptography alone, both sides together in one process. */
import { equal } from 'node:assert/strict';
import type { HandshakeInputs, RatchetChannel } from '../peer/crypto/index.ts';
import { codeSecret, Identity, Initiator, MAX_PLAIN, Responder, ready, systemRandom } from '../peer/crypto/index.ts';
import { encodeCard } from '../shared/card.ts';
import { VERSIONS } from '../shared/limits.ts';
import type { Result } from './measure.ts';
import { spread } from './measure.ts';

const SMALL = new Uint8Array(64);
const FRAMES = 200;
/** A time (ms) at which every kind of ratchet step is due. */
const LATER = 60_000;

/** Measures a whole handshake, sealing and opening data frames, and one ratchet step. */
export async function cryptoCosts(runs: number): Promise<Result[]> {
  await ready();
  const handshakes: number[] = [];
  const small: number[] = [];
  const large: number[] = [];
  const steps: number[] = [];
  for (let run = -1; run < runs; run++) {
    const start = performance.now();
    const [a, b] = handshake();
    const handshaken = performance.now() - start;
    const stepped = timeStep(a, b);
    const [sealedSmall, sealedLarge] = [timeFrames(a, b, SMALL), timeFrames(a, b, new Uint8Array(MAX_PLAIN))];
    a.wipe();
    b.wipe();
    if (run < 0) continue;
    handshakes.push(handshaken * 1000);
    steps.push(stepped * 1000);
    small.push((sealedSmall * 1000) / FRAMES);
    large.push((sealedLarge * 1000) / FRAMES);
  }
  return [
    { name: 'handshake, both sides', unit: 'µs', ours: spread(handshakes) },
    { name: 'ratchet step made and taken', unit: 'µs', ours: spread(steps) },
    { name: `${SMALL.length} bytes sealed and opened`, unit: 'µs', ours: spread(small) },
    { name: `${MAX_PLAIN} bytes sealed and opened`, unit: 'µs', ours: spread(large) },
  ];
}

function handshake(): [RatchetChannel, RatchetChannel] {
  const card = (): Uint8Array => encodeCard({ versions: VERSIONS, nonce: systemRandom(16) });
  const inputs: HandshakeInputs = {
    mode: 'code',
    nameplate: '7',
    secret: codeSecret('ocean-violin'),
    context: new Uint8Array(0),
    cardA: card(),
    cardB: card(),
  };
  const a = new Initiator(inputs, Identity.generate(systemRandom), systemRandom);
  const b = new Responder(inputs, Identity.generate(systemRandom), systemRandom);
  a.gotReply(b.gotHello(a.hello));
  b.gotProof(a.prove(claims('one')));
  a.gotProof(b.prove(claims('other')));
  const channels: [RatchetChannel, RatchetChannel] = [a.channel(), b.channel()];
  a.wipe();
  b.wipe();
  return channels;
}

function claims(name: string): Parameters<Initiator['prove']>[0] {
  return { name, description: 'v=0\r\n'.repeat(200), capabilities: new Uint8Array(0), cursor: 0 };
}

function timeFrames(a: RatchetChannel, b: RatchetChannel, plain: Uint8Array): number {
  const start = performance.now();
  for (let count = 0; count < FRAMES; count++) equal(b.open(a.seal(plain), 0)?.length, plain.length);
  return performance.now() - start;
}

/** Times a step with X25519 alone. The steps with ML-KEM, one in twenty seconds, are not measured. */
function timeStep(a: RatchetChannel, b: RatchetChannel): number {
  const start = performance.now();
  const step = a.step(LATER, true);
  if (step === null) throw new Error('no step was due');
  b.open(step, LATER);
  return performance.now() - start;
}
