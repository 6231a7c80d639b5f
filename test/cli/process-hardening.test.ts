/** What other users of the machine can see of a running program, and what libraries may write. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { APARTE } from '../process.ts';
import { freshCode, Sandbox } from './program.ts';

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(() => sandbox.close());

/** Writes the process's arguments to standard error when the program loads its first module. */
const PEEK = `
const { Module } = require('node:module');
const { readFileSync, writeSync } = require('node:fs');
const load = Module.prototype.require;
Module.prototype.require = function (name) {
  Module.prototype.require = load;
  writeSync(2, 'args: ' + readFileSync('/proc/self/cmdline', 'latin1').replaceAll('\\0', ' ').trim() + '\\n');
  return load.call(this, name);
};`;

describe('the process', { concurrency: 3, skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  test('hides its arguments before it loads anything', async () => {
    const peek = join(sandbox.folder, 'peek.cjs');
    writeFileSync(peek, PEEK);
    const runs = [
      { args: ['receive', '--timeout', '0.1', freshCode()], title: 'aparte' },
      { args: ['chat', freshCode(), '--turn', 'turn:a:secret@b'], title: 'aparte' },
      { args: ['signal', '--turn-url', 'turn:b', '--turn-secret', 'secret', '--port', '0'], title: 'aparte signal' },
    ];
    for (const { args, title } of runs) {
      const program = sandbox.start([process.execPath, '--require', peek, APARTE, ...args]);
      const [, seen] = await program.said(/^args: (.*)\n/);
      assert.equal(seen, title);
      program.kill('SIGKILL');
    }
  });

  test('shows no code among its arguments while it runs', async () => {
    const code = freshCode();
    const chat = sandbox.chat('anna', [code]);
    await chat.event('code');
    assert.doesNotMatch(readFileSync(`/proc/${chat.pid}/cmdline`, 'latin1'), new RegExp(code));
    chat.kill('SIGKILL');
  });
});

test('no library writes to the screen, whatever DEBUG says', async () => {
  const env = { DEBUG: '*', DEBUG_COLORS: '1' };
  const code = freshCode();
  const [anna, bert] = [sandbox.chat('anna', [code], { env }), sandbox.chat('bert', [code], { env })];
  await Promise.all([anna, bert].map((program) => program.event('peer', { status: 'connected' })));
  anna.give({ type: 'quit' });
  await Promise.all([anna.exits(0), bert.exits(0)]);
  assert.deepEqual([anna.stderr, bert.stderr], ['', '']);
  const server = sandbox.run(['signal', '--port', '0'], { env });
  await server.listening();
  server.kill('SIGTERM');
  await server.exits(0);
  assert.doesNotMatch(server.stderr, /engine|socket\.io|ws /);
});
