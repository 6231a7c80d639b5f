/**
 * Ends the program under a Node that it does not run on. Imported before everything else, and bundled for so old a Node
 * that it can say so: no `node:`, nothing newer than ES2019.
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
