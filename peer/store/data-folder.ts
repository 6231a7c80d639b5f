/** The data folder: this device's identity and the peers it knows. Nothing else of a peer writes to disk. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AparteError } from '../../shared/errors.ts';
import type { KnownPeer } from '../core/facts-and-orders.ts';
import { failedPath, type Owner, requireOwnFolder, systemCode } from './atomic-files.ts';
import { loadIdentity, type StoredIdentity } from './identity-file.ts';
import { readPeers, rememberPeer } from './known-peers.ts';

export { defaultDataFolder, homeFolder } from './data-folder-path.ts';

/**
 * An open data folder. Every method throws `data-folder` when the system refuses (permissions, a full or read-only disk)
 * or a file is not the owner's, `corrupt-data` for a damaged file and `newer-data` for a file of a later release.
 */
export interface Store {
  /** The identity. If there never was one, `make` gives 32 fresh bytes, which are wiped here. */
  identity(make: () => Uint8Array): Promise<StoredIdentity>;
  /** All known peers, in no order. */
  peers(): Promise<KnownPeer[]>;
  /** Keeps a peer's name, and that they are verified once `verified` is set. Calls take effect in order. */
  remember(peer: KnownPeer): Promise<void>;
}

/**
 * Opens the data folder `folder`, and makes it (mode 0700) if there is none. `owner` is the number of the user. Throws
 * `data-folder`, also when the folder belongs to another user or others can write to it.
 */
export async function openStore(folder: string, owner: Owner): Promise<Store> {
  const named = <T>(work: Promise<T>) => withPath(folder, work);
  await named(makeFolder(resolve(folder)));
  await named(requireOwnFolder(folder, owner));
  let last: Promise<unknown> = Promise.resolve();
  return {
    identity: (make) => named(loadIdentity(folder, owner, make)),
    peers: () => named(readPeers(folder, owner)),
    remember(peer) {
      const done = last.then(() => named(rememberPeer(folder, owner, peer)));
      last = done.catch(() => undefined);
      return done;
    },
  };
}

/** Turns a failure of the system into `data-folder` with its code and path. */
async function withPath<T>(folder: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = systemCode(error);
    if (code === null || error instanceof AparteError || !(error instanceof Error)) throw error;
    const failure = new AparteError('data-folder', { key: 'file-error', code, path: failedPath(error) ?? folder });
    failure.cause = error;
    throw failure;
  }
}

/**
 * Makes a folder (mode 0700) and what is missing above it. `mkdir` with `recursive` never ends when a system answers
 * ENOENT below a folder that exists, as Linux does in /proc.
 */
async function makeFolder(path: string, isParentMade = false): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && !isParentMade && dirname(path) !== path) {
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
