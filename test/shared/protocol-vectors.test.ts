/** The small vectors of docs/PROTOCOL.md are what the program computes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ABORT } from '../../peer/core/handshake.ts';
import { encodeMessage, type PeerMessage } from '../../peer/core/peer-messages.ts';
import { pad } from '../../peer/crypto/frame-format.ts';
import { derive, hash } from '../../peer/crypto/hash.ts';
import { FLIGHT, ready, safetyNumber, systemRandom } from '../../peer/crypto/index.ts';
import { RatchetChannel } from '../../peer/crypto/ratchet-channel.ts';
import { Ticket } from '../../peer/crypto/reconnect-ticket.ts';
import { box } from '../../peer/crypto/sodium.ts';
import { encodeSignal } from '../../peer/link/sdp-validation.ts';
import { concat, hex, lv, u64, utf8 } from '../../shared/bytes.ts';
import { encodeCard } from '../../shared/card.ts';
import { normalise, parseCode } from '../../shared/code.ts';

await ready();

const fill = (value: number, length: number) => new Uint8Array(length).fill(value);

const TEXT: PeerMessage = {
  kind: 'text',
  seq: 1,
  id: fill(6, 8),
  at: 1_764_500_000_000,
  raw: false,
  shown: 2,
  chunk: utf8('hi'),
};
const SHOWN: PeerMessage = { kind: 'shown', seq: 1 };
const BYE: PeerMessage = { kind: 'bye', complete: true };

/** The first frames of a side B, in this order. */
function firstFrames(...messages: readonly PeerMessage[]): string[] {
  const channel = new RatchetChannel({ role: 'B', session: fill(3, 64), ratchet: fill(4, 32) }, systemRandom);
  return messages.map((message) => hex(channel.seal(encodeMessage(message))));
}

const candidate = 'candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host';
const signal = pad(encodeSignal({ type: 'candidate', candidate, mid: '0' }), 512);
const [hello = '', text = '', shown = '', bye = ''] = firstFrames({ kind: 'hello' }, TEXT, SHOWN, BYE);
const nonce = concat(Uint8Array.of(16), u64(1), new Uint8Array(15));
const ticket = new Ticket(derive(fill(2, 32), 'ticket'));

const EXPECTED: Readonly<Record<string, string>> = {
  'normalise(" 7 Ocean—VIOLIN ")': normalise(' 7 Ocean—VIOLIN '),
  'normalise("７‐Straße﹣ﬁn")': normalise('７‐Straße﹣ﬁn'),
  'code "“7 – Garden Otter.”"': parseCode('“7 – Garden Otter.”').text,
  'code "7-!!"': parseCode('7-!!').text,
  'lv("1234", "", 128 × 00), first 9 bytes': hex(lv(utf8('1234'), utf8(''), fill(0, 128)).subarray(0, 9)),
  'H("test")': hex(hash('test')),
  'H("test", "a", "")': hex(hash('test', utf8('a'), utf8(''))),
  'K(32 × 01, "test", "a")': hex(derive(fill(1, 32), 'test', utf8('a'))),
  'box(32 × 01, 16, 1, "hi")': hex(box(fill(1, 32), nonce, utf8('hi'))),
  'pad("hi", 8)': hex(pad(utf8('hi'), 8)),
  'card, nonce 16 × 05': hex(encodeCard({ versions: [1], nonce: fill(5, 16) })),
  'safety number of 32 × 01 and 32 × 02': safetyNumber(fill(1, 32), fill(2, 32)),
  'ticket room, rk = 32 × 02': ticket.nameplate,
  'ticket PRS, rk = 32 × 02': hex(ticket.secret),
  'check of "ap1i" and 64 × 00': hex(hash('chk', utf8('ap1i'), fill(0, 64)).subarray(0, 4)),
  'signal of candidate 192.0.2.1:50000, mid 0, first 64 bytes': hex(signal.subarray(0, 64)),
  'message text: seq 1, id 8 × 06, at 1764500000000, raw 0, shown 2, "hi"': hex(encodeMessage(TEXT)),
  'message shown: seq 1': hex(encodeMessage(SHOWN)),
  'message bye: complete': hex(encodeMessage(BYE)),
  "B's hello, n = 0, S = 64 × 03": hello,
  "B's text (as above), n = 1": text,
  "B's shown (as above), n = 2": shown,
  "B's bye (as above), n = 3": bye,
  'ABORT, wrong code': hex(Uint8Array.of(FLIGHT.abort, ABORT.wrongCode)),
};

test('the document names each small vector with its value', () => {
  const document = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8');
  const rows = document.slice(document.indexOf('| input | value |')).matchAll(/^\| `(.+)` \| `(.+)` \|$/gm);
  assert.deepEqual(Object.fromEntries(Array.from(rows, ([, input, value]) => [input, value])), EXPECTED);
});
