/** What the program is bundled with, and what is left out of it. */
import type { BuildOptions, Plugin } from 'esbuild';

/** Bundles wrtc but for the file that loads its native part: by a path it computes, from its own folder. */
const nativeBinding: Plugin = {
  name: 'native-binding',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^\.\/binding$/ }, ({ importer }) =>
      /[\\/]wrtc[\\/]lib[\\/]\w+\.js$/.test(importer) ? { path: 'wrtc/lib/binding.js', external: true } : undefined,
    );
  },
};

/** Leaves out the HTTP requests of Engine.IO's polling: this program connects by WebSocket alone. */
const noPolling: Plugin = {
  name: 'no-polling',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^xmlhttprequest-ssl$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'export default undefined;' }));
  },
};

/** Large, and of use to few servers: each is a file of its own, loaded where it is asked for. */
export const SEPARATE = ['redis', '@socket.io/cluster-adapter'];

/** How everything that runs as the product does is bundled. */
export const OPTIONS = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // Names stay, for whoever reads a stack.
  minifyWhitespace: true,
  minifySyntax: true,
  // A script that is compiled by itself has no `import()`.
  supported: { 'dynamic-import': false },
  external: SEPARATE,
  plugins: [nativeBinding, noPolling],
  logLevel: 'warning',
} satisfies BuildOptions;
