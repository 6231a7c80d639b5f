/** What the program needs of the system, checked before anybody is met: a failure later would cost the code. */
import { closeSync, existsSync, openSync } from 'node:fs';
import { devNull, networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { AparteError } from '../../shared/errors.ts';
import { webRtcName } from './load-webrtc.ts';

/**
 * Files that a conversation may open besides those open at its start, and as many more for each address of the machine.
 * Without them the native part of WebRTC aborts, or the program hangs. Measured on Linux: 22 more files with one address,
 * and two more for each further one.
 */
const FILES_NEEDED = 64;
const FILES_PER_ADDRESS = 3;
/** The packages with the native module of each WebRTC implementation, which is not bundled: see `load-webrtc.ts`. */
const NATIVE_PACKAGES = { 'node-datachannel': '@node-datachannel', wrtc: 'wrtc' } as const;

/** Throws `cannot-run` unless WebAssembly is there, which all cryptography needs. */
export function requireWebAssembly(): void {
  if (typeof WebAssembly === 'undefined') throw new AparteError('cannot-run', { key: 'no-webassembly' });
}

/** Throws `cannot-run` unless this system can make direct connections. `folder` holds the program. */
export function requireWebRtc(folder: string): void {
  if (!isInstalled(NATIVE_PACKAGES[webRtcName()], folder))
    throw new AparteError('cannot-run', { key: 'server-only-folder', folder });
  const addresses = Object.values(networkInterfaces()).flat().length;
  const needed = FILES_NEEDED + FILES_PER_ADDRESS * addresses;
  if (!canOpen(needed)) throw new AparteError('cannot-run', { key: 'too-few-files', needed });
}

/** Whether Node finds a library from `folder`: in the `node_modules` there or in a folder above. */
function isInstalled(library: string, folder: string): boolean {
  if (existsSync(join(folder, 'node_modules', library))) return true;
  return dirname(folder) !== folder && isInstalled(library, dirname(folder));
}

/** Whether so many more files can be open at once. Tries it, as no other way works on every system. */
function canOpen(count: number): boolean {
  const files: number[] = [];
  try {
    while (files.length < count) files.push(openSync(devNull, 'r'));
    return true;
  } catch {
    return false;
  } finally {
    for (const file of files) closeSync(file);
  }
}
