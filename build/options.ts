/** The esbuild options of the program, and the libraries that are left out of the bundle. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { BuildOptions, Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** Bundles wrtc except the file that loads its native module: it computes the path from its own folder. */
const nativeBinding: Plugin = {
  name: 'native-binding',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^\.\/binding$/ }, ({ importer }) =>
      /[\\/]wrtc[\\/]lib[\\/]\w+\.js$/.test(importer) ? { path: 'wrtc/lib/binding.js', external: true } : undefined,
    );
  },
};

/**
 * Bundles node-datachannel except its native module, which is a package for each platform that Node finds above the
 * bundle. The bundle does not look for a local build: it would look for that outside its own package.
 */
const nativeDataChannel: Plugin = {
  name: 'native-data-channel',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^node-datachannel$/ }, ({ path }) => ({ path: require.resolve(path) }));
    bundler.onLoad({ filter: /[\\/]node-datachannel\.cjs$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(/const candidateLocalPaths = \[[^\]]*\];/, 'const candidateLocalPaths = [];');
      if (contents === source) throw new Error(`${path} loads its native module in another way`);
      return { contents };
    });
  },
};

/** Leaves out Engine.IO's HTTP polling: this program connects by WebSocket only. */
const noPolling: Plugin = {
  name: 'no-polling',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^xmlhttprequest-ssl$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'export default undefined;' }));
  },
};

/** Large libraries that few servers need. Each becomes a file of its own that is loaded on demand. */
export const SEPARATE = ['redis'];

/** The options for the program, and for everything else that must run exactly as the program does. */
export const OPTIONS = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // Identifiers are kept so that stack traces are readable.
  minifyWhitespace: true,
  minifySyntax: true,
  // A script compiled with `vm.Script` has no `import()`.
  supported: { 'dynamic-import': false },
  external: SEPARATE,
  plugins: [nativeBinding, nativeDataChannel, noPolling],
  logLevel: 'warning',
} satisfies BuildOptions;
