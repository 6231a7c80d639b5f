/**
 * A WebSocket client (RFC 6455) that costs so little that one core of it can keep a server busy: it sends frames made
 * beforehand, and takes servers at their word. For measuring only.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** Where to connect, and from where. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  /** A loopback address to call from; left out: any. */
  readonly from?: string;
}

/** A whole frame with a text, masked as a client's must be. Can be sent as often as wanted. */
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

/** A connection. What comes in goes to `onText` and `onBinary`; whoever opens it sets them. */
export class WebSocketClient {
  onText: (text: string) => void = () => {};
  onBinary: (length: number) => void = () => {};
  /** Called once, when the connection has ended, however. */
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
    // An end follows.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.onEnd());
  }

  /** Sends frames that are made already. */
  send(...frames: readonly Buffer[]): void {
    for (const each of frames) this.#socket.write(each);
  }

  /** Hangs up as a client that leaves. */
  close(): void {
    this.#socket.end(frame(CLOSE, Uint8Array.of(3, 232)));
  }

  /** Is gone without a word. */
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
