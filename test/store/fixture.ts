/** What the tests of the data folder share. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { KnownPeer } from '../../peer/core/facts-and-orders.ts';
import { openStore, type Store } from '../../peer/store/data-folder.ts';

/** An identity. */
export const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
/** Makes {@link SECRET}. */
export const make = () => SECRET.slice();
/** Fails: no identity may be made here. */
export const never = () => assert.fail('a new identity was made');

/** A path for a data folder that does not exist yet. */
export function freshFolder(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'aparte-store-'));
  t.after(() => rmSync(parent, { recursive: true }));
  return join(parent, 'data');
}

/** A peer whose id begins with the byte `first`. */
export function peer(first: number, name = 'ann', verified = false): KnownPeer {
  return { id: Uint8Array.of(first, ...new Uint8Array(31)), name, verified };
}

/** Peers in the order of their names. */
export const byName = (peers: readonly KnownPeer[]) => [...peers].sort((a, b) => a.name.localeCompare(b.name));
/** The mode bits of a file. */
export const mode = (path: string) => statSync(path).mode & 0o777;
/** What is in a folder, sorted. */
export const names = (folder: string) => readdirSync(folder).sort();

/** Opens a data folder as the user who runs the tests. */
export const openFolder = (folder: string): Promise<Store> => openStore(folder, process.geteuid?.() ?? null);
