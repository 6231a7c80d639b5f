/**
 * Small files that are whole or absent: written beside their place, synced, then moved there in one step. A reader
 * never sees half of one, whatever is killed when. Failures of the system are thrown as they come.
 */
import { randomUUID } from 'node:crypto';
import { link, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { fromBase64url, fromUtf8, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';

/** Version of every file this program writes. */
const VERSION = 1;
/** A record is a few hundred bytes; whatever is longer is not ours. */
const MAX_RECORD = 4_096;
/** Age in ms from which a temporary file belongs to a process that died. */
const LEFTOVER_AGE = 600_000;
const TEMPORARY = /^\..+\.[0-9a-f-]{36}\.tmp$/;

/** The system's word for a failure (`ENOENT`), null where it has none. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Where the system failed, null where it does not say. Of a temporary file, which nobody knows, the folder. */
export function placeOf(error: Error): string | null {
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

/** The first bytes of a file, one more than `max` where it is longer. */
async function readStart(path: string, max: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
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
 * Reads a record: a JSON object with `version` and what `content` validates, strictly. Throws `newer-data` where a
 * later release wrote it.
 */
export async function readRecord<T extends v.ObjectEntries>(
  path: string,
  content: T,
): Promise<Found<v.InferOutput<v.StrictObjectSchema<T, undefined>>>> {
  let bytes: Uint8Array;
  try {
    bytes = await readStart(path, MAX_RECORD);
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

/** Makes moves within a folder last. */
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

/** Puts a record in place of whatever is there. Mode 0600. */
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
 * Puts a record where nothing is; of several processes that try at once, one does and the others change nothing.
 * Mode 0600.
 */
export async function createRecord(path: string, record: Readonly<Record<string, unknown>>): Promise<void> {
  const temporary = await writeBeside(path, record);
  try {
    // Unlike a rename, a link never replaces.
    await link(temporary, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
  await syncFolder(dirname(path));
}

/** Makes an empty file, if there is none yet. Mode 0600. */
export async function createMark(path: string): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

/** The names in a folder; none where there is no folder. */
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

/** The names among `names` that {@link keepAside} gave to earlier states of the file `name`. */
export function keptAside(names: readonly string[], name: string): string[] {
  return names.filter((each) => each.startsWith(`${name}.corrupt-`)).sort();
}

/** Removes what processes that were killed while writing left among the `names` in a folder. */
export async function removeLeftovers(folder: string, names: readonly string[]): Promise<void> {
  for (const path of names.filter((name) => TEMPORARY.test(name)).map((name) => join(folder, name))) {
    try {
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > LEFTOVER_AGE) await unlink(path);
    } catch {
      // Another process was faster, or the folder cannot be written: nothing depends on it.
    }
  }
}
