/** What typed lines mean. Nothing is sent by mistake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandHelp, complete, parseLine } from '../../peer/ui/chat-commands.ts';
import { completeCode } from '../../peer/ui/questions.ts';

test('takes a line that is no command as text', () => {
  assert.deepEqual(parseLine('hello /quit'), { type: 'text', text: 'hello /quit' });
  assert.deepEqual(parseLine('//etc/hosts'), { type: 'text', text: '/etc/hosts' });
  assert.deepEqual(parseLine('/quit\nsecond line'), { type: 'text', text: '/quit\nsecond line' });
  assert.deepEqual(parseLine(' /quit'), { type: 'text', text: ' /quit' });
});

test('reads commands and their arguments', () => {
  assert.deepEqual(parseLine('/quit'), { type: 'quit' });
  assert.deepEqual(parseLine('/HELP  '), { type: 'help' });
  assert.deepEqual(parseLine('/peers'), { type: 'peers' });
  assert.deepEqual(parseLine('/code'), { type: 'code' });
  assert.deepEqual(parseLine('/verify'), { type: 'verify', name: null, compared: false });
  assert.deepEqual(parseLine('/verify Yes'), { type: 'verify', name: null, compared: true });
  assert.deepEqual(parseLine('/verify anna b  yes'), { type: 'verify', name: 'anna b', compared: true });
});

test('sends nothing for an unknown command, and says which one was meant', () => {
  for (const [typed, advice] of [
    ['/qiut', /Did you mean \/quit\?/],
    ['/ver', /Did you mean \/verify\?/],
    ['/etc/hosts', /Type \/help for the list\..*\/\//],
    ['/quit now', /Usage: \/quit/],
    ['/', /There is no command/],
  ] as const) {
    const line = parseLine(typed);
    assert.equal(line.type, 'mistake', typed);
    assert.match(line.sentence, advice);
  }
});

test('lists every command in the help, within 65 columns', () => {
  const help = commandHelp();
  const { choices } = complete('/', []);
  assert.ok(choices.length > 4);
  for (const name of choices) assert.ok(help.some((line) => line.startsWith(name)));
  for (const line of help) assert.notEqual(parseLine(/^\/\w+/.exec(line)?.[0] ?? '').type, 'mistake', line);
  assert.ok(help.every((line) => line.length <= 65));
});

test('completes commands and names, and lists the choices', () => {
  assert.deepEqual(complete('/ve', []), { insert: 'rify', choices: ['/verify'] });
  assert.deepEqual(complete('/x', []), { insert: '', choices: [] });
  assert.deepEqual(complete('hello', ['hello']), { insert: '', choices: [] });
  assert.deepEqual(complete('', ['anna']), { insert: '', choices: [] });
  assert.deepEqual(complete('/', []).choices, ['/help', '/peers', '/code', '/verify', '/quit']);
  assert.deepEqual(complete('/verify ', ['anna', 'Anton']), { insert: 'an', choices: ['anna', 'Anton'] });
  assert.deepEqual(complete('/verify an', ['anna', 'Anton']), { insert: '', choices: ['anna', 'Anton'] });
  assert.deepEqual(complete('/verify ant', ['anna', 'Anton']), { insert: 'on', choices: ['Anton'] });
});

test('completes the words of a code', () => {
  const words = ['ocean', 'octave', 'violin'];
  assert.deepEqual(completeCode('7', words), []);
  assert.deepEqual(completeCode('7-', words), []);
  assert.deepEqual(completeCode('7-oc', words), ['7-ocean-', '7-octave-']);
  assert.deepEqual(completeCode('7-ocean-v', words), ['7-ocean-violin']);
  assert.deepEqual(completeCode('7 Ocean V', words), ['7-ocean-violin']);
});
