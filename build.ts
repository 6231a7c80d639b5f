/** Bundles the program into `dist/`: a small `main.js` that starts fast, and chunks it loads when they are needed. */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const OUT = join(ROOT, 'dist');

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

const { outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: ['peer/main.ts'],
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  keepNames: true,
  sourcemap: 'linked',
  sourcesContent: false,
  plugins: [nativeBinding, noPolling],
  // CommonJS dependencies call `require` for Node's own modules, which an ES module does not have.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  write: false,
});

// Each file appears whole: a program that is starting meanwhile reads either the old one or the new one.
mkdirSync(OUT, { recursive: true });
for (const { path, contents } of outputFiles) {
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, contents);
  if (basename(path) === 'main.js') chmodSync(partial, 0o755);
  renameSync(partial, path);
}
const current = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(OUT)) {
  if (!current.has(name)) rmSync(join(OUT, name), { force: true });
}
