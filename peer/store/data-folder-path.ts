/** Where the data of this program lives on each platform. */
import { posix, win32 } from 'node:path';

/**
 * The data folder where the user names none: the platform's usual place below `home`. `$XDG_DATA_HOME/aparte` or
 * `~/.local/share/aparte` (XDG Base Directory Specification 0.8, which has relative values ignored),
 * `~/Library/Application Support/aparte` on macOS, `%APPDATA%\aparte` on Windows.
 */
export function dataFolder(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (platform === 'win32') return win32.join(env['APPDATA'] || win32.join(home, 'AppData', 'Roaming'), 'aparte');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'aparte');
  const xdg = env['XDG_DATA_HOME'] ?? '';
  return posix.join(posix.isAbsolute(xdg) ? xdg : posix.join(home, '.local', 'share'), 'aparte');
}
