/** The import rules of docs/ARCHITECTURE.md hold, and the checks find deliberate violations. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { MODULES, moduleOf, mutualImports, violations } from './architecture/rules.ts';
import { readSources } from './architecture/source.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PRODUCT = ['shared', 'signaling', 'peer'];
const AROUND = ['test', 'bench', 'build'];
/** Fewer files mean that the search is broken. */
const FEWEST_FILES = 25;

test('every product file keeps to the import rules of its module', () => {
  const sources = readSources(ROOT, PRODUCT);
  const found = sources.flatMap((source) => violations(source).map((what) => `${source.path} ${what}`));
  assert.deepEqual(found, []);
  assert.ok(sources.length >= FEWEST_FILES, `only ${sources.length} files checked`);
  const checked = new Set(sources.map(({ path }) => moduleOf(path)?.at));
  for (const { at } of MODULES) assert.ok(checked.has(at), `no file checked in ${at}`);
});

test('no two files import each other, not even types', () => {
  assert.deepEqual(mutualImports(readSources(ROOT, [...PRODUCT, ...AROUND])), []);
});

test('finds two files that import each other, by whichever path and kind of import', () => {
  const copy = mkdtempSync(join(tmpdir(), 'aparte-architecture-'));
  try {
    mkdirSync(join(copy, 'shared'));
    writeFileSync(join(copy, 'shared/one.ts'), "import type { Two } from './two.ts';\nexport type One = Two;");
    writeFileSync(join(copy, 'shared/two.ts'), "export type Two = import('../shared/one.ts').One | 2;");
    writeFileSync(join(copy, 'shared/three.ts'), "import type { One } from './one.ts';\nexport type Three = One;");
    assert.deepEqual(mutualImports(readSources(copy, ['shared'])), ['shared/one.ts and shared/two.ts']);
  } finally {
    rmSync(copy, { recursive: true });
  }
});

/** Deliberate violations: path, text, and the violation that must be reported. */
const PLANTED: readonly (readonly [path: string, text: string, what: string])[] = [
  ['shared/p1.ts', "import { readFileSync } from 'node:fs';", 'may not import node:fs'],
  ['shared/p2.ts', "export * from '../peer/core/facts-and-orders.ts';", 'may not import peer/core/facts-and-orders.ts'],
  ['shared/p3.ts', "import { Command } from 'commander';", 'may not import commander'],
  ['shared/p4.ts', 'export const page = document.title;', 'uses document'],
  ['signaling/p1.ts', "import type { Link } from '../peer/link/link.ts';", 'may not import peer/link/link.ts'],
  ['signaling/p2.ts', "type Link = import('../peer/link/link.ts').Link;", 'may not import peer/link/link.ts'],
  ['signaling/p3.ts', "await import('../peer/link/link.ts');", 'may not import peer/link/link.ts'],
  ['signaling/p4.ts', "export type { Link } from '../peer/link/link.ts';", 'may not import peer/link/link.ts'],
  ['signaling/p5.ts', 'await import(`../peer/${name}.ts`);', 'imports what is not a literal'],
  ['signaling/p6.ts', "import link = require('../peer/link/link.ts');", 'imports what is not a literal'],
  ['signaling/p7.ts', "import { env } from 'node:process';", 'may not import node:process'],
  ['signaling/p8.ts', "const link = require('../peer/link/link.ts');", 'uses require'],
  ['signaling/p9.ts', 'export const home = process.env.HOME;', 'touches the process'],
  ['signaling/main.ts', 'export const home = process.env.HOME;', 'touches the process'],
  ['signaling/p10.ts', "export const home = globalThis['process'];", 'touches the process'],
  ['peer/crypto/p1.ts', "import '../core/facts-and-orders.ts';", 'may not import peer/core/facts-and-orders.ts'],
  ['peer/core/p1.ts', "import { readFileSync } from 'fs';", 'may not import fs'],
  ['peer/core/p2.ts', "import { hash } from '../crypto/sodium.ts';", 'may not import peer/crypto/sodium.ts'],
  ['peer/core/p3.ts', "import { openLink } from '../link/link.ts';", 'may not import peer/link/link.ts'],
  ['peer/core/p4.ts', "import { type Link } from '../link/link.ts';", 'may not import peer/link/link.ts'],
  ['peer/core/p5.ts', 'export const now = Date.now();', 'uses Date.now'],
  ['peer/core/p6.ts', 'export const now = new Date();', 'uses new Date()'],
  ['peer/core/p7.ts', 'export const chance = Math.random();', 'uses Math.random'],
  ['peer/core/p8.ts', 'setTimeout(() => {}, 1);', 'uses setTimeout'],
  ['peer/core/p9.ts', 'await null;', 'uses await'],
  ['peer/core/p10.ts', 'export async function step() {}', 'uses async'],
  ['peer/core/p11.ts', "import sodium from 'libsodium-wrappers';", 'may not import libsodium-wrappers'],
  ['peer/core/p12.ts', "import type { Ui } from '../ui/ui.ts';", 'may not import peer/ui/ui.ts'],
  ['peer/core/p13.ts', "import type { Client } from '../client.ts';", 'may not import peer/client.ts'],
  [
    'peer/core/p14.ts',
    "import type { openLink } from '../link/webrtc-link.ts';",
    'may not import peer/link/webrtc-link.ts',
  ],
  ['peer/client.ts', "import type { Ui } from './ui/ui.ts';", 'may not import peer/ui/ui.ts'],
  ['peer/link/p1.ts', "import sodium from 'libsodium-wrappers';", 'may not import libsodium-wrappers'],
  ['peer/link/p2.ts', "import 'simple-peer'; import 'wrtc';", 'imports more than one library'],
  [
    'peer/link/p3.ts',
    "import type { ChatEvent } from '../core/facts-and-orders.ts';",
    'may not import peer/core/facts-and-orders.ts',
  ],
  ['peer/link/p4.ts', "import { connect } from 'node:net';", 'may not import node:net'],
  ['peer/link/p5.ts', 'export const empty = Buffer.alloc(0);', 'uses Buffer'],
  ['peer/rendezvous/p1.ts', "import '../crypto/index.ts';", 'may not import peer/crypto/index.ts'],
  ['peer/rendezvous/p2.ts', "import { connect } from 'node:net';", 'may not import node:net'],
  ['peer/rendezvous/lan/p1.ts', "import { readFileSync } from 'node:fs';", 'may not import node:fs'],
  ['peer/rendezvous/lan/p2.ts', "import { Server } from 'socket.io';", 'may not import socket.io'],
  ['peer/store/p1.ts', "import '../crypto/index.ts';", 'may not import peer/crypto/index.ts'],
  [
    'peer/store/p2.ts',
    "import type { ConversationState } from '../core/conversation-state.ts';",
    'may not import peer/core/conversation-state.ts',
  ],
  ['peer/ui/p1.ts', "import { connect } from 'node:net';", 'may not import node:net'],
  ['peer/ui/p2.ts', "import { step } from '../core/session.ts';", 'may not import peer/core/session.ts'],
  ['peer/ui/p3.ts', "import type { Link } from '../link/link.ts';", 'may not import peer/link/link.ts'],
  ['peer/main/p1.ts', "import '../crypto/sodium.ts';", 'may not import peer/crypto/sodium.ts'],
  ['peer/main/p2.ts', "import 'libsodium-wrappers';", 'may not import libsodium-wrappers'],
  ['peer/main/p3.ts', "import '../../test/run.ts';", 'may not import test/run.ts'],
  ['peer/p1.ts', '', 'is in no module: add it to the table of modules'],
];

test('reports each deliberate violation once, for the right reason', () => {
  const copy = mkdtempSync(join(tmpdir(), 'aparte-architecture-'));
  try {
    for (const folder of PRODUCT) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
    for (const [path, text] of PLANTED) writeFileSync(join(copy, path), text);
    const found = new Map(readSources(copy, PRODUCT).map((source) => [source.path, violations(source)]));
    for (const [path, , what] of PLANTED) assert.deepEqual(found.get(path), [what], path);
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test('does not report code that only looks like a violation', () => {
  const copy = mkdtempSync(join(tmpdir(), 'aparte-architecture-'));
  const text = `/** Does not await, needs no process; see Date.now. */
    import type { Link } from '../link/link.ts';
    export const at = (now: number) => new Date(now).toISOString();
    export interface Step { process: string; setTimeout(): void }
    export const words = (step: Step) => [step.process, 'await', { process: 1 }];`;
  try {
    cpSync(join(ROOT, 'peer/core'), join(copy, 'peer/core'), { recursive: true });
    writeFileSync(join(copy, 'peer/core/p1.ts'), text);
    const planted = readSources(copy, ['peer']).filter(({ path }) => path === 'peer/core/p1.ts');
    assert.deepEqual(planted.map(violations), [[]]);
  } finally {
    rmSync(copy, { recursive: true });
  }
});

/** The parts of the lock file that the tests check. */
const LockFile = v.object({
  packages: v.record(
    v.string(),
    v.object({
      integrity: v.optional(v.string()),
      optionalDependencies: v.optional(v.record(v.string(), v.string())),
    }),
  ),
});
const LOCK = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');

test('the lock file names no host and has a hash for every package', () => {
  assert.doesNotMatch(LOCK, /"resolved"/);
  const { packages } = v.parse(LockFile, JSON.parse(LOCK));
  const others = Object.entries(packages).filter(([place]) => place !== '');
  assert.ok(others.length > 100);
  assert.deepEqual(
    others.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')).map(([place]) => place),
    [],
  );
});

test('the lock file names the optional packages of every platform, which npm ci requires', () => {
  const { packages } = v.parse(LockFile, JSON.parse(LOCK));
  const named = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((name) => !Object.keys(packages).some((place) => place.endsWith(`node_modules/${name}`))),
    [],
  );
});
