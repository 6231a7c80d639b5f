/** The words of errors: complete, in plain sentences, and the same on every screen. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { describeError } from '../../peer/words/describe-error.ts';
import { detailWords } from '../../peer/words/english/error-details.ts';
import { ERROR_WORDS } from '../../peer/words/english/errors.ts';
import { EXIT_OF } from '../../shared/error-codes.ts';
import type { ErrorDetail, ErrorDetailKey, ServerFault } from '../../shared/error-details.ts';
import { AparteError, type ErrorCode } from '../../shared/errors.ts';
import { RefusalCode } from '../../shared/signal-wire.ts';

const SERVER: ServerFault = {
  name: 'https://a.example',
  cause: { code: 'server-unreachable', detail: { key: 'http-status', status: 502 } },
};

/** Every key with parameters as they come. TypeScript demands that none is missing. */
const DETAILS: { readonly [Key in ErrorDetailKey]: readonly Omit<Extract<ErrorDetail, { key: Key }>, 'key'>[] } = {
  'system-error': ['ECONNREFUSED', 'EACCES', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'E_UNHEARD_OF'].map((code) => ({ code })),
  'code-too-long': [{}],
  'link-not-code': [{}],
  'code-without-dash': [{}],
  'bad-nameplate': [{ max: 32 }],
  'control-character': [{}],
  'secret-too-long': [{ max: 128 }],
  'bad-invite-link': [{}],
  'command-with-options': [{}],
  'bad-server-address': [{}],
  malformed: [
    { part: 'base64' },
    { part: 'card' },
    { part: 'chunk' },
    { part: 'claims' },
    { part: 'connection' },
    { part: 'departure' },
    { part: 'fault' },
    { part: 'flag' },
    { part: 'frame' },
    { part: 'frame-type' },
    { part: 'hello' },
    { part: 'identity' },
    { part: 'integer' },
    { part: 'list' },
    { part: 'member' },
    { part: 'message-id' },
    { part: 'padding' },
    { part: 'point' },
    { part: 'proof' },
    { part: 'reply' },
    { part: 'sequence-number' },
    { part: 'signal' },
    { part: 'step' },
    { part: 'utf8' },
  ],
  'frame-length': [{ bytes: 7 }],
  'too-many-signals': [{}],
  'out-of-turn': [{ frame: '3', state: 'proof' }],
  'broken-rule': [
    { rule: 'early-acknowledgement' },
    { rule: 'frames-never-sent' },
    { rule: 'goodbye-never-said' },
    { rule: 'message-length' },
    { rule: 'missing-messages' },
    { rule: 'part-length' },
    { rule: 'too-many-messages' },
  ],
  hearsay: [{}],
  'nothing-for': [{ seconds: 10 }],
  'room-lost': [{}],
  'went-away': [{}],
  'ended-before-proof': [{}],
  'fell-silent': [{}],
  'link-not-ready': [{ seconds: 8 }],
  'no-connection-in-time': [{}],
  'relay-not-allowed': [{ by: 'us' }, { by: 'them' }],
  undelivered: [{ count: 1 }, { count: 3 }],
  'not-all-came': [{}],
  'no-invite-made': [{}],
  'no-such-peer': [{}],
  'this-computer-only': [{}],
  'invite-from-other-side': [{}],
  'bad-description': [
    { fault: 'candidate-count' },
    { fault: 'candidate-form' },
    { fault: 'candidate-length' },
    { fault: 'candidate-section' },
    { fault: 'characters' },
    { fault: 'credential' },
    { fault: 'cut-short' },
    { fault: 'fingerprint' },
    { fault: 'length' },
    { fault: 'line' },
    { fault: 'other-channel' },
    { fault: 'role' },
    { fault: 'section' },
  ],
  'no-path': [
    { direct: 'both-symmetric', relay: null },
    { direct: 'here-symmetric', relay: null },
    { direct: 'there-symmetric', relay: null },
    { direct: 'udp-blocked-here', relay: null },
    { direct: 'udp-blocked-there', relay: null },
    { direct: 'no-stun', relay: null },
    { direct: 'no-address-here', relay: null },
    { direct: 'no-address-there', relay: 'none-known' },
    { direct: 'unreachable', relay: null },
    { direct: 'unreachable', relay: 'withheld' },
    { direct: 'unreachable', relay: 'none-known' },
    { direct: 'unreachable', relay: 'only-relay-none-known' },
    { direct: 'unreachable', relay: 'unusable' },
    { direct: 'unreachable', relay: 'no-help' },
    { direct: 'unreachable', relay: 'no-help-try-only' },
    { direct: null, relay: 'unusable' },
  ],
  'closed-by-peer': [{}],
  'closed-here': [{}],
  'webrtc-error': [{ code: 'ERR_DATA_CHANNEL' }],
  'webrtc-not-loaded': [{}],
  'channel-full': [{}],
  'text-frame': [{}],
  'too-much-early': [{}],
  'http-status': [200, 400, 401, 403, 404, 429, 500, 502, 503].map((status) => ({ status })),
  redirect: [
    { status: 301, to: 'https://chat.example' },
    { status: 302, to: null },
  ],
  'plain-http-refused': [{}],
  'cut-without-answer': [{ code: 'ECONNRESET' }],
  'no-upgrade': [{}],
  'not-http': [{ code: 'HPE_INVALID_CONSTANT' }],
  'not-socketio': [{}],
  'no-answer-in-time': [{}],
  'no-connection': [{}],
  'connection-cut': [{}],
  'connection-closed': [{}],
  'shutting-down': [{}],
  'shared-store-away': [{}],
  refusal: [...RefusalCode.options, 'a-later-word'].map((word) => ({ word })),
  'bad-answer': [{ field: 'token' }, { field: null }],
  'other-room': [{}],
  'too-many-events': [{}],
  'foreign-server': [{}],
  'room-taken': [{}],
  'same-server': [{}],
  servers: [{ names: ['https://a.example', 'https://b.example'] }],
  'each-server': [{ servers: [SERVER, { name: 'https://b.example', cause: null }] }],
  'one-server': [
    { of: 2, server: SERVER },
    { of: 2, server: { ...SERVER, cause: { code: 'room-full', detail: null } } },
  ],
  'lan-silence': [
    { cause: 'port-held' },
    { cause: 'interfaces-left-out' },
    { cause: 'no-multicast' },
    { cause: 'other-programs' },
    { cause: 'other-rooms' },
  ],
  'lan-host-silent': [{ address: '192.168.1.7' }],
  'no-own-address': [{}],
  'no-ipv4-loopback': [{}],
  'answer-not-taken': [{}],
  'expired-by-our-clock': [{}],
  'no-invite-yet': [{}],
  'file-error': [
    { code: 'EACCES', path: '/data' },
    { code: 'EODD', path: '/data' },
  ],
  'file-vanished': [{ file: 'identity.json' }],
  'owned-by-another': [{ path: '/data' }],
  'open-to-others': [{ path: '/data' }],
  'not-a-file': [{ path: '/data/identity.json' }],
  'damaged-files': [{ files: ['a.json', 'b.json'] }],
  'damaged-identity': [{ file: 'identity.json', aside: 'identity.json.corrupt-1' }],
  'newer-file': [{ file: 'identity.json' }],
  'not-remembered': [
    { name: 'ann', cause: null },
    { name: 'ann', cause: { key: 'file-error', code: 'ENOSPC', path: '/data' } },
  ],
  'no-home': [{}],
  'not-utf8': [{}],
  'line-too-long': [{ max: 70 }],
  'not-json': [{}],
  'no-type': [{}],
  'unknown-type': [{}],
  'bad-field': [{ field: 'text' }],
  'output-not-read': [{}],
  'output-not-open': [{}],
  'command-line': [{ text: "unknown option '--x'" }],
  'file-given': [{ path: 'README.md' }],
  'meant-command': [{ command: 'receive' }],
  'no-terminal': [{ for: 'code' }, { for: 'invite' }, { for: 'agreed-code' }],
  'manual-invite': [{ command: 'chat' }, { command: 'send' }],
  'manual-answer': [{}],
  'ice-server-form': [{ options: '--stun, APARTE_STUN', form: 'stun:HOST[:PORT]' }],
  'lan-with-server': [{}],
  'lan-with-host': [{}],
  'host-with-server': [{}],
  'manual-with-other-way': [{}],
  'code-without-manual': [{}],
  'invite-with-option': [{ option: '--lan' }, { option: '--host' }],
  'nothing-to-send': [{ from: 'option' }, { from: 'input' }],
  'input-failed': [{ code: 'EBADF' }],
  'input-not-utf8': [{}],
  'input-used-twice': [{}],
  'agreed-code-length': [{ max: 128 }],
  'answer-missing': [{}],
  'sent-nothing': [{}],
  'input-not-all-sent': [{}],
  'no-webassembly': [{}],
  'too-few-files': [{ needed: 64 }],
  'server-only-folder': [{ folder: '/srv/aparte' }],
  'port-held': [{ port: 7470 }],
  'not-our-address': [{ host: '192.0.2.1' }],
  'cannot-bind': [
    { service: 'stun', port: 3478, code: 'EADDRINUSE' },
    { service: 'metrics', port: 9100, code: 'EACCES' },
  ],
  'certificate-key-mismatch': [{ files: ['cert.pem', 'key.pem'] }],
  'certificate-file': [
    { path: 'cert.pem', fault: 'no-certificate', code: null },
    { path: 'cert.pem', fault: 'no-key', code: null },
    { path: 'cert.pem', fault: 'unreadable', code: null },
    { path: 'cert.pem', fault: 'unusable', code: null },
    { path: 'key.pem', fault: 'unreadable', code: 'EACCES' },
  ],
  'redis-tls': [{ isSpoken: true }, { isSpoken: false }],
};

const CODES = Object.keys(EXIT_OF) as ErrorCode[];
const EVERY_DETAIL = Object.entries(DETAILS).flatMap(([key, all]) =>
  all.map((parameters) => ({ key, ...parameters }) as ErrorDetail),
);

const wordsIn = (sentence: string) => sentence.split(/\s+/).length;

test('every code has one sentence that says what happened, and advice', () => {
  assert.deepEqual(Object.keys(ERROR_WORDS).sort(), [...CODES].sort());
  for (const code of CODES) {
    const { what, hint } = ERROR_WORDS[code];
    assert.match(what, /^[A-Z][^.!?:]*\.$/, code);
    assert.match(hint, /^[A-Z].*[.!?]$/, code);
    for (const sentence of [what, ...hint.split(/(?<=[.!?]) /)]) assert.ok(wordsIn(sentence) <= 25, sentence);
  }
});

test('every detail has a text that continues a sentence, and advice in sentences if it has any', () => {
  for (const detail of EVERY_DETAIL) {
    const words = detailWords(detail);
    if (typeof words === 'object' && 'instead' in words) {
      assert.match(words.instead, /^[A-Z].*\.$/, detail.key);
      continue;
    }
    const { text, hint = null } = typeof words === 'string' ? { text: words, hint: null } : words;
    assert.ok(text.length > 0 && !/[.;,]$/.test(text), `${detail.key}: ${text}`);
    assert.ok(wordsIn(text) <= 25, text);
    if (hint === null) continue;
    assert.match(hint, /^[A-Z].*[.!?]$/, detail.key);
    for (const sentence of hint.split(/(?<=[.!?]) /)) assert.ok(wordsIn(sentence) <= 25, sentence);
  }
});

test('code and detail make one sentence: no parenthesis and no second stop behind a stop', () => {
  const error = new AparteError('server-unreachable', { key: 'http-status', status: 500 });
  assert.equal(describeError(error).message, 'Cannot reach the server: HTTP 500.');
  for (const code of CODES) {
    for (const detail of [null, ...EVERY_DETAIL]) {
      const { message, hint } = describeError(new AparteError(code, detail));
      assert.match(message, /[^.!?][.!?]$/, message);
      for (const sentence of [message, hint]) assert.doesNotMatch(sentence, /[.!?] \(|\.\.|undefined|null|\[object/);
    }
  }
});

test('advice that fits the detail takes the place of the advice for the code', () => {
  const { hint } = describeError(new AparteError('bad-code', { key: 'bad-invite-link' }));
  assert.match(hint, /https:\/\/HOST\/#CODE/);
  assert.equal(describeError(new AparteError('bad-code')).hint, ERROR_WORDS['bad-code'].hint);
});

test('the advice for a timeout names every way to meet', () => {
  assert.match(ERROR_WORDS.timeout.hint, /code and server.* --lan.* invite .* --timeout\.$/);
});

test('the program uses every code and every detail that has words', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const files = ['peer', 'shared', 'signaling'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
  );
  const isCaller = (file: string) => file.endsWith('.ts') && !/peer\/words\/|\/error-(?:codes|details)\.ts$/.test(file);
  const callers = files.filter(isCaller).map((file) => readFileSync(file, 'utf8'));
  assert.ok(callers.length > 100, `only ${callers.length} files`);
  const isUsed = (word: string) => callers.some((source) => source.includes(`'${word}'`));
  const words = [...CODES, ...Object.keys(DETAILS)].filter((word) => !isUsed(word));
  assert.deepEqual(words, []);
});
