/** Keeps memory, and with it keys, texts and codes, out of core dumps. */
import { writeFileSync } from 'node:fs';

/** Linux: which memory a core dump of this process holds, as a bit mask (core(5)). */
const FILTER = '/proc/self/coredump_filter';

/**
 * Has Linux leave all memory of this process out of a core dump; registers and the list of threads stay in it. Does
 * nothing on other systems, which offer no such switch without native code.
 */
export function leaveMemoryOutOfCoreDumps(): void {
  try {
    writeFileSync(FILTER, '0');
  } catch {
    // Not Linux, or a kernel without core dumps.
  }
}
