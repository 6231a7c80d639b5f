/**
 * A codec for STUN messages (RFC 8489), as far as a program needs them to learn its own public address. It uses no
 * socket and authenticates nothing.
 */
import { concat } from './bytes.ts';

/** The default port of STUN and TURN (RFC 8489, section 8.1). */
export const STUN_PORT = 3478;
/** Bytes of a message, at most: the least MTU of IPv6, which is more than any message needs (RFC 8489, section 6.1). */
export const MAX_STUN_MESSAGE = 1_280;
/** Bytes before the attributes. */
export const STUN_HEADER = 20;
/** Bytes of a transaction id. */
export const TRANSACTION_BYTES = 12;
/** The method that asks for the address of the sender. */
export const BINDING = 1;

/** Attribute types (RFC 8489, section 18.3). A request with an unknown type below 0x8000 must be refused. */
export const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  messageIntegritySha256: 0x001c,
  passwordAlgorithm: 0x001d,
  userhash: 0x001e,
  xorMappedAddress: 0x0020,
  fingerprint: 0x8028,
} as const;

const MAGIC_COOKIE = 0x2112_a442;
const COOKIE_BYTES = Uint8Array.of(0x21, 0x12, 0xa4, 0x42);
/** The CRC of a fingerprint is XORed with this (RFC 8489, section 14.7). */
const FINGERPRINT_XOR = 0x5354_554e;
/** Bytes of a fingerprint attribute with its header. */
const FINGERPRINT_BYTES = 8;

const CLASSES = ['request', 'indication', 'success', 'error'] as const;
/** The class of a message. */
export type StunClass = (typeof CLASSES)[number];

/** An attribute. The value has no padding. */
export interface StunAttribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** A message. */
export interface StunMessage {
  /** 12 bits. */
  readonly method: number;
  readonly class: StunClass;
  /** TRANSACTION_BYTES. */
  readonly transaction: Uint8Array;
  /** All attributes but the fingerprint. */
  readonly attributes: readonly StunAttribute[];
  /** Whether it ends in a fingerprint. A message with a wrong one is refused. */
  readonly fingerprint: boolean;
}

/** An address and port, as Node gives them. */
export interface SocketAddress {
  /** IPv4 or IPv6. A zone after `%` is ignored. */
  readonly address: string;
  readonly port: number;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

/** CRC-32 of ITU-T V.42, the one of Ethernet and zip. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

const padded = (length: number) => (length + 3) & ~3;

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The length of the message that begins with this header. Null if it is no STUN, or longer than MAX_STUN_MESSAGE. */
export function stunLength(header: Uint8Array): number | null {
  if (header.length < STUN_HEADER) return null;
  const fields = view(header);
  const length = STUN_HEADER + fields.getUint16(2);
  const isStun = fields.getUint16(0) < 0x4000 && fields.getUint32(4) === MAGIC_COOKIE && length % 4 === 0;
  return isStun && length <= MAX_STUN_MESSAGE ? length : null;
}

/** Reads one whole message. Attributes are views on `bytes`. Null if `bytes` is anything else. */
export function decodeStun(bytes: Uint8Array): StunMessage | null {
  if (stunLength(bytes) !== bytes.length) return null;
  const fields = view(bytes);
  const attributes: StunAttribute[] = [];
  let fingerprint = false;
  for (let offset = STUN_HEADER; offset < bytes.length; ) {
    // Nothing may follow a fingerprint.
    if (fingerprint || offset + 4 > bytes.length) return null;
    const type = fields.getUint16(offset);
    const length = fields.getUint16(offset + 2);
    if (offset + 4 + padded(length) > bytes.length) return null;
    if (type === ATTRIBUTE.fingerprint) {
      if (length !== 4 || fields.getUint32(offset + 4) !== fingerprintOf(bytes.subarray(0, offset))) return null;
      fingerprint = true;
    } else {
      attributes.push({ type, value: bytes.subarray(offset + 4, offset + 4 + length) });
    }
    offset += 4 + padded(length);
  }
  const type = fields.getUint16(0);
  const kind = CLASSES[((type & 0x100) >> 7) | ((type & 0x10) >> 4)] as StunClass;
  const method = (type & 0xf) | ((type & 0xe0) >> 1) | ((type & 0x3e00) >> 2);
  return { method, class: kind, transaction: bytes.subarray(8, STUN_HEADER), attributes, fingerprint };
}

/** Encodes a message. */
export function encodeStun(message: StunMessage): Uint8Array {
  const body = concat(...message.attributes.map(encodeAttribute));
  const header = new Uint8Array(STUN_HEADER);
  const fields = view(header);
  const kind = CLASSES.indexOf(message.class);
  const { method } = message;
  fields.setUint16(
    0,
    (method & 0xf) | ((method & 0x70) << 1) | ((method & 0xf80) << 2) | ((kind & 1) << 4) | ((kind & 2) << 7),
  );
  fields.setUint16(2, body.length + (message.fingerprint ? FINGERPRINT_BYTES : 0));
  fields.setUint32(4, MAGIC_COOKIE);
  header.set(message.transaction, 8);
  const bytes = concat(header, body);
  if (!message.fingerprint) return bytes;
  const value = new Uint8Array(4);
  view(value).setUint32(0, fingerprintOf(bytes));
  return concat(bytes, encodeAttribute({ type: ATTRIBUTE.fingerprint, value }));
}

function encodeAttribute({ type, value }: StunAttribute): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value.length));
  const fields = view(bytes);
  fields.setUint16(0, type);
  fields.setUint16(2, value.length);
  bytes.set(value, 4);
  return bytes;
}

function fingerprintOf(before: Uint8Array): number {
  return (crc32(before) ^ FINGERPRINT_XOR) >>> 0;
}

/** Encodes the value of XOR-MAPPED-ADDRESS (RFC 8489, section 14.2). IPv4 mapped into IPv6 is encoded as IPv4. */
export function encodeXorAddress({ address, port }: SocketAddress, transaction: Uint8Array): Uint8Array {
  const ip = ipBytes(address);
  const value = new Uint8Array(4 + ip.length);
  value[1] = ip.length === 4 ? 1 : 2;
  view(value).setUint16(2, port ^ (MAGIC_COOKIE >>> 16));
  value.set(xored(ip, transaction), 4);
  return value;
}

/** Decodes the value of XOR-MAPPED-ADDRESS. Null if it is malformed. */
export function decodeXorAddress(value: Uint8Array, transaction: Uint8Array): SocketAddress | null {
  if (!(value.length === 8 && value[1] === 1) && !(value.length === 20 && value[1] === 2)) return null;
  const port = view(value).getUint16(2) ^ (MAGIC_COOKIE >>> 16);
  return { address: ipText(xored(value.subarray(4), transaction)), port };
}

function xored(ip: Uint8Array, transaction: Uint8Array): Uint8Array {
  const key = concat(COOKIE_BYTES, transaction);
  return ip.map((byte, index) => byte ^ (key[index] ?? 0));
}

/** The 4 or 16 bytes of an address in text form. */
function ipBytes(address: string): Uint8Array {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return Uint8Array.from(plain.split('.'), Number);
  const [head = '', tail = ''] = plain.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [front, back] = [groups(head), groups(tail)];
  const bytes = new Uint8Array(16);
  const fields = view(bytes);
  for (const [index, group] of front.entries()) fields.setUint16(2 * index, group);
  for (const [index, group] of back.entries()) fields.setUint16(16 - 2 * (back.length - index), group);
  return bytes;
}

/** The text form of an address; of IPv6 by RFC 5952. */
function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const fields = view(bytes);
  const groups = Array.from({ length: 8 }, (_, index) => fields.getUint16(2 * index).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** Encodes the value of ERROR-CODE (RFC 8489, section 14.8) with an empty reason phrase. */
export function encodeErrorCode(code: number): Uint8Array {
  return Uint8Array.of(0, 0, Math.floor(code / 100), code % 100);
}
