/** The identity file: the one key on disk. It is made once and never silently replaced. */
import { chmod, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { base64url } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { createRecord, keepAside, keptAside, key, namesIn, readRecord, removeLeftovers } from './atomic-files.ts';

const NAME = 'identity.json';

/** This device's long-term secret, as found or made. */
export interface Identity {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** A sentence for the user where the file was open to others, else null. */
  readonly warning: string | null;
}

/** Closes a file to everybody but its owner. Windows has no such modes; there the profile folder is private. */
async function closeToOthers(path: string): Promise<string | null> {
  if (platform() === 'win32') return null;
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return null;
  await chmod(path, 0o600);
  return `Others on this machine could read or change ${path}; it was closed to them just now.`;
}

function damaged(names: readonly string[]): AparteError {
  const aside = keptAside(names, NAME).at(-1) ?? NAME;
  return new AparteError('corrupt-data', { key: 'damaged-identity', file: NAME, aside });
}

/**
 * Reads the identity in `folder`, or makes one with `make` (32 bytes, wiped here) where there never was one. Of
 * several programs started at once all get the same. Throws `corrupt-data` where it is damaged, and again at each
 * start until the user has put it back or deleted what was kept aside; `newer-data`.
 */
export async function loadIdentity(folder: string, make: () => Uint8Array): Promise<Identity> {
  const path = join(folder, NAME);
  let found = await readRecord(path, { secret: key });
  if (found === 'absent') {
    const names = await namesIn(folder);
    if (keptAside(names, NAME).length > 0) throw damaged(names);
    await removeLeftovers(folder, names);
    const secret = make();
    await createRecord(path, { secret: base64url(secret) });
    secret.fill(0);
    // Not what was made, but what is there: another program may have been first.
    found = await readRecord(path, { secret: key });
  }
  if (found === 'absent') throw new AparteError('data-folder', { key: 'file-vanished', file: NAME });
  if (found === 'damaged') {
    await keepAside(path);
    throw damaged(await namesIn(folder));
  }
  return { secret: found.value.secret, warning: await closeToOthers(path) };
}
