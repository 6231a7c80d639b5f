/** Two data folders, so that a bench neither uses the user's identity nor gives both sides the same one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The data folders of the two sides of a bench. */
export interface Homes {
  readonly one: string;
  readonly other: string;
  /** Deletes both. */
  remove(): void;
}

/** Makes two empty data folders. */
export function makeHomes(): Homes {
  const folder = mkdtempSync(join(tmpdir(), 'aparte-bench-'));
  return {
    one: join(folder, 'one'),
    other: join(folder, 'other'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
