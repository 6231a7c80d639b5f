/** The identity file: the only key on disk. It is made once and never silently replaced. */
import { chmod, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { base64url } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import {
  createRecord,
  keepAside,
  keptAside,
  key,
  namesIn,
  type Owner,
  readRecord,
  removeLeftovers,
  systemCode,
} from './atomic-files.ts';

const NAME = 'identity.json';
/** Permissions of everybody but the owner. */
const OTHERS = 0o077;

/** This device's long-term secret, as found or made. */
export interface StoredIdentity {
  /** 32 bytes. The caller wipes them after use. */
  readonly secret: Uint8Array;
  /** The path of the file, if others on this machine could read or change it until now; else null. */
  readonly wasOpen: string | null;
}

/**
 * Reads the identity in `folder`. If there never was one, makes it from the 32 bytes of `make`, which are wiped here.
 * Programs that start at once all get the same. Throws `corrupt-data` for a damaged file, and at each later start until
 * the user has put a good copy back or deleted the damaged one; `newer-data`; `data-folder` for a file of another user.
 */
export async function loadIdentity(folder: string, owner: Owner, make: () => Uint8Array): Promise<StoredIdentity> {
  const path = join(folder, NAME);
  const wasOpen = (await closeToOthers(path, owner)) ? path : null;
  let found = await readRecord(path, { secret: key }, owner);
  if (found === 'absent') {
    const names = await namesIn(folder);
    if (keptAside(names, NAME).length > 0) throw damaged(names);
    await removeLeftovers(folder, names);
    const secret = make();
    await createRecord(path, { secret: base64url(secret) });
    secret.fill(0);
    // Reads the file again: another program may have been first.
    found = await readRecord(path, { secret: key }, owner);
  }
  if (found === 'absent') throw new AparteError('data-folder', { key: 'file-vanished', file: NAME });
  if (found === 'damaged') {
    await keepAside(path);
    throw damaged(await namesIn(folder));
  }
  return { secret: found.value.secret, wasOpen };
}

/** Takes a file's permissions from everybody but the owner. Returns whether somebody had any. */
async function closeToOthers(path: string, owner: Owner): Promise<boolean> {
  try {
    const stats = await stat(path);
    if (stats.uid !== owner || !stats.isFile() || (stats.mode & OTHERS) === 0) return false;
    await chmod(path, 0o600);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function damaged(names: readonly string[]): AparteError {
  const aside = keptAside(names, NAME).at(-1) ?? NAME;
  return new AparteError('corrupt-data', { key: 'damaged-identity', file: NAME, aside });
}
