/** Asks STUN servers for our public address (RFC 8489, section 6.2). */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import {
  ATTRIBUTE,
  BINDING,
  decodeStun,
  decodeXorAddress,
  encodeStun,
  type SocketAddress,
  stunLength,
  TRANSACTION_BYTES,
} from '../../shared/stun.ts';

/** How long an answer may take, in ms. */
const PATIENCE = 3_000;
/** When a request over UDP is sent, in ms: packets get lost. */
const SENDINGS = [0, 250, 750, 1_500];

/** How a server sees us. */
export interface Mapping {
  readonly mapped: SocketAddress;
  /** From the first request to the first answer, in ms. */
  readonly rttMs: number;
}

function bindingRequest(transaction: Uint8Array): Uint8Array {
  return encodeStun({ method: BINDING, class: 'request', transaction, attributes: [], fingerprint: false });
}

/** The address in the answer to a transaction; null: the bytes are no such answer. */
function mappedIn(bytes: Uint8Array, transaction: Uint8Array): SocketAddress | null {
  const answer = decodeStun(bytes);
  if (answer?.class !== 'success' || Buffer.compare(answer.transaction, transaction) !== 0) return null;
  const attribute = answer.attributes.find(({ type }) => type === ATTRIBUTE.xorMappedAddress);
  return attribute === undefined ? null : decodeXorAddress(attribute.value, transaction);
}

/**
 * Asks servers over UDP, all from one port of ours. `destinations` are IP addresses of one family. The result has null
 * for each destination that did not answer in time.
 */
export async function askUdp(destinations: readonly SocketAddress[]): Promise<(Mapping | null)[]> {
  const [first] = destinations;
  if (first === undefined) return [];
  const socket = createSocket(first.address.includes(':') ? 'udp6' : 'udp4');
  const started = performance.now();
  const timers: ReturnType<typeof setTimeout>[] = [];
  const asked = destinations.map((to) => ({ to, transaction: randomBytes(TRANSACTION_BYTES) }));
  const found = new Map<SocketAddress, Mapping>();
  await new Promise<void>((resolve) => {
    const send = () => {
      for (const { to, transaction } of asked) {
        if (!found.has(to)) socket.send(bindingRequest(transaction), to.port, to.address, () => {});
      }
    };
    socket.on('error', () => resolve());
    socket.on('message', (bytes) => {
      for (const { to, transaction } of asked) {
        const mapped = mappedIn(bytes, transaction);
        if (mapped !== null && !found.has(to)) found.set(to, { mapped, rttMs: performance.now() - started });
      }
      if (found.size === asked.length) resolve();
    });
    socket.bind(0, () => timers.push(...SENDINGS.map((at) => setTimeout(send, at)), setTimeout(resolve, PATIENCE)));
  });
  for (const timer of timers) clearTimeout(timer);
  socket.close();
  return destinations.map((to) => found.get(to) ?? null);
}

/** Asks a server over TCP. Null: it did not answer in time. */
export function askTcp({ address, port }: SocketAddress): Promise<Mapping | null> {
  const started = performance.now();
  const transaction = randomBytes(TRANSACTION_BYTES);
  return new Promise((resolve) => {
    const socket = connect(port, address, () => socket.write(bindingRequest(transaction)));
    const done = (mapped: SocketAddress | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(mapped && { mapped, rttMs: performance.now() - started });
    };
    const timer = setTimeout(done, PATIENCE, null);
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const length = stunLength(received);
      if (length === received.length) done(mappedIn(received, transaction));
      else if (length === null && received.length >= 20) done(null);
    });
    socket.on('error', () => done(null)).on('close', () => done(null));
  });
}
