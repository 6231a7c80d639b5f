/**
 * Short forms of offers and answers, for texts that people copy (docs/PROTOCOL.md, Manual pairing). They hold only what
 * two WebRTC implementations cannot know already. A restored description is checked like any other.
 */

import { concat, fromBase64url } from '../../shared/bytes.ts';
import type { DescriptionFault } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_SHORT_CANDIDATES } from '../../shared/limits.ts';
import { candidatesIn, checkDescription } from './sdp-validation.ts';

const SETUPS: readonly string[] = ['actpass', 'active', 'passive'];
const TYPES: readonly string[] = ['host', 'srflx', 'prflx', 'relay'];
/** Bytes of an address by its kind: IPv4, IPv6, and the UUID of a `.local` name. */
const ADDRESS_BYTES = [4, 16, 16] as const;
const FINGERPRINT_BYTES = 32;
/** Recommended preferences of the types, RFC 8445, section 5.1.2.2. */
const PREFERENCE: Readonly<Record<string, number>> = { host: 126, srflx: 100, prflx: 110, relay: 0 };
/** Bits of a character of ICE credentials, which are base64 (RFC 8839, section 5.4). */
const BITS = 6;

function badOffer(fault: DescriptionFault): AparteError {
  return new AparteError('bad-offer', { key: 'bad-description', fault });
}

/**
 * The short form of our description: `u8 setup ‖ text ufrag ‖ text pwd ‖ fingerprint(32) ‖ candidates`. It holds at most
 * MAX_SHORT_CANDIDATES UDP candidates of as many kinds as possible, from the description and from `candidates`
 * (`candidate:…` each). Throws `bad-offer` if {@link checkDescription} refuses the description, or its section is not 0.
 */
export function shortDescription(sdp: string, candidates: readonly string[]): Uint8Array {
  checkDescription(sdp);
  const value = (name: string) => new RegExp(`^a=${name}:(.*)$`, 'm').exec(sdp)?.[1]?.trim() ?? '';
  if (value('mid') !== '0') throw badOffer('section');
  const setup = SETUPS.indexOf(value('setup').toLowerCase());
  const digits = value('fingerprint').replace(/^\S+ /, '').replaceAll(':', '');
  const fingerprint = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const chosen = mostUseful(
    [...candidatesIn(sdp), ...candidates].flatMap((candidate) => shortCandidate(candidate) ?? []),
  );
  return concat(
    Uint8Array.of(setup),
    shortText(value('ice-ufrag')),
    shortText(value('ice-pwd')),
    fingerprint,
    ...chosen,
  );
}

/** Restores a description from its short form. Throws `bad-offer` if {@link shortDescription} could not have made it. */
export function longDescription(bytes: Uint8Array): string {
  let offset = 0;
  const take = (length: number) => {
    if (offset + length > bytes.length) throw badOffer('cut-short');
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  const byte = () => take(1)[0] ?? 0;
  const text = () => {
    const length = byte();
    return longText(take(Math.ceil((length * BITS) / 8)), length);
  };
  const setup = SETUPS[byte()];
  if (setup === undefined) throw badOffer('role');
  const [ufrag, pwd] = [text(), text()];
  const fingerprint = Array.from(take(FINGERPRINT_BYTES), (each) => each.toString(16).padStart(2, '0').toUpperCase());
  const candidates: string[] = [];
  while (offset < bytes.length) {
    if (candidates.length === MAX_SHORT_CANDIDATES) throw badOffer('candidate-count');
    const head = byte();
    const [type, kind] = [TYPES[head >> 2], head & 3];
    const addressBytes = ADDRESS_BYTES[kind];
    if (type === undefined || addressBytes === undefined) throw badOffer('candidate-form');
    const address = longAddress(take(addressBytes), kind);
    const [high = 0, low = 0] = take(2);
    candidates.push(longCandidate(type, address, high * 256 + low, candidates.length));
  }
  const sdp = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    ...candidates.map((candidate) => `a=${candidate}`),
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${fingerprint.join(':')}`,
    `a=setup:${setup}`,
    'a=mid:0',
    'a=sctp-port:5000',
    '',
  ].join('\r\n');
  checkDescription(sdp);
  return sdp;
}

/** `u8 length ‖ six bits per character`, high bits first. The remaining bits of the last byte are zero. */
function shortText(text: string): Uint8Array {
  if (text.length > 255) throw badOffer('credential');
  // `A` stands for zero bits and fills the last group of four.
  const whole = text
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .padEnd(Math.ceil(text.length / 4) * 4, 'A');
  const packed = fromBase64url(whole).subarray(0, Math.ceil((text.length * BITS) / 8));
  return concat(Uint8Array.of(text.length), packed);
}

function longText(packed: Uint8Array, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bits = Array.from(packed, (byte) => byte.toString(2).padStart(8, '0')).join('');
  if (bits.slice(length * BITS).includes('1')) throw badOffer('credential');
  const groups = bits.slice(0, length * BITS).match(/.{6}/g) ?? [];
  return groups.map((group) => alphabet.charAt(Number.parseInt(group, 2))).join('');
}

/** `u8(4 · type + kind) ‖ address ‖ u16 port`. Null if the candidate cannot be used over UDP. */
function shortCandidate(candidate: string): Uint8Array | null {
  const [, component, transport = '', , address = '', port, , typeName = ''] = candidate.split(' ');
  const type = TYPES.indexOf(typeName.toLowerCase());
  if (component !== '1' || transport.toLowerCase() !== 'udp' || type < 0) return null;
  const kind = /\.local$/i.test(address) ? 2 : address.includes(':') ? 1 : 0;
  const bytes = shortAddress(address, kind);
  const number = Number(port);
  if (bytes.length !== ADDRESS_BYTES[kind] || number > 65_535) return null;
  return concat(Uint8Array.of(4 * type + kind), bytes, Uint8Array.of(number >> 8, number & 255));
}

function shortAddress(address: string, kind: number): Uint8Array {
  if (kind === 0) return Uint8Array.from(address.split('.'), Number);
  const digits = kind === 2 ? address.slice(0, -'.local'.length).replaceAll('-', '') : ipv6Digits(address);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** All 32 hexadecimal digits of an IPv6 address, empty if it is none. */
function ipv6Digits(address: string): string {
  const url = `http://[${address}]/`;
  if (!URL.canParse(url)) return '';
  const [before = '', after] = new URL(url).hostname.slice(1, -1).split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const behind = groups(after ?? '');
  const front = groups(before);
  const zeros = Array.from({ length: 8 - front.length - behind.length }, () => '0');
  return [...front, ...zeros, ...behind].map((group) => group.padStart(4, '0')).join('');
}

function longAddress(bytes: Uint8Array, kind: number): string {
  if (kind === 0) return Array.from(bytes).join('.');
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (kind === 2) return `${digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}.local`;
  return new URL(`http://[${digits.match(/.{4}/g)?.join(':')}]/`).hostname.slice(1, -1);
}

/** A candidate line without the private address behind a NAT. */
function longCandidate(type: string, address: string, port: number, index: number): string {
  // RFC 8445, section 5.1.2.1, with a local preference that keeps the order, for component 1.
  const priority = (PREFERENCE[type] ?? 0) * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
  const base = type === 'host' ? '' : ` raddr ${address.includes(':') ? '::' : '0.0.0.0'} rport 0`;
  return `candidate:${index + 1} 1 udp ${priority} ${address} ${port} typ ${type}${base}`;
}

/** Chooses a few candidates of each kind, the first ones of each: a machine can have an address per container. */
function mostUseful(candidates: readonly Uint8Array[]): Uint8Array[] {
  const seen = new Map<number, number>();
  const places = new Set<string>();
  const ranked: { rank: number; bytes: Uint8Array }[] = [];
  for (const bytes of candidates) {
    const place = bytes.join();
    if (places.has(place)) continue;
    places.add(place);
    const kind = bytes[0] ?? 0;
    const rank = seen.get(kind) ?? 0;
    seen.set(kind, rank + 1);
    ranked.push({ rank, bytes });
  }
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, MAX_SHORT_CANDIDATES).map(({ bytes }) => bytes);
}
