/** The built program runs as it is installed: by its own name, wherever it is called from. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };

const PROGRAM = fileURLToPath(new URL(`../${manifest.bin.aparte}`, import.meta.url));

test('the program that package.json names can be executed', {
  skip: process.platform === 'win32' && 'no executable bit',
}, () => {
  assert.equal(execFileSync(PROGRAM, ['--version'], { cwd: tmpdir(), encoding: 'utf8' }), `${manifest.version}\n`);
});

test('what the bundle leaves out is found from its folder', () => {
  const script = `const { createRequire } = require('node:module');
    createRequire(${JSON.stringify(PROGRAM)})('wrtc/lib/binding.js');`;
  execFileSync(process.execPath, ['-e', script], { cwd: tmpdir() });
});
