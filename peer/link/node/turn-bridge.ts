/**
 * A TURN server as a UDP port on this machine: passes datagrams on to the server over UDP, TCP or TLS. libjuice speaks
 * TURN over UDP only, and with its socket bound to the loopback device it can reach nothing but the relay.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, isIP, isIPv6, type Socket as TcpSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { decodeStun, decodeXorAddress, STUN_HEADER, STUN_PORT } from '../../../shared/stun.ts';

/** The port of TURN over TLS unless told otherwise (RFC 8656, section 3.1). */
const TLS_PORT = 5349;
/** The Allocate method, and the attribute with the relayed address (RFC 8656, sections 17 and 18). */
const ALLOCATE = 3;
const XOR_RELAYED_ADDRESS = 0x0016;
const XOR_MAPPED_ADDRESS = 0x0020;
/** Bytes in front of the data of a ChannelData message, which is padded to 4 over TCP (RFC 8656, section 12.5). */
const CHANNEL_HEADER = 4;
/** Bytes that may wait for the server; more are dropped, as by any network. */
const MAX_WAITING = 1_048_576;
/** Datagrams that may wait until the server's name is looked up. libjuice sends a few. */
const MAX_QUEUED = 64;
/** Addresses of each kind that a server may give us; messages with more are dropped. An honest one gives one of each. */
const MAX_ADDRESSES = 8;

/** How the relay is spoken to. */
export type TurnProtocol = 'udp' | 'tcp' | 'tls';

/** A TURN server, taken apart from its URI. */
export interface TurnServer {
  readonly host: string;
  readonly port: number;
  readonly protocol: TurnProtocol;
}

/** Reads `turn:` and `turns:` URIs (RFC 7065). Null for TURN over DTLS, and for what is no such URI. */
export function parseTurnUrl(url: string): TurnServer | null {
  const match = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/.exec(url);
  if (match === null) return null;
  const [, scheme, host = '', port, transport] = match;
  const isSecure = scheme === 'turns';
  if (isSecure && transport === 'udp') return null;
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? (isSecure ? TLS_PORT : STUN_PORT) : Number(port),
    protocol: isSecure ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp',
  };
}

/** One TURN server's port on the loopback device, for one connection. */
export class TurnBridge {
  readonly protocol: TurnProtocol;
  readonly #inner: Socket;
  readonly #send: (datagram: Uint8Array) => void;
  readonly #closeOuter: () => void;
  /** Where the one client sends from; others are not served. */
  #client: number | null = null;
  /** Addresses, as `ADDRESS PORT`, that the server gave us, and that it saw us at. */
  readonly #relayed = new Set<string>();
  readonly #mapped = new Set<string>();

  private constructor(server: TurnServer, inner: Socket) {
    this.protocol = server.protocol;
    this.#inner = inner;
    const outer = server.protocol === 'udp' ? overUdp : overStream;
    const { send, close } = outer(server, (datagram) => this.#toClient(datagram));
    this.#send = send;
    this.#closeOuter = close;
    const own = inner.address().address;
    inner.on('message', (datagram, { address, port }) => {
      // Another program may send from the same port of another loopback address.
      if (address !== own) return;
      this.#client ??= port;
      if (port === this.#client) this.#send(datagram);
    });
  }

  /** Opens the port on a loopback address; the server is connected to at once. Rejects where no socket is to be had. */
  static async open(server: TurnServer, address: string): Promise<TurnBridge> {
    const inner = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      inner.once('error', reject);
      inner.bind(0, address, resolve);
    });
    inner.removeAllListeners('error').on('error', () => undefined);
    return new TurnBridge(server, inner);
  }

  get port(): number {
    return this.#inner.address().port;
  }

  /** Whether the server gave us this address to be reached at. */
  relays(address: string, port: number): boolean {
    return this.#relayed.has(`${address} ${port}`);
  }

  /** Whether this is the address of the bridge, as the server sees it: nobody reaches the connection there. */
  isMapped(address: string, port: number): boolean {
    return this.#mapped.has(`${address} ${port}`);
  }

  close(): void {
    this.#closeOuter();
    this.#inner.close();
  }

  #toClient(datagram: Uint8Array): void {
    if (!this.#takesAddresses(datagram) || this.#client === null) return;
    this.#inner.send(datagram, this.#client, this.#inner.address().address);
  }

  /** Remembers the addresses in a message of the server. Returns false where there are too many. */
  #takesAddresses(datagram: Uint8Array): boolean {
    const message = decodeStun(datagram);
    if (message?.method !== ALLOCATE || message.class !== 'success') return true;
    for (const { type, value } of message.attributes) {
      const known = type === XOR_RELAYED_ADDRESS ? this.#relayed : type === XOR_MAPPED_ADDRESS ? this.#mapped : null;
      const found = known === null ? null : decodeXorAddress(value, message.transaction);
      if (known === null || found === null) continue;
      known.add(`${found.address} ${found.port}`);
      if (known.size <= MAX_ADDRESSES) continue;
      known.delete(`${found.address} ${found.port}`);
      return false;
    }
    return true;
  }
}

interface Outer {
  readonly send: (datagram: Uint8Array) => void;
  readonly close: () => void;
}

function overUdp({ host, port }: TurnServer, received: (datagram: Uint8Array) => void): Outer {
  let socket: Socket | null = null;
  let isClosed = false;
  const waiting: Uint8Array[] = [];
  const start = async () => {
    const { address } = await lookup(host);
    if (isClosed) return;
    socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.on('message', received).on('error', () => undefined);
    socket.connect(port, address, () => {
      for (const datagram of waiting.splice(0)) socket?.send(datagram);
    });
  };
  // Where the name leads nowhere, nothing answers, and ICE says so in time.
  start().catch(() => undefined);
  return {
    send: (datagram) => {
      if (isClosed) return;
      try {
        socket?.remoteAddress();
        if (socket !== null) return socket.send(datagram);
      } catch {
        // Not connected yet.
      }
      if (waiting.length < MAX_QUEUED) waiting.push(datagram);
    },
    close: () => {
      isClosed = true;
      socket?.close();
    },
  };
}

function overStream({ host, port, protocol }: TurnServer, received: (datagram: Uint8Array) => void): Outer {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket: TcpSocket =
    protocol === 'tls' ? connectTls({ host, port, ...servername }) : connect({ host, port, noDelay: true });
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (let size = frameSize(rest); size !== null && size.padded <= rest.length; size = frameSize(rest)) {
      received(rest.subarray(0, size.bytes));
      rest = rest.subarray(size.padded);
    }
  });
  return {
    send: (datagram) => {
      if (socket.destroyed || socket.writableLength > MAX_WAITING) return;
      const padding = -datagram.length & 3;
      socket.write(padding === 0 ? datagram : Buffer.concat([datagram, Buffer.alloc(padding)]));
    },
    close: () => socket.destroy(),
  };
}

/** How long the message is that begins here, without and with its padding; null where too little is there to tell. */
function frameSize(bytes: Buffer): { readonly bytes: number; readonly padded: number } | null {
  if (bytes.length < CHANNEL_HEADER) return null;
  const isChannelData = (bytes.readUInt8(0) & 0xc0) === 0x40;
  const length = bytes.readUInt16BE(2) + (isChannelData ? CHANNEL_HEADER : STUN_HEADER);
  return { bytes: length, padded: (length + 3) & ~3 };
}
