/** The user's home folder. */
import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import { AparteError } from '../../shared/errors.ts';

/**
 * The home folder that `named` (HOME) says, or that of the account where it says none: one that depended on the current
 * folder would hold another identity in each. Throws `data-folder` where there is neither.
 */
export function homeFolder(named = homedir(), ofAccount = () => userInfo().homedir): string {
  if (isAbsolute(named)) return named;
  try {
    const home = ofAccount();
    if (isAbsolute(home)) return home;
  } catch {
    // The account is in no list of this machine.
  }
  throw new AparteError('data-folder', { key: 'no-home' });
}
