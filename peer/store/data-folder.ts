/** The data folder: this device's identity and the peers it knows. The only room that writes to disk. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AparteError } from '../../shared/errors.ts';
import type { KnownPeer } from '../core/facts-and-orders.ts';
import { placeOf, systemCode } from './atomic-files.ts';
import { type Identity, loadIdentity } from './identity-file.ts';
import { readPeers, rememberPeer } from './known-peers.ts';

export { dataFolder } from './data-folder-path.ts';
export type { Identity } from './identity-file.ts';

/**
 * An open data folder. Every method throws `data-folder` where the system refuses (permissions, a full or read-only
 * disk), `corrupt-data` for a damaged file and `newer-data` for one that a later release wrote.
 */
export interface Store {
  /** The identity; `make` gives 32 fresh bytes (wiped here) where there never was one. All programs get the same. */
  identity(make: () => Uint8Array): Promise<Identity>;
  /** All known peers, in no order. */
  peers(): Promise<KnownPeer[]>;
  /** Keeps a peer's name, and once `verified` is set that it is, for good. Calls take effect in order. */
  remember(peer: KnownPeer): Promise<void>;
}

/** Names what the system refused, and where in `folder`. */
async function named<T>(folder: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = systemCode(error);
    if (code === null || error instanceof AparteError || !(error instanceof Error)) throw error;
    const failure = new AparteError('data-folder', { key: 'file-error', code, path: placeOf(error) ?? folder });
    failure.cause = error;
    throw failure;
  }
}

/**
 * Makes a folder (mode 0700) and what is missing above it. Not by `mkdir` with `recursive`, which never ends where a
 * system answers ENOENT below a folder that is there, as Linux does in /proc.
 */
async function makeFolder(path: string, made = false): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && !made && dirname(path) !== path) {
      await makeFolder(dirname(path));
      await makeFolder(path, true);
    } else if (!(await isFolder(path))) throw error;
  }
}

/** Whether a folder is there, as far as the system lets us see it. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Opens the data folder `folder`, making it (mode 0700) where there is none. Throws `data-folder`. */
export async function openStore(folder: string): Promise<Store> {
  await named(folder, makeFolder(resolve(folder)));
  let last: Promise<unknown> = Promise.resolve();
  return {
    identity: (make) => named(folder, loadIdentity(folder, make)),
    peers: () => named(folder, readPeers(folder)),
    remember(peer) {
      const done = last.then(() => named(folder, rememberPeer(folder, peer)));
      last = done.catch(() => undefined);
      return done;
    },
  };
}
