/** Where the data of this program lives on each platform. */
import { homedir, userInfo } from 'node:os';
import { isAbsolute, posix, win32 } from 'node:path';
import { AparteError } from '../../shared/errors.ts';

/**
 * The data folder when the user names none: `$XDG_DATA_HOME/aparte` or `~/.local/share/aparte` (XDG Base Directory
 * Specification 0.8, which ignores relative values), `~/Library/Application Support/aparte` on macOS, `%APPDATA%\\aparte`
 * on Windows. `home` is asked only if it is needed; its errors are passed on.
 */
export function defaultDataFolder(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  home: () => string,
): string {
  if (platform === 'win32') return win32.join(env['APPDATA'] || win32.join(home(), 'AppData', 'Roaming'), 'aparte');
  if (platform === 'darwin') return posix.join(home(), 'Library', 'Application Support', 'aparte');
  const xdg = env['XDG_DATA_HOME'] ?? '';
  return posix.join(posix.isAbsolute(xdg) ? xdg : posix.join(home(), '.local', 'share'), 'aparte');
}

/**
 * The home folder of the user: `$HOME` (`%USERPROFILE%` on Windows), or that of the account if it is no absolute path. A
 * relative one would mean another identity in each folder. Throws `data-folder` if there is neither.
 */
export function homeFolder(ofEnvironment = homedir, ofAccount = () => userInfo().homedir): string {
  for (const find of [ofEnvironment, ofAccount]) {
    try {
      const home = find();
      if (isAbsolute(home)) return home;
    } catch {
      // The account is in no list of this machine. `homedir` asks that list too when HOME is not set.
    }
  }
  throw new AparteError('data-folder', { key: 'no-home' });
}
