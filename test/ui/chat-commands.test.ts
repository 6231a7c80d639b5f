/** What typed lines mean, and that nothing is sent by mistake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandHelp, completeCommand, parseLine } from '../../peer/ui/chat-commands.ts';
import { completeCode } from '../../peer/ui/questions.ts';

test('what is no command is text', () => {
  assert.deepEqual(parseLine('hello /quit'), { type: 'text', text: 'hello /quit' });
  assert.deepEqual(parseLine('//etc/hosts'), { type: 'text', text: '/etc/hosts' });
  assert.deepEqual(parseLine('/quit\nsecond line'), { type: 'text', text: '/quit\nsecond line' });
  assert.deepEqual(parseLine(' /quit'), { type: 'text', text: ' /quit' });
});

test('commands and their arguments', () => {
  assert.deepEqual(parseLine('/quit'), { type: 'quit' });
  assert.deepEqual(parseLine('/HELP  '), { type: 'help' });
  assert.deepEqual(parseLine('/peers'), { type: 'peers' });
  assert.deepEqual(parseLine('/verify'), { type: 'verify', name: null, compared: false });
  assert.deepEqual(parseLine('/verify Yes'), { type: 'verify', name: null, compared: true });
  assert.deepEqual(parseLine('/verify anna b  yes'), { type: 'verify', name: 'anna b', compared: true });
});

test('an unknown command sends nothing and says what was meant', () => {
  for (const [typed, advice] of [
    ['/qiut', /did you mean \/quit\?/],
    ['/ver', /did you mean \/verify\?/],
    ['/etc/hosts', /\/help lists them\..*\/\//],
    ['/quit now', /Usage: \/quit/],
    ['/', /There is no command/],
  ] as const) {
    const line = parseLine(typed);
    assert.equal(line.type, 'mistake', typed);
    assert.match(line.sentence, advice);
  }
});

test('the help has every command and fits into 60 columns', () => {
  const help = commandHelp();
  for (const name of ['/help', '/quit', '/verify', '/peers']) assert.ok(help.some((line) => line.startsWith(name)));
  assert.ok(help.every((line) => line.length <= 60));
});

test('Tab completes commands and the words of a code', () => {
  assert.equal(completeCommand('/ve'), 'rify');
  assert.equal(completeCommand('/x'), null);
  assert.equal(completeCommand('hello'), null);
  const words = ['ocean', 'octave', 'violin'];
  assert.deepEqual(completeCode('7', words), []);
  assert.deepEqual(completeCode('7-', words), []);
  assert.deepEqual(completeCode('7-oc', words), ['7-ocean-', '7-octave-']);
  assert.deepEqual(completeCode('7-ocean-v', words), ['7-ocean-violin']);
  assert.deepEqual(completeCode('7 Ocean V', words), ['7-ocean-violin']);
});
