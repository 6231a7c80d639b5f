/**
 * Validates session descriptions and ICE candidates of the remote peer as text, before a WebRTC implementation parses
 * them, and encodes candidates as bytes.
 */

import { fromLv, fromUtf8, lv, utf8 } from '../../shared/bytes.ts';
import type { DescriptionFault } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_SDP } from '../../shared/limits.ts';
import type { LinkSignal } from './link.ts';

/** Most characters of a candidate. */
const MAX_CANDIDATE = 512;

/** Lines of RFC 8866 in printable ASCII. Browsers write nothing else. */
const LINES = /^(?:[a-z]=[\x20-\x7e]*\r\n)+$/;
/** The section of a data channel: RFC 8841, section 4. Port 0 would reject it. */
const MEDIA = /^m=application [1-9]\d{0,4} (?:UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/;
/** RFC 8122, section 5; SHA-256 has 32 bytes. */
const FINGERPRINT = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i;
/** RFC 8839, section 5.4. */
const ICE_UFRAG = /^a=ice-ufrag:[A-Za-z0-9+/]{4,256}$/;
const ICE_PWD = /^a=ice-pwd:[A-Za-z0-9+/]{22,256}$/;
/** RFC 4145, section 4, without `holdconn`. */
const SETUP = /^a=setup:(?:actpass|active|passive)$/;
const MID = /^[A-Za-z0-9]{1,16}$/;

/**
 * RFC 8839, section 5.1. An address is a literal, or the name by which a browser hides its address
 * (draft-ietf-mmusic-mdns-ice-candidates, section 3.1.1). A stranger must not make us look up any other name.
 */
const ADDRESS = String.raw`(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|[0-9A-Fa-f-]{36}\.local)`;
const CANDIDATE = new RegExp(
  String.raw`^candidate:[A-Za-z0-9+/]{1,32} \d{1,3} (?:udp|tcp) \d{1,10} ${ADDRESS} \d{1,5} typ (?:host|srflx|prflx|relay)` +
    String.raw`(?: raddr ${ADDRESS} rport \d{1,5})?(?: [\x21-\x7e]+ [\x21-\x7e]+)*$`,
  'i',
);

function badOffer(fault: DescriptionFault): AparteError {
  return new AparteError('bad-offer', { key: 'bad-description', fault });
}

/**
 * Checks an offer or answer: at most MAX_SDP bytes of printable ASCII, one data channel section, one SHA-256 fingerprint
 * and no other, one set of ICE credentials, one role, only well-formed candidates. Their number is limited by the link.
 * Throws `bad-offer` with the fault.
 */
export function checkDescription(sdp: string): void {
  if (sdp.length > MAX_SDP) throw badOffer('length');
  if (!LINES.test(sdp)) throw badOffer('characters');
  const lines = sdp.split('\r\n').slice(0, -1);
  const starting = (start: string) => lines.filter((line) => line.toLowerCase().startsWith(start));
  const one = (start: string, form: RegExp) => {
    const found = starting(start);
    if (found.length !== 1 || !form.test(found[0] ?? '')) throw badOffer('line');
  };

  one('m=', MEDIA);
  one('a=ice-ufrag', ICE_UFRAG);
  one('a=ice-pwd', ICE_PWD);
  one('a=setup', SETUP);
  const fingerprints = starting('a=fingerprint').map((line) => FINGERPRINT.exec(line)?.[1]?.toUpperCase());
  if (fingerprints.includes(undefined)) throw badOffer('fingerprint');
  if (new Set(fingerprints).size !== 1) throw badOffer('fingerprint');
  for (const candidate of candidatesIn(sdp)) checkCandidate(candidate);
}

/** The candidates in a description, `candidate:…` each. */
export function candidatesIn(sdp: string): string[] {
  const lines = sdp.split('\r\n').filter((line) => line.toLowerCase().startsWith('a=candidate'));
  return lines.map((line) => line.slice('a='.length));
}

/** Checks one ICE candidate, `candidate:…` without `a=`, of at most 512 characters. Throws `bad-offer`. */
export function checkCandidate(candidate: string): void {
  if (candidate.length > MAX_CANDIDATE) throw badOffer('candidate-length');
  if (!CANDIDATE.test(candidate)) throw badOffer('candidate-form');
}

/** A candidate. It travels in a frame of its own; offer and answer travel in the flights of the handshake. */
export type CandidateSignal = Extract<LinkSignal, { type: 'candidate' }>;

/** The bytes of a candidate: `lv(candidate, mid)`, UTF-8. */
export function encodeSignal(signal: CandidateSignal): Uint8Array {
  return lv(utf8(signal.candidate), utf8(signal.mid));
}

/** Reads and checks a candidate. Throws `bad-offer`. */
export function decodeSignal(bytes: Uint8Array): CandidateSignal {
  const [candidate, mid] = texts(bytes);
  checkSignal({ type: 'candidate', candidate, mid });
  return { type: 'candidate', candidate, mid };
}

function texts(bytes: Uint8Array): [candidate: string, mid: string] {
  try {
    const [candidate, mid] = fromLv(bytes, 2) as [Uint8Array, Uint8Array];
    return [fromUtf8(candidate), fromUtf8(mid)];
  } catch {
    throw badOffer('candidate-form');
  }
}

/** Checks a signal of any type. Throws `bad-offer`. */
export function checkSignal(signal: LinkSignal): void {
  if (signal.type !== 'candidate') {
    checkDescription(signal.sdp);
  } else {
    checkCandidate(signal.candidate);
    if (!MID.test(signal.mid)) throw badOffer('candidate-section');
  }
}
