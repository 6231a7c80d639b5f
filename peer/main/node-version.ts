/**
 * Ends the program if this Node is too old for it. It is imported before the rest and bundled for an old Node, so it uses
 * no `node:` and nothing newer than ES2019.
 */
import manifest from '../../package.json' with { type: 'json' };

const parts = (version: string): number[] => version.replace(/^\D+/, '').split('.').map(Number);
const [major = 0, minor = 0] = parts(process.versions.node);
const [oldestMajor = 0, oldestMinor = 0] = parts(manifest.engines.node);

if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  const oldest = manifest.engines.node.replace(/^\D+/, '');
  process.stderr.write(`aparte: this is Node ${process.versions.node}, and aparte needs ${oldest} or later\n`);
  process.exit(1);
}
