/**
 * A WebSocket client (RFC 6455) that is so cheap that one core can keep a server busy. It sends prepared frames and trusts
 * the server. For benchmarks only.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** Where to connect to and from. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  /** The loopback address to connect from. Absent: any. */
  readonly from?: string;
}

/** A whole text frame, masked like a client's. It can be sent any number of times. */
export function textFrame(text: string): Buffer {
  return frame(TEXT, Buffer.from(text));
}

/** A whole frame with bytes. */
export function binaryFrame(bytes: Uint8Array): Buffer {
  return frame(BINARY, bytes);
}

function frame(opcode: number, payload: Uint8Array): Buffer {
  const short = payload.length < 126;
  const header = Buffer.alloc(short ? 6 : 8);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (short ? payload.length : 126);
  if (!short) header.writeUInt16BE(payload.length, 2);
  const mask = randomBytes(4);
  mask.copy(header, header.length - 4);
  return Buffer.concat([header, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

/** A connection. Messages go to `onText` and `onBinary`, which its owner sets. */
export class WebSocketClient {
  onText: (text: string) => void = () => {};
  onBinary: (length: number) => void = () => {};
  /** Is called once, when the connection has ended. */
  onEnd: () => void = () => {};
  readonly #socket: Socket;
  #rest: Buffer | null = null;
  #open = false;

  constructor({ host, port, path, from }: Target, onOpen: () => void) {
    this.#socket = connect({ host, port, noDelay: true, ...(from !== undefined && { localAddress: from }) });
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk, onOpen));
    // The end follows.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.onEnd());
  }

  /** Sends prepared frames. */
  send(...frames: readonly Buffer[]): void {
    for (const each of frames) this.#socket.write(each);
  }

  /** Closes like a client that leaves. */
  close(): void {
    this.#socket.end(frame(CLOSE, Uint8Array.of(3, 232)));
  }

  /** Disconnects without a close frame. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer, onOpen: () => void): void {
    let data = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    if (!this.#open) {
      const end = data.indexOf('\r\n\r\n');
      if (end >= 0 && !data.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) return this.destroy();
      if (end >= 0) {
        this.#open = true;
        data = data.subarray(end + 4);
        onOpen();
      }
    }
    while (this.#open && data.length >= 2) {
      const long = ((data[1] ?? 0) & 127) === 126;
      if (long && data.length < 4) break;
      const start = long ? 4 : 2;
      const length = long ? data.readUInt16BE(2) : (data[1] ?? 0) & 127;
      if (data.length < start + length) break;
      this.#take((data[0] ?? 0) & 15, data.subarray(start, start + length));
      data = data.subarray(start + length);
    }
    if (data.length > 0) this.#rest = data;
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === TEXT) this.onText(payload.toString());
    else if (opcode === BINARY) this.onBinary(payload.length);
    else if (opcode === PING) this.send(frame(PONG, payload));
    else if (opcode === CLOSE) this.#socket.end();
  }
}
