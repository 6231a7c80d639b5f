/**
 * Small files of one owner that are whole or absent: written under another name, synced, then renamed in one step. A
 * reader never sees half a file, whatever is killed when. Failures of the system are thrown as they come.
 */
import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { fromBase64url, fromUtf8, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';

/** Version of every file this program writes. */
const VERSION = 1;
/** Bytes of a record. Ours are a few hundred; a longer file is not ours. */
const MAX_RECORD = 4_096;
/** Age from which a temporary file belongs to a process that died, in ms. */
const LEFTOVER_AGE = 600_000;
const TEMPORARY = /^\..+\.[0-9a-f-]{36}\.tmp$/;

/** The system's word for a failure, such as `ENOENT`; null: it has none. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The path at which the system failed, null if unknown. For a temporary file, whose name tells users nothing, its folder. */
export function failedPath(error: Error): string | null {
  if (!('path' in error) || typeof error.path !== 'string') return null;
  return TEMPORARY.test(basename(error.path)) ? dirname(error.path) : error.path;
}

/** Validates 32 bytes in canonical base64url. */
export const key = v.pipe(
  v.string(),
  v.length(43),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return fromBase64url(dataset.value);
    } catch {
      addIssue();
      return NEVER;
    }
  }),
);

/** What reading a record found: its content, or why there is none. */
export type Found<T> = { readonly value: T } | 'absent' | 'damaged';

/** Who owns the files of the data folder: the user's number, null on a system without such owners (Windows). */
export type Owner = number | null;

/** Opening a FIFO or a device would wait without this flag, or do worse. Windows has neither, nor the flag. */
const NO_WAIT = constants.O_NONBLOCK ?? 0;
/** Permissions to write that are not the owner's. */
const OTHERS_WRITE = 0o022;

/** Throws `data-folder` unless the folder at `path` is the owner's and nobody else can put files into it. */
export async function requireOwnFolder(path: string, owner: Owner): Promise<void> {
  if (owner === null) return;
  const { uid, mode } = await stat(path);
  requireOwner(path, uid, owner);
  if ((mode & OTHERS_WRITE) !== 0) throw new AparteError('data-folder', { key: 'open-to-others', path });
}

/** The status of an open file. Throws `data-folder` unless it is a regular file that only its owner, the user, can write. */
async function requireOwnFile(path: string, file: FileHandle, owner: Owner): Promise<Stats> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new AparteError('data-folder', { key: 'not-a-file', path });
  if (owner !== null) {
    requireOwner(path, stats.uid, owner);
    if ((stats.mode & OTHERS_WRITE) !== 0) throw new AparteError('data-folder', { key: 'open-to-others', path });
  }
  return stats;
}

function requireOwner(path: string, uid: number, owner: number): void {
  if (uid !== owner) throw new AparteError('data-folder', { key: 'owned-by-another', path });
}

/** The first bytes of a file, one more than `max` if it is longer. */
async function readStart(path: string, max: number, owner: Owner): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | NO_WAIT);
  try {
    await requireOwnFile(path, file, owner);
    const buffer = new Uint8Array(max + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}

/**
 * Reads a record: a JSON object with `version` and what `content` validates, strictly. Throws `newer-data` when a later
 * release wrote it, and `data-folder` when it is not a regular file of the owner.
 */
export async function readRecord<T extends v.ObjectEntries>(
  path: string,
  content: T,
  owner: Owner,
): Promise<Found<v.InferOutput<v.StrictObjectSchema<T, undefined>>>> {
  let bytes: Uint8Array;
  try {
    bytes = await readStart(path, MAX_RECORD, owner);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'absent';
    throw error;
  }
  if (bytes.length > MAX_RECORD) return 'damaged';
  let record: unknown;
  try {
    record = JSON.parse(fromUtf8(bytes));
  } catch {
    return 'damaged';
  }
  const version = v.safeParse(v.looseObject({ version: v.pipe(v.number(), v.safeInteger()) }), record);
  if (!version.success) return 'damaged';
  const { version: found, ...rest } = version.output;
  if (found > VERSION) throw new AparteError('newer-data', { key: 'newer-file', file: basename(path) });
  const parsed = v.safeParse(v.strictObject(content), rest);
  return found === VERSION && parsed.success ? { value: parsed.output } : 'damaged';
}

/** Makes renames within a folder survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; its file system keeps the order of such changes by itself.
  if (platform() === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeBeside(path: string, record: Readonly<Record<string, unknown>>): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const bytes = utf8(`${JSON.stringify({ version: VERSION, ...record })}\n`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await unlink(temporary);
    throw error;
  } finally {
    bytes.fill(0);
    await file.close();
  }
  return temporary;
}

/** Writes a record in place of whatever is there. Mode 0600. */
export async function replaceRecord(path: string, record: Readonly<Record<string, unknown>>): Promise<void> {
  const temporary = await writeBeside(path, record);
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Writes a record unless there is one. If several processes try at once, one succeeds and the others change nothing.
 * Mode 0600.
 */
export async function createRecord(path: string, record: Readonly<Record<string, unknown>>): Promise<void> {
  const temporary = await writeBeside(path, record);
  try {
    // Unlike a rename, a link never replaces a file.
    await link(temporary, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
  await syncFolder(dirname(path));
}

/** Makes an empty file, if there is none yet. Mode 0600. */
export async function createMark(path: string, owner: Owner): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | NO_WAIT, 0o600);
  try {
    await requireOwnFile(path, file, owner);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

/** When the mark at `path` was made, in ms since the epoch. Throws `data-folder` unless only the owner can have made it. */
export async function timeOfMark(path: string, owner: Owner): Promise<number> {
  const file = await open(path, constants.O_RDONLY | NO_WAIT);
  try {
    const { mtimeMs } = await requireOwnFile(path, file, owner);
    return mtimeMs;
  } finally {
    await file.close();
  }
}

/** The names in a folder; none if there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Moves a damaged file aside as `NAME.corrupt-TIME`, if another process has not done so already. */
export async function keepAside(path: string): Promise<void> {
  const time = new Date().toISOString().replaceAll(/[:.]/g, '');
  try {
    await rename(path, `${path}.corrupt-${time}`);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Those of `names` that {@link keepAside} gave to damaged files of the name `name`, oldest first. */
export function keptAside(names: readonly string[], name: string): string[] {
  return names.filter((each) => each.startsWith(`${name}.corrupt-`)).sort();
}

/** Removes those of `names` in a folder that processes left when they were killed while writing. */
export async function removeLeftovers(folder: string, names: readonly string[]): Promise<void> {
  for (const path of names.filter((name) => TEMPORARY.test(name)).map((name) => join(folder, name))) {
    try {
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > LEFTOVER_AGE) await unlink(path);
    } catch {
      // Another process was faster, or the folder cannot be written. Nothing depends on it.
    }
  }
}
