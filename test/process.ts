/** What programs in processes of their own find around them. */
import { devNull } from 'node:os';

/** The environment of whatever is started: nothing of the shell that runs us, and nowhere to keep data unless given. */
export function environment(home = devNull): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: home, APARTE_HOME: home };
}
