/** STUN messages: the vectors of RFC 5769, round trips, and everything that is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ATTRIBUTE,
  decodeStun,
  decodeXorAddress,
  encodeStun,
  encodeXorAddress,
  MAX_STUN_MESSAGE,
  type StunMessage,
  stunLength,
} from '../../shared/stun.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));

const TRANSACTION = bytes('b7e7a701bc34d686fa87dfae');
/** RFC 5769, sections 2.1 to 2.3. */
const REQUEST = bytes(`
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf`);
const RESPONSE_4 = bytes(`
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96`);
const RESPONSE_6 = bytes(`
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c`);
/** RFC 5769, section 2.4: no fingerprint. */
const LONG_TERM = bytes(`
  00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
  0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e 6f726700
  00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666`);

test('the vectors of RFC 5769 are read', () => {
  const request = decodeStun(REQUEST);
  assert.equal(request?.class, 'request');
  assert.equal(request.method, 1);
  assert.deepEqual(request.transaction, TRANSACTION);
  assert.ok(request.fingerprint);
  assert.deepEqual(
    request.attributes.map(({ type }) => type),
    [0x8022, 0x24, 0x8029, 0x06, 0x08],
  );
  assert.equal(Buffer.from(request.attributes[3]?.value ?? []).toString(), 'evtj:h6vY');

  const longTerm = decodeStun(LONG_TERM);
  assert.equal(longTerm?.fingerprint, false);
  assert.equal(Buffer.from(longTerm.attributes[0]?.value ?? []).toString(), 'マトリックス');
});

for (const [vector, address] of [
  [RESPONSE_4, '192.0.2.1'],
  [RESPONSE_6, '2001:db8:1234:5678:11:2233:4455:6677'],
] as const) {
  test(`the mapped address of RFC 5769 is read and written: ${address}`, () => {
    const response = decodeStun(vector);
    assert.equal(response?.class, 'success');
    const value =
      response.attributes.find(({ type }) => type === ATTRIBUTE.xorMappedAddress)?.value ?? new Uint8Array();
    assert.deepEqual(decodeXorAddress(value, TRANSACTION), { address, port: 32_853 });
    assert.deepEqual(encodeXorAddress({ address, port: 32_853 }, TRANSACTION), value);
  });
}

test('a vector with any one bit changed in what a fingerprint covers is no message', () => {
  for (const vector of [REQUEST, RESPONSE_4, RESPONSE_6]) {
    for (let bit = 0; bit < 8 * vector.length; bit += 1) {
      const changed = vector.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = decodeStun(changed);
      // One bit makes the type of the fingerprint that of another attribute.
      assert.ok(read === null || !read.fingerprint, `bit ${bit}`);
    }
  }
});

test('what is cut short, too long, of another protocol or with something behind the fingerprint is no message', () => {
  for (let length = 0; length < REQUEST.length; length += 1)
    assert.equal(decodeStun(REQUEST.subarray(0, length)), null);
  assert.equal(decodeStun(new Uint8Array([...REQUEST, 0, 0, 0, 0])), null);
  const behind = encodeStun({ ...(decodeStun(REQUEST) as StunMessage), attributes: [] });
  const more = new Uint8Array([...behind, 0x80, 0x22, 0, 0]);
  more[3] = (more[3] ?? 0) + 4;
  assert.equal(decodeStun(more), null);
  const first = REQUEST.slice();
  first[0] = 0x40;
  assert.equal(stunLength(first), null);
  assert.equal(stunLength(bytes('0001 0501 2112a442 000000000000000000000000')), null);
  assert.equal(stunLength(bytes('0001 0500 2112a442 000000000000000000000000')), null);
  assert.equal(stunLength(bytes('0001 04ec 2112a442 000000000000000000000000')), MAX_STUN_MESSAGE);
});

const plain = { noNullPrototype: true };
const message = fc.record(
  {
    method: fc.integer({ min: 0, max: 0xfff }),
    class: fc.constantFrom('request', 'indication', 'success', 'error'),
    transaction: fc.uint8Array({ minLength: 12, maxLength: 12 }),
    attributes: fc.array(
      fc.record(
        {
          type: fc.integer({ min: 0, max: 0xffff }).filter((type) => type !== ATTRIBUTE.fingerprint),
          value: fc.uint8Array({ maxLength: 30 }),
        },
        plain,
      ),
      { maxLength: 20 },
    ),
    fingerprint: fc.boolean(),
  },
  plain,
);

test('whatever is written is read again', () => {
  fc.assert(
    fc.property(message, (written) => assert.deepEqual(decodeStun(encodeStun(written as StunMessage)), written)),
  );
});

test('whatever comes, reading does not throw', () => {
  const header = Buffer.from('000100002112a442', 'hex');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
      const framed = Uint8Array.from([...header, ...rest]);
      new DataView(framed.buffer).setUint16(2, Math.max(0, framed.length - 20));
      decodeStun(framed);
      decodeStun(rest);
      decodeXorAddress(rest, TRANSACTION);
    }),
  );
});

test('addresses are read as they were written', () => {
  const same = (address: string) => {
    const value = encodeXorAddress({ address, port: 1 }, TRANSACTION);
    return decodeXorAddress(value, TRANSACTION)?.address;
  };
  for (const address of [
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    '1::',
    '2001:db8::1:0:0:1',
    '1:2:3:4:5:6:7:8',
  ])
    assert.equal(same(address), address);
  assert.equal(same('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(same('fe80::1%eth0'), 'fe80::1');
  fc.assert(fc.property(fc.ipV4(), (address) => assert.equal(same(address), address)));
  const canonical = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
      const address = canonical(groups.map((group) => group.toString(16)).join(':'));
      assert.equal(same(address), address);
    }),
  );
});
