/** Wrong command lines and environments, and what the program must say about each. */

import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox, Setting } from './program.ts';

/** What the program must say, the arguments, and how the program is started. */
type Wrong = readonly [why: RegExp, args: readonly string[], setting?: Setting];

const README = fileURLToPath(new URL('../../README.md', import.meta.url));

/** All mistakes. */
const WRONG: readonly Wrong[] = [
  [/unknown option '--nonsense'/, ['--nonsense']],
  [/unknown option '--nonsense'/, ['chat', '--nonsense']],
  [/unknown option '--servr' \(Did you mean --server\?\)/, ['send', '--servr', 'http://localhost:1']],
  [/too many arguments/, ['chat', '7-ocean-violin', 'extra']],
  [/too many arguments/, ['7-ocean-violin', 'extra']],
  [/too many arguments.*\naparte: a code with blanks in it needs quotes/, ['7-ocean', 'violin']],
  [/too many arguments.*\naparte: see "aparte id --help"/, ['id', 'extra']],
  [/unknown option '--nonsense'\naparte: see "aparte receive --help"/, ['receive', '--nonsense']],
  [/invite for manual pairing.*\n.*aparte --manual/, [`ap1i${'Ab_-'.repeat(50)}`]],
  [/invite for manual pairing.*\n.*aparte receive --manual/, ['receive', `ap1i${'Ab-c'.repeat(50)}`]],
  [/this is an answer of manual pairing\.\n.*Paste it where/, ['chat', `ap1a${'Ab_-'.repeat(50)}`]],
  [/too many arguments/, ['peers', 'extra']],
  [/too many arguments/, ['signal', 'extra']],
  [/argument missing/, ['chat', '--name']],
  [/--stun or APARTE_STUN names no server\.\n.*stun:HOST/, ['chat', '--stun', 'http://a.org']],
  [/--stun or APARTE_STUN names no server\.\n.*stun:HOST/, ['chat'], { env: { APARTE_STUN: 'stun:a.org stun:' } }],
  [/names no server\.\n.*turn:USER:PASSWORD@HOST/, ['send', '--turn', 'turn:a.org']],
  [/Allowed choices are never, allow, only/, ['receive', '--relay', 'always']],
  [/--lan needs no server\.\n.*eave out --server/, ['chat', '--lan', '--server', 'http://localhost:1']],
  [/--lan listens on all local networks by itself/, ['send', '--lan', '--host', '0.0.0.0', '--text', 'x']],
  [/--host starts a server inside/, ['chat', '--host', '0.0.0.0', '--server', 'http://localhost:1']],
  [/An IP address of this machine/, ['chat', '--host', 'example.org']],
  [/an invite names a server.*--lan\.\n.*only the code/, ['receive', '--lan', 'http://localhost:1/#7-ocean-violin']],
  [
    /an invite names a server.*--host\.\n.*only the code/,
    ['chat', '--host', '::1', 'http://localhost:1/#7-ocean-violin'],
  ],
  [/did you mean the command "receive"/, ['recieve', '7-ocean-violin']],
  [/did you mean the command "receive"/, ['--plain', 'recieve']],
  [/--turn or APARTE_TURN names no server/, ['send', '--text', 'x'], { env: { APARTE_TURN: 'foo' } }],
  [/not a code: it has no dash/, ['chat', 'ocean']],
  [/not a code: it has no dash/, ['send', '--text', 'x', 'ocean']],
  [/not a code: it has no dash/, ['receive', '7-']],
  [/not a code: it has no dash/, ['chat', ' 7 - ']],
  [/not a code: it has no dash/, ['chat', '7', '--json']],
  [/letters a to z or digits/, ['chat', 'ü-ocean']],
  [/longer than 128 characters/, ['chat', `7-${'x'.repeat(129)}`]],
  [/control character/, ['chat', '7-a\u0007b']],
  [/An invite looks like/, ['chat', 'http://localhost:1/path#7-a-b']],
  [/not a code: it has no dash/, ['chat'], { env: { APARTE_CODE: 'ocean' } }],
  [/no code was given/, ['receive']],
  [/no code was given/, ['chat', '-']],
  [/A server address looks like/, ['chat', '--server', 'ftp://localhost']],
  [/A server address looks like/, ['chat', '--server', 'localhost:7470']],
  [/A server address looks like/, ['chat', '--server', 'http://localhost/path']],
  [/A server address looks like/, ['chat', '--server', 'http://a.org,b.org']],
  [/4 servers at most/, ['chat', '--server', 'http://a,http://b,http://c,http://d,http://e']],
  [/A server address looks like/, ['chat'], { env: { APARTE_SERVER: 'localhost' } }],
  [/Not a number of seconds/, ['chat', '--timeout', '0']],
  [/Not a number of seconds/, ['chat', '--timeout', '1e3']],
  [/Not a number of seconds/, ['chat', '--reconnect', '-1']],
  [/24 hours \(86400\) at most/, ['chat', '--reconnect', '86401']],
  [/24 hours \(86400\) at most/, ['chat', '--reconnect', '99999999']],
  [/1000000 seconds at most/, ['send', '--timeout', '1000001']],
  [/at least one character/, ['chat', '--name', ' ']],
  [/at most 64 bytes/, ['chat', '--name', 'é'.repeat(33)]],
  [/A folder needs a name/, ['id', '--data', '']],
  [/A folder needs a name/, ['chat', '--json', '--data', '']],
  [/nothing to send/, ['send', '--text', '', '7-ocean-violin']],
  [/standard input is empty/, ['send', '7-ocean-violin']],
  [/not UTF-8 text\.\n.*Encode it/, ['send', '7-ocean-violin'], { input: Uint8Array.of(0x61, 0xc3, 0x28) }],
  [/not UTF-8 text/, ['send', '7-ocean-violin'], { input: Uint8Array.of(0x61, 0xe2, 0x82) }],
  [
    /not UTF-8 text/,
    ['send', '7-ocean-violin'],
    { input: Buffer.concat([Buffer.from('a'), Buffer.alloc(70_000, 0x80)]) },
  ],
  [/not UTF-8 text/, ['send', '7-ocean-violin'], { input: Buffer.alloc(200_000, 0xff) }],
  [/README\.md is a file or folder.*\n.*aparte send CODE < FILE/, ['send', README]],
  [/is a file or folder/, ['send', '--text', 'x', dirname(README)]],
  [/too many arguments.*\naparte: files cannot be sent by name yet/, ['send', '7-garden-otter', README]],
  [
    /too many arguments for 'receive'.*\naparte: a code with blanks in it needs quotes/,
    ['receive', '7-garden-otter', README],
  ],
  [/whole command line with options/, ['receive', 'aparte receive --lan 7-garden-otter']],
  [/port must be a number/, ['signal', '--port', '65536']],
];

/** The first of each kind of mistake. */
export function firstOfEachKind(): Wrong[] {
  return WRONG.filter(([why], index) => WRONG.findIndex(([other]) => other.source === why.source) === index);
}

/** The mistakes that are not the first of their kind. */
export function furtherOfEachKind(): Wrong[] {
  const first = new Set(firstOfEachKind());
  return WRONG.filter((wrong) => !first.has(wrong));
}

/** The arguments, short enough for the title of a test. */
export function title(args: readonly string[]): string {
  return args.map((arg) => (arg.length > 40 ? `${arg.slice(0, 8)}…` : JSON.stringify(arg).slice(1, -1))).join(' ');
}

/**
 * Demands two lines on standard error, what happened and what to do, and nothing on standard output but the two events
 * for scripts.
 */
export async function refused(
  sandbox: Sandbox,
  args: readonly string[],
  exit: number,
  why: RegExp,
  setting: Setting = {},
): Promise<void> {
  const program = await sandbox.run(args, { input: '', ...setting }).exits(exit);
  if (args.includes('--json')) {
    const told = program.events.map((event) => [event.type, event['fatal'] ?? event['exit']]);
    assert.deepEqual(told, [
      ['error', true],
      ['end', exit],
    ]);
  } else assert.equal(program.stdout, '', args.join(' '));
  assert.match(program.stderr, /^aparte: .*[^\n]\naparte: .*[^\n]\n$/, args.join(' '));
  assert.match(program.stderr, why, args.join(' '));
}
