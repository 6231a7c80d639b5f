/** The reference in docs/ names everything that the program takes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { COMMAND_HELP } from '../../peer/words/english/chat-commands.ts';
import { EXIT } from '../../shared/errors.ts';
import { Sandbox } from './program.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

const text = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');

/** The options and variables in a help text. */
async function namesIn(command: string): Promise<string[]> {
  const { stdout } = await sandbox.run([command, '--help']).exits(0);
  const names = stdout.match(/(?<![\w-])--[a-z][a-z-]+|APARTE_[A-Z_]+/g) ?? [];
  return [...new Set(names)].filter((name) => name !== '--help');
}

test('docs/CLI.md names every option, variable, chat command and exit code', async () => {
  const reference = text('CLI');
  for (const command of ['chat', 'send', 'receive', 'id', 'peers', 'doctor']) {
    const names = await namesIn(command);
    assert.ok(names.length > 0, command);
    for (const name of names) assert.ok(reference.includes(name), `${command}: ${name}`);
  }
  for (const [usage] of COMMAND_HELP) assert.ok(reference.includes(`\`${usage}\``), usage);
  for (const exit of Object.values(EXIT)) assert.match(reference, new RegExp(`^\\| ${exit} \\|`, 'm'));
});

test('docs/OPERATIONS.md names every option of the server but single limits, or its variable', async () => {
  const reference = text('OPERATIONS');
  const missing = (await namesIn('signal')).filter((name) => {
    if (/^--max-|^APARTE_MAX_/.test(name)) return false;
    const variable = `APARTE_${name.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;
    return !reference.includes(name) && !reference.includes(variable);
  });
  assert.deepEqual(missing, []);
});
