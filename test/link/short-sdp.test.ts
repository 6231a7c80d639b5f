import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkDescription } from '../../peer/link/sdp-validation.ts';
import { longDescription, shortDescription } from '../../peer/link/short-sdp.ts';
import { hex } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_SHORT_CANDIDATES } from '../../shared/limits.ts';

const FINGERPRINT = Array.from({ length: 32 }, (_, byte) => (byte * 7 + 16).toString(16).toUpperCase().slice(-2)).join(
  ':',
);

const sdp = ({ ufrag = 'ZUYH', pwd = '/Iz7poHaUvc5YxV0a+ekYA50', setup = 'actpass', mid = '0' } = {}) =>
  [
    'v=0',
    'o=- 8647631323603759433 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    `a=setup:${setup}`,
    `a=mid:${mid}`,
    'a=sctp-port:5000',
    '',
  ].join('\r\n');

const host = (address: string, port = 5000) => `candidate:1 1 udp 2122194687 ${address} ${port} typ host generation 0`;
const candidates = (description: string) =>
  Array.from(description.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (\w+)/gm), ([, ...found]) =>
    found.join(' '),
  );
const badOffer = (error: unknown) => error instanceof AparteError && error.code === 'bad-offer';

describe('the short form of a description', () => {
  test('has the documented bytes', () => {
    const bytes = shortDescription(sdp(), [
      host('192.0.2.2', 258),
      host('2001:db8::7', 1),
      host('0a1b2c3d-0000-4000-8000-00000000000f.local', 65_535),
      'candidate:2 1 udp 1 203.0.113.9 4000 typ srflx raddr 192.0.2.2 rport 258',
    ]);
    const expected = [
      '00',
      `04${Buffer.from('ZUYH', 'base64').toString('hex')}`,
      `18${Buffer.from('/Iz7poHaUvc5YxV0a+ekYA50', 'base64').toString('hex')}`,
      FINGERPRINT.replaceAll(':', '').toLowerCase(),
      '00c00002020102',
      '0120010db80000000000000000000000070001',
      '020a1b2c3d00004000800000000000000fffff',
      '04cb0071090fa0',
    ];
    assert.equal(hex(bytes), expected.join(''));
    const long = longDescription(bytes);
    for (const line of [
      'a=ice-ufrag:ZUYH',
      'a=ice-pwd:/Iz7poHaUvc5YxV0a+ekYA50',
      `a=fingerprint:sha-256 ${FINGERPRINT}`,
    ]) {
      assert.ok(long.includes(`\r\n${line}\r\n`), line);
    }
    assert.deepEqual(candidates(long), [
      '192.0.2.2 258 host',
      '2001:db8::7 1 host',
      '0a1b2c3d-0000-4000-8000-00000000000f.local 65535 host',
      '203.0.113.9 4000 srflx',
    ]);
    assert.doesNotMatch(long, /raddr 192/, 'an address behind the NAT is told to nobody twice');
  });

  test('is restored to an equal description', () => {
    const ice = (min: number, max: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9+/]{${min},${max}}$`));
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.uuid().map((uuid) => `${uuid}.local`),
    );
    const candidate = fc
      .tuple(address, fc.integer({ min: 0, max: 65_535 }), fc.constantFrom('host', 'srflx', 'relay'))
      .map(([where, port, type]) => `candidate:7 1 UDP 5 ${where} ${port} typ ${type}`);
    const setup = fc.constantFrom('actpass', 'active', 'passive');
    const all = fc.record({ ufrag: ice(4, 40), pwd: ice(22, 60), setup });
    fc.assert(
      fc.property(all, fc.array(candidate, { maxLength: 12 }), (credentials, gathered) => {
        const bytes = shortDescription(sdp(credentials), gathered);
        const long = longDescription(bytes);
        checkDescription(long);
        const own = Array.from(long.matchAll(/^a=(candidate:.*)\r$/gm), ([, found = '']) => found);
        assert.ok(own.length <= MAX_SHORT_CANDIDATES);
        assert.deepEqual(shortDescription(long, own), bytes);
      }),
      { numRuns: 200 },
    );
  });

  test('is rejected with its fault if any byte is wrong or missing', () => {
    const good = shortDescription(sdp({ ufrag: 'abcde' }), [host('192.0.2.2'), host('2001:db8::7')]);
    for (let cut = 0; cut < good.length; cut += 1) {
      // Behind a whole candidate there may be no other.
      if (cut === good.length - 19 || cut === good.length - 26) continue;
      assert.throws(() => longDescription(good.subarray(0, cut)), badOffer, `cut at ${cut}`);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          checkDescription(longDescription(bytes));
        } catch (error) {
          assert.ok(badOffer(error));
        }
      }),
    );
    const loose = good.slice();
    loose[5] = (loose[5] ?? 0) | 1;
    assert.throws(() => longDescription(loose), badOffer, 'bits behind the last character of a credential');
    const [setup = 0, , one = 0, two = 0, three = 0] = good;
    const brief = Uint8Array.from([setup, 3, one, two, three & 0b1100_0000, ...good.subarray(6)]);
    assert.throws(() => longDescription(brief), badOffer, 'a credential of three characters');
    const many = Array.from({ length: MAX_SHORT_CANDIDATES + 1 }, (_, index) => [0, 10, 0, 0, index, 1, 1]).flat();
    assert.throws(() => longDescription(Uint8Array.from([...good, ...many])), badOffer, 'too many candidates');
    assert.throws(() => shortDescription(sdp({ mid: 'data' }), []), badOffer);
    assert.throws(() => shortDescription('v=0\r\n', []), badOffer);
  });

  test('holds a few addresses of each kind, none twice, and none over TCP', () => {
    const many = Array.from({ length: 20 }, (_, index) => host(`172.${index}.0.1`));
    const seen = 'candidate:2 1 udp 1 203.0.113.9 4000 typ srflx raddr 0.0.0.0 rport 0';
    const tcp = 'candidate:3 1 tcp 1 10.0.0.1 9 typ host tcptype active';
    const chosen = candidates(longDescription(shortDescription(sdp(), [tcp, ...many, ...many, host('fd00::2'), seen])));
    assert.equal(chosen.length, MAX_SHORT_CANDIDATES);
    for (const kept of ['172.0.0.1 5000 host', 'fd00::2 5000 host', '203.0.113.9 4000 srflx']) {
      assert.ok(chosen.includes(kept), kept);
    }
    assert.equal(new Set(chosen).size, chosen.length);
    assert.ok(!chosen.some((each) => each.startsWith('10.')));
  });
});
