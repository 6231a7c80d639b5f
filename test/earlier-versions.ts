/** Earlier versions of the program, built from the history of this repository, for tests that let two versions meet. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A version that today's program must talk with. */
export interface EarlierVersion {
  readonly name: string;
  /** Its commit, in full: a clone may have no tags. */
  readonly commit: string;
}

/** The last three releases, the newest first. A release adds itself here and removes the fourth. */
export const EARLIER_VERSIONS: readonly EarlierVersion[] = [
  { name: '0.1.0', commit: 'd2094c2cd289c99a73709a9f44819cc5bd24be0b' },
];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOCK = 'package-lock.json';
/** Time for installing the packages of a version, in ms. Without a network npm would try for much longer. */
const INSTALL_PATIENCE = 120_000;

/** Why a version cannot be built here, or null where it can. */
export function whyNotBuildable({ name, commit }: EarlierVersion): string | null {
  const { status, error } = spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT });
  if (status === 0) return null;
  const cause = error === undefined ? `this clone does not have commit ${commit}` : error.message;
  return `version ${name} cannot be built: ${cause}; a shallow clone gets it with "git fetch --unshallow"`;
}

/** A version in a folder of its own. */
export class BuiltVersion {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Checks the version out and builds it. Throws where that fails. */
  static build({ commit }: EarlierVersion): BuiltVersion {
    const folder = mkdtempSync(join(tmpdir(), 'aparte-version-'));
    const source = join(folder, 'source');
    try {
      mkdirSync(source);
      const archive = join(folder, 'source.tar');
      execFileSync('git', ['archive', '--output', archive, commit], { cwd: ROOT });
      execFileSync('tar', ['-xf', archive, '-C', source]);
      installDependencies(source);
      execFileSync(process.execPath, ['--import', 'tsx', 'build/main.ts'], { cwd: source });
      return new BuiltVersion(folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Absolute path of the built program. */
  get program(): string {
    return join(this.#folder, 'source', 'dist', 'main.js');
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Gives a version the packages of its lock file: ours where they are the same, else from the registry. */
function installDependencies(folder: string): void {
  const [theirs, ours] = [folder, ROOT].map(integrities);
  if ([...(theirs ?? [])].every(([place, integrity]) => ours?.get(place) === integrity)) {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  } else {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    execFileSync('npm', ['ci', ...flags], { cwd: folder, timeout: INSTALL_PATIENCE });
  }
}

/** The packages of a lock file: hash by place. */
function integrities(folder: string): ReadonlyMap<string, unknown> {
  const lock = JSON.parse(readFileSync(join(folder, LOCK), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
  };
  const packages = Object.entries(lock.packages).filter(([place]) => place !== '');
  return new Map(packages.map(([place, { integrity }]) => [place, integrity]));
}
