/** Nothing but one well-formed data channel section with one SHA-256 fingerprint reaches the WebRTC implementation. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import fc from 'fast-check';
import type { LinkSignal } from '../../peer/link/link.ts';
import {
  checkCandidate,
  checkDescription,
  checkSignal,
  decodeSignal,
  encodeSignal,
} from '../../peer/link/sdp-validation.ts';
import { concat, lv, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_CANDIDATES, MAX_SDP } from '../../shared/limits.ts';
import { closeAll, IMPLEMENTATIONS, record } from './link-pair.ts';

afterEach(closeAll);

const FINGERPRINT = Array.from({ length: 32 }, (_, n) => (n + 160).toString(16).toUpperCase()).join(':');
const LINES = [
  'v=0',
  'o=- 7272064150431395801 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=candidate:3077952869 1 udp 2122265343 fd00::2 55673 typ host generation 0 network-id 2',
  'a=ice-ufrag:Dm9h',
  'a=ice-pwd:QZdQ7q4a87jGOZF50z2m+ytk',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
];
const text = (lines: readonly string[]) => lines.map((line) => `${line}\r\n`).join('');
const SDP = text(LINES);
const CANDIDATE = 'candidate:3077952869 1 udp 2122265343 192.0.2.2 55673 typ host generation 0 ufrag Dm9h network-id 2';
const refused = { name: 'AparteError', code: 'bad-offer' };

for (const [name, rtc] of Object.entries(IMPLEMENTATIONS))
  test(`accepts the descriptions and candidates of ${name}`, async () => {
    const signals: LinkSignal[] = [];
    const b = record(rtc, false, (signal) => signals.push(signal));
    const a = record(rtc, true, (signal) => signals.push(signal));
    const sdp = await a.description();
    b.link.signal({ type: 'offer', sdp });
    await b.description();
    await b.until(() => b.signals.length > 1);
    for (const signal of signals) checkSignal(signal);
    assert.ok(signals.some((signal) => signal.type === 'candidate'));
  });

test('accepts the forms that browsers write', () => {
  checkDescription(SDP);
  checkDescription(SDP.replace('sha-256', 'SHA-256').replace(FINGERPRINT, FINGERPRINT.toLowerCase()));
  checkDescription(text([`a=fingerprint:sha-256 ${FINGERPRINT}`, ...LINES]));
  checkCandidate('candidate:1 1 UDP 2122252543 0e4e9bf6-7a43-4a0c-9b6b-8f6f1f7a7a11.local 50764 typ host');
  checkCandidate('candidate:2 1 tcp 1 10.0.0.1 9 typ host tcptype active');
  checkCandidate('candidate:0 1 udp 1 ::ffff:192.0.2.2 9 typ srflx raddr 0.0.0.0 rport 0 generation 0');
});

/** Each is the good description with one thing wrong. */
const BAD: Readonly<Record<string, string>> = {
  empty: '',
  'no data section': SDP.replace(/m=.*\r\n/, ''),
  'second section': SDP + text(['m=audio 9 UDP/TLS/RTP/SAVPF 111']),
  'second data section': SDP + text(['m=application 9 UDP/DTLS/SCTP webrtc-datachannel']),
  'section of another kind': SDP.replace('m=application', 'm=video'),
  'rejected section': SDP.replace('m=application 9', 'm=application 0'),
  'sha-1': SDP.replace('sha-256', 'sha-1'),
  'sha-1 beside sha-256': SDP + text([`a=fingerprint:sha-1 ${FINGERPRINT.slice(0, 59)}`]),
  'fingerprint in disguise': SDP + text([`a=Fingerprint: sha-1 ${FINGERPRINT.slice(0, 59)}`]),
  'two fingerprints': SDP + text([`a=fingerprint:sha-256 ${FINGERPRINT.replace('A0', 'A1')}`]),
  'short fingerprint': SDP.replace(FINGERPRINT, FINGERPRINT.slice(3)),
  'no fingerprint': SDP.replace(/a=fingerprint.*\r\n/, ''),
  'no setup': SDP.replace(/a=setup.*\r\n/, ''),
  'setup that waits': SDP.replace('actpass', 'holdconn'),
  'two setups': SDP + text(['a=setup:active']),
  'no ufrag': SDP.replace(/a=ice-ufrag.*\r\n/, ''),
  'no pwd': SDP.replace(/a=ice-pwd.*\r\n/, ''),
  'short pwd': SDP.replace(/a=ice-pwd.*\r\n/, 'a=ice-pwd:short\r\n'),
  'too long': SDP + text(Array.from({ length: 100 }, () => `a=${'x'.repeat(MAX_SDP / 100)}`)),
  'line without end': SDP.slice(0, -2),
  'bare line feeds': SDP.replaceAll('\r\n', '\n'),
  'bare carriage return': SDP.replace('s=-', 's=-\ra=setup:active'),
  'control character': SDP.replace('s=-', 's=\u001b[2J'),
  'tab in a name': SDP.replace('s=-', 's=\t'),
  'zero byte': SDP.replace('s=-', 's=\0'),
  'not ASCII': SDP.replace('s=-', 's=é'),
  'no type': SDP.replace('s=-', '-'),
  'candidate with a name to look up': SDP.replace('fd00::2', 'tracker.example'),
};

for (const [name, sdp] of Object.entries(BAD)) {
  test(`a description is refused: ${name}`, () => assert.throws(() => checkDescription(sdp), refused));
}

test('accepts more candidates than are used', () => {
  const many = Array.from(
    { length: 2 * MAX_CANDIDATES },
    (_, port) => `a=candidate:1 1 udp 1 192.0.2.2 ${port + 1} typ host`,
  );
  checkDescription(text([...LINES, ...many]));
});

test('rejects candidates that are too long, incomplete or of unknown form', () => {
  checkCandidate(CANDIDATE.padEnd(512, 'x'));
  const bad = [
    '',
    CANDIDATE.padEnd(513, 'x'),
    `a=${CANDIDATE}`,
    `${CANDIDATE}\r\n`,
    `${CANDIDATE} `,
    CANDIDATE.replace('host', 'hast'),
    CANDIDATE.replace('udp', 'sctp'),
    CANDIDATE.replace('192.0.2.2', 'example.org'),
    CANDIDATE.replace('192.0.2.2', '192.0.2'),
    CANDIDATE.replace('generation', 'génération'),
    CANDIDATE.replace(' 2122265343', ''),
  ];
  for (const candidate of bad) assert.throws(() => checkCandidate(candidate), refused, candidate);
});

test('decodes encoded candidates, and rejects changed bytes unless they are canonical', () => {
  const signal = { type: 'candidate', candidate: CANDIDATE, mid: '0' } as const;
  const bytes = encodeSignal(signal);
  assert.deepEqual(decodeSignal(bytes), signal);
  for (let at = 0; at < bytes.length; at += 1) {
    for (const flip of [1, 128, 255]) {
      const changed = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ flip : byte));
      canonicalOrRefused(changed);
    }
  }
});

test('rejects bytes that are no candidate', () => {
  const candidate = utf8(CANDIDATE);
  const bad = [
    new Uint8Array(0),
    lv(candidate),
    lv(candidate, utf8('0'), utf8('0')),
    concat(lv(candidate, utf8('0')), Uint8Array.of(0)),
    lv(candidate, utf8('')),
    lv(candidate, utf8('x'.repeat(17))),
    lv(candidate, utf8('0\n')),
    lv(Uint8Array.of(0xff, 0xfe), utf8('0')),
  ];
  for (const bytes of bad) assert.throws(() => decodeSignal(bytes), refused);
});

function canonicalOrRefused(bytes: Uint8Array): void {
  try {
    assert.deepEqual(encodeSignal(decodeSignal(bytes)), bytes);
  } catch (error) {
    assert.ok(error instanceof AparteError && error.code === 'bad-offer', String(error));
  }
}

test('decodes or rejects any bytes', () => {
  const printable = fc.string({ maxLength: 600 });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 700 }),
    fc.tuple(printable, printable).map(([candidate, mid]) => lv(utf8(candidate), utf8(mid))),
  );
  fc.assert(fc.property(bytes, canonicalOrRefused), { numRuns: 2_000 });
});

test('accepts or rejects any text', () => {
  const line = fc.oneof(
    fc.constantFrom(...LINES, `a=${CANDIDATE}`),
    fc.string({ maxLength: 80 }),
    fc
      .tuple(fc.constantFrom(...LINES), fc.nat(60), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([good, at, junk]) => good.slice(0, at) + junk + good.slice(at)),
  );
  const described = fc.array(line, { maxLength: 40 }).map(text);
  fc.assert(
    fc.property(described, (sdp) => {
      try {
        checkDescription(sdp);
      } catch (error) {
        assert.ok(error instanceof AparteError && error.code === 'bad-offer', String(error));
      }
    }),
    { numRuns: 500 },
  );
});
