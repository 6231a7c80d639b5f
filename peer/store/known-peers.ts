/**
 * The known peers: one file for each peer, named by their identity, and an empty file beside it once the peer is
 * verified. Two programs never rewrite each other's entries, so nothing needs a lock, and damage stays in one entry.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { base32, base64url } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_EARLIER_NAMES, MAX_NAME } from '../../shared/limits.ts';
import type { KnownPeer } from '../core/facts-and-orders.ts';
import {
  createMark,
  keepAside,
  key,
  namesIn,
  type Owner,
  readRecord,
  removeLeftovers,
  replaceRecord,
  requireOwnFolder,
  timeOfMark,
} from './atomic-files.ts';

const label = v.pipe(v.string(), v.maxBytes(MAX_NAME));
const earlierLabels = v.pipe(v.array(label), v.maxLength(MAX_EARLIER_NAMES));
const CONTENT = { id: key, name: label, earlier: v.exactOptional(earlierLabels) };
const FOLDER = 'peers';
/** Names in base32: some file systems take `a` and `A` for the same letter. */
const ENTRY = /^([a-z2-7]{52})\.json$/;

/**
 * All known peers in the data folder. Damaged entries are renamed to `NAME.corrupt-TIME`, then `corrupt-data` names
 * them; the next call succeeds without them. Throws `newer-data`, and `data-folder` for files that others can write.
 */
export async function readPeers(folder: string, owner: Owner): Promise<KnownPeer[]> {
  const path = join(folder, FOLDER);
  const names = await namesIn(path);
  if (names.length > 0) await requireOwnFolder(path, owner);
  await removeLeftovers(path, names);
  const peers: KnownPeer[] = [];
  const damaged: string[] = [];
  for (const name of names) {
    const stem = ENTRY.exec(name)?.[1];
    if (stem === undefined) continue;
    const found = await readRecord(join(path, name), CONTENT, owner);
    if (found === 'absent') continue;
    if (found !== 'damaged' && base32(found.value.id) === stem) {
      const mark = `${stem}.verified`;
      // The mark is never written again, so its time is when the peer was verified.
      const verified = names.includes(mark)
        ? { verified: true, verifiedAt: await timeOfMark(join(path, mark), owner) }
        : { verified: false };
      peers.push({ ...found.value, ...verified });
      continue;
    }
    await keepAside(join(path, name));
    damaged.push(join(FOLDER, name));
  }
  if (damaged.length > 0) throw new AparteError('corrupt-data', { key: 'damaged-files', files: damaged });
  return peers;
}

/** Keeps a peer's names, and once `verified` was set, that the peer is verified. */
export async function rememberPeer(
  folder: string,
  owner: Owner,
  { id, name, earlier = [], verified }: KnownPeer,
): Promise<void> {
  const path = join(folder, FOLDER);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await requireOwnFolder(path, owner);
  const stem = join(path, base32(id));
  const found = await readRecord(`${stem}.json`, CONTENT, owner);
  if (found === 'damaged') await keepAside(`${stem}.json`);
  const content = { id: base64url(id), name, ...(earlier.length > 0 && { earlier: [...earlier] }) };
  const before = typeof found === 'object' ? { ...found.value, id: base64url(found.value.id) } : null;
  if (!isDeepStrictEqual(before, content)) await replaceRecord(`${stem}.json`, content);
  if (verified) await createMark(`${stem}.verified`, owner);
}
