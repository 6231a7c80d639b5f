/** A real program that is killed and started again with the same code and data folder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, Program } from '../hostile/program.ts';
import { serve } from '../signaling/test-server.ts';

test('tells both sides when a program is killed and started again with the same code', async (t) => {
  const { url } = await serve(t);
  const start = (name: string, data: string) =>
    new Program(t, { server: url, code: '7-ocean-violin', name, data, patience: 60_000 });
  const human = start('human', folder(t));
  const data = folder(t);
  const bot = start('bot', data);
  await Promise.all([human, bot].map((program) => program.event('peer', { status: 'connected' })));
  bot.kill('SIGKILL');
  await bot.end();
  await human.event('peer', { status: 'reconnecting' });
  const again = start('bot', data);
  const told = [human.event('error', { code: 'not-back' }), again.event('error', { code: 'nobody-yet' })];
  for (const error of await Promise.all(told)) {
    assert.equal(error.fatal, false);
    assert.match(error.hint, /code/);
  }
  // The code stays good for nobody else, also not for the same identity.
  assert.deepEqual(again.standing, []);
  assert.deepEqual([await human.quit(), await again.quit()], [0, 0]);
});
