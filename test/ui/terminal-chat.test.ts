/** The chat in a real terminal: what a person sees, whatever happens while they write. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hasTmux, Terminal, unfolded } from './terminal/tmux.ts';

const skip = hasTmux ? false : 'tmux is not installed';
const LINK = { path: 'direct', protocol: 'udp', rttMs: 12 };
const IDLE = { type: 'waiting', state: { for: null, since: 0, until: null }, link: LINK };
const PEER = {
  type: 'peer',
  peer: 'p',
  id: 'AAAA',
  name: 'anna',
  status: 'connected',
  path: 'direct',
  protocol: 'udp',
  rtt: 12,
  trust: 'known',
  safety: null,
};

let terminal: Terminal;
let id = 0;

function message(text: string): object {
  id += 1;
  return { type: 'message', id: String(id), peer: 'p', name: 'anna', text, at: new Date().toISOString() };
}

/** The screen without the times. */
const timeless = (screen: string) => screen.replaceAll(/^\d\d:\d\d(>?) /gm, '$1');
/** The screen without blanks and line ends, since the prompt wraps. */
const flat = (screen: string) => screen.replaceAll(/\s/g, '');
const lastLines = (screen: string, count: number) => screen.split('\n').slice(-count);

before(async () => {
  if (!hasTmux) return;
  terminal = new Terminal();
  await terminal.open();
});

after(() => {
  if (hasTmux) terminal.close();
});

test('a chat in a terminal', { skip, timeout: 100_000 }, async (t) => {
  terminal.keys('stty -g', 'Enter');
  const modes = /^[0-9a-f]+(:[0-9a-f]+)+$/m.exec(
    await terminal.until((screen) => /^[0-9a-f]+(:[0-9a-f]+)+$/m.test(screen)),
  )?.[0];
  assert.ok(modes);

  await t.test('says for how long it waits', async () => {
    terminal.start();
    await terminal.told('open');
    // The clock of the program starts with the program.
    terminal.order({ type: 'waiting', state: { for: 'peer', since: -65_000, until: null }, link: null });
    const first = await terminal.until((screen) =>
      /waiting for the other side, 6\d s · Ctrl-C to leave\n>$/.test(screen),
    );
    const shown = /side, (\d+) s/.exec(first)?.[1];
    await terminal.until((screen) => /side, (\d+) s/.exec(screen)?.[1] !== shown);
    terminal.order(PEER);
    terminal.order(IDLE);
    await terminal.until((screen) => screen.endsWith('direct (UDP), 12 ms\n>'));
  });

  await t.test('keeps the prompt while messages come in, and sends what was written', async () => {
    terminal.type('half a 日本 sen');
    await terminal.told('typing');
    terminal.order(message('hello 👩\u200d🚀'));
    terminal.order(message('two\nlines\x1b[2J'));
    const screen = await terminal.until((now) => now.includes('lines') && now.endsWith('half a 日本 sen'));
    assert.deepEqual(lastLines(timeless(screen), 5), [
      'anna: hello 👩\u200d🚀',
      'anna: two',
      '      lines\\x1b[2J',
      'direct (UDP), 12 ms',
      '> half a 日本 sen',
    ]);
    assert.match(terminal.cursor(), /^17,/);
    terminal.type('tence');
    terminal.keys('Enter');
    assert.deepEqual(await terminal.told('send'), { type: 'send', text: 'half a 日本 sentence', ref: '1' });
    await terminal.until((now) =>
      timeless(now).endsWith('>you: half a 日本 sentence\ndirect (UDP), 12 ms · 1 undelivered\n>'),
    );
    terminal.order({ type: 'sent', id: 'a', ref: '1' });
    terminal.order({ type: 'delivered', id: 'a', peer: 'p' });
    await terminal.until((now) => timeless(now).endsWith('>you: half a 日本 sentence ✓\ndirect (UDP), 12 ms\n>'));
  });

  await t.test('takes a paste of four lines as one message', async () => {
    terminal.paste('one\ntwo\nthree\nfour');
    await terminal.until((screen) => screen.endsWith('> one\n  two\n  three\n  four'));
    terminal.keys('Enter');
    assert.deepEqual(await terminal.told('send'), { type: 'send', text: 'one\ntwo\nthree\nfour', ref: '2' });
    terminal.order({ type: 'sent', id: 'b', ref: '2' });
    terminal.order({ type: 'delivered', id: 'b', peer: 'p' });
    await terminal.until((now) =>
      timeless(now).endsWith('>you: one\n       two\n       three\n       four ✓\ndirect (UDP), 12 ms\n>'),
    );
  });

  await t.test('says of a paste that is too long what else is possible', async () => {
    terminal.paste('x'.repeat(65_537));
    const screen = await terminal.until((now) => now.includes('was left out.') && now.endsWith('12 ms\n>'));
    assert.match(screen, /left out\.\n {2}A message has at most 65,536 bytes\. To send more, use "aparte send"\./);
  });

  await t.test('survives resizing, with wide characters and text coming in', async () => {
    const draft = `a draft that is longer than the narrow terminal is wide, ${'日本語'.repeat(5)}`;
    terminal.type(draft);
    await terminal.until((screen) => flat(screen).endsWith(flat(draft)));
    const long = `${'incoming '.repeat(9)}日本語 end`;
    for (const [columns, rows] of [
      [46, 14],
      [40, 12],
      [100, 24],
      [80, 20],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.told('resize');
      terminal.order(message(`${long} ${columns}`));
      await terminal.until((now) => unfolded(now).includes(`${long} ${columns}`) && flat(now).endsWith(flat(draft)));
    }
    const screen = timeless(
      await terminal.until((now) => unfolded(now).includes('end 80') && flat(now).endsWith(flat(draft))),
    );
    for (const columns of [46, 40, 100, 80]) {
      assert.equal(
        unfolded(screen).split(`anna: ${long} ${columns}\n`).length,
        2,
        `message at ${columns} columns:\n${screen}`,
      );
    }
    assert.equal(screen.split('direct (UDP), 12 ms').length, 2, `one status line:\n${screen}`);
    assert.equal(screen.split('> a draft').length, 2, `one prompt:\n${screen}`);
    terminal.keys('C-u');
    await terminal.until((now) => now.endsWith('direct (UDP), 12 ms\n>'));
  });

  await t.test('keeps one status line with emoji that the terminal draws wider than others do', async () => {
    const draft = '👍🏽 🇩🇪 '.repeat(12);
    terminal.type(`${draft}end`);
    await terminal.until((screen) => flat(screen).endsWith('end'));
    for (const text of ['first 🇩🇪', 'second 👍🏽']) {
      terminal.order(message(text));
      await terminal.until((screen) => screen.includes(`anna: ${text}`) && flat(screen).endsWith('end'));
    }
    const screen = await terminal.until((now) => now.includes('second') && flat(now).endsWith('end'));
    assert.equal(screen.split('direct (UDP), 12 ms').length, 2, `one status line:\n${screen}`);
    terminal.keys('C-u');
    await terminal.until((now) => now.endsWith('direct (UDP), 12 ms\n>'));
  });

  await t.test('answers commands itself', async () => {
    terminal.type('/nonsense');
    terminal.keys('Enter');
    await terminal.until((screen) => screen.includes('There is no command /nonsense') && screen.endsWith('ms\n>'));
    terminal.type('/peers');
    terminal.keys('Enter');
    await terminal.until((screen) => screen.includes('anna: connected, direct; known key'));
  });

  await t.test('ends a paste whose end mark never comes, and recognizes one that comes in two parts', async () => {
    terminal.bytes('\x1b[200~no end');
    await terminal.until((screen) => screen.endsWith('> no end'));
    terminal.type('!');
    await terminal.until((screen) => screen.endsWith('> no end!'));
    terminal.keys('C-u');
    terminal.bytes('\x1b[200~two\rlines\x1b');
    // Half a second after the escape character, Node counts it as a key.
    await terminal.told('escape');
    terminal.bytes('[201~');
    await terminal.until((screen) => screen.endsWith('> two\n  lines'));
    terminal.type('!');
    await terminal.until((screen) => screen.endsWith('> two\n  lines!'));
    terminal.keys('C-g');
    await terminal.until((screen) => screen.endsWith('direct (UDP), 12 ms\n>'));
  });

  await t.test('never starts a row of a peer at the left edge', async () => {
    const first = terminal.rows().length - 4;
    for (const blank of [' ', '\u00a0', '\u3164', '\u2800', '\u{1d159}']) {
      terminal.order(message(`${'x'.repeat(64)}👩\u200d👩\u200d👧🇩🇪00:41>${blank}you:${blank}agreed${blank}✓`));
      await terminal.told('shown');
    }
    terminal.order(message('end of rows'));
    await terminal.until((screen) => screen.includes('anna: end of rows'));
    const rows = terminal.rows().slice(first);
    const edge = rows.filter((row) => /^\S/.test(row) && !/^\d\d:\d\d anna: /.test(row));
    assert.deepEqual(edge.slice(-2), ['direct (UDP), 12 ms', '>']);
    assert.ok(
      edge.every((row) => !row.includes('you: agreed')),
      edge.join('\n'),
    );
    assert.equal(rows.filter((row) => row.includes('00:41>')).length, 5);
  });

  await t.test('puts the date above the first message of a new day, after a stop too', async () => {
    const at = (day: number, hour: number) => new Date(2030, 0, day, hour, 59).toISOString();
    terminal.order({ ...message('tomorrow is near'), at: at(1, 23) });
    await terminal.until((screen) => /— Tuesday,? 1 January 2030\n23:59 anna: tomorrow is near\n/.test(screen));
    terminal.keys('C-z');
    await terminal.until((screen) => /Stopped[^\n]*\nready>$/.test(screen));
    terminal.keys('fg', 'Enter');
    terminal.order({ ...message('a new day'), at: at(2, 0) });
    terminal.order({ ...message('the same day'), at: at(2, 1) });
    await terminal.until((screen) =>
      /— Wednesday,? 2 January 2030\n00:59 anna: a new day\n01:59 anna: the same day\n/.test(screen),
    );
  });

  await t.test('makes the code stand out, and shows it again on /code until it was used', async () => {
    terminal.order({ type: 'code', code: '7-ocean-violin', invite: null });
    await terminal.until((screen) => screen.includes('aparte --lan 7-ocean-violin'));
    const row = terminal.rows(true).find((each) => each.includes('The code is'));
    assert.match(row ?? '', /^— The code is {2}\x1b\[1m7-ocean-violin/);
    terminal.type('/code');
    terminal.keys('Enter');
    await terminal.until((screen) => screen.includes('The code was 7-ocean-violin. It has been used'));
  });

  await t.test('says on /verify since when a key is verified', async () => {
    const safety = Array.from({ length: 12 }, () => '12345').join(' ');
    const verifiedAt = new Date(2026, 0, 1, 9, 5).toISOString();
    terminal.order({ ...PEER, trust: 'verified', safety, verifiedAt });
    terminal.type('/verify');
    terminal.keys('Enter');
    await terminal.until((screen) =>
      /Safety number with anna, which you verified on 1 January 2026 at 09:05:\n( {4}12345( 12345){3}\n){3}direct/.test(
        screen,
      ),
    );
    terminal.order(PEER);
  });

  await t.test('lists the choices on Tab, and completes the only one', async () => {
    terminal.type('/');
    terminal.keys('Tab');
    await terminal.until((screen) => /— \/help {2}\/peers {2}\/code .*\n[^\n]*\n> \/$/.test(screen));
    terminal.type('ver');
    terminal.keys('Tab');
    await terminal.until((screen) => screen.endsWith('> /verify'));
    terminal.type(' a');
    terminal.keys('Tab');
    await terminal.until((screen) => screen.endsWith('> /verify anna'));
    terminal.keys('C-u');
  });

  await t.test('can be stopped and continued', async () => {
    terminal.type('kept');
    await terminal.until((screen) => screen.endsWith('> kept'));
    terminal.keys('C-z');
    await terminal.until((screen) => /Stopped[^\n]*\nready>$/.test(screen));
    terminal.keys('fg', 'Enter');
    await terminal.until((screen) => screen.endsWith('direct (UDP), 12 ms\n> kept'));
    terminal.type('!');
    await terminal.until((screen) => screen.endsWith('> kept!'));
  });

  await t.test('lists the latest messages that wait to be delivered', async () => {
    terminal.keys('C-u');
    for (const text of ['first', 'second', 'third', 'fourth', 'fifth']) {
      terminal.type(text);
      terminal.keys('Enter');
    }
    const screen = timeless(await terminal.until((now) => now.includes('5 undelivered') && now.endsWith('>')));
    assert.match(screen, /\n… 2 earlier\n>you: third\n>you: fourth\n>you: fifth\n[^\n]*5 undelivered\n>$/);
    for (const ref of ['3', '4', '5', '6', '7']) {
      terminal.order({ type: 'sent', id: ref, ref });
      terminal.order({ type: 'delivered', id: ref, peer: 'p' });
    }
    await terminal.until((now) => now.includes('you: fifth ✓') && now.endsWith('direct (UDP), 12 ms\n>'));
  });

  await t.test('leaves nothing behind: no rows, no modes', async () => {
    terminal.keys('C-u');
    terminal.type('never arrived');
    terminal.keys('Enter');
    await terminal.told('send');
    terminal.keys('C-c');
    await terminal.told('interrupted');
    terminal.order({ type: 'close' });
    const screen = timeless(await terminal.until((now) => now.endsWith('ready>')));
    assert.ok(screen.endsWith('>you: never arrived (not delivered)\nready>'), screen);
    assert.ok(!screen.includes('direct (UDP), 12 ms'), screen);
    terminal.keys('stty -g', 'Enter');
    await terminal.until((now) => now.endsWith(`stty -g\n${modes}\nready>`));
  });

  await t.test('keeps what is typed at the end from the shell', async () => {
    terminal.start();
    await terminal.told('open');
    terminal.order({ type: 'end', reason: 'peer-left', exit: 0 });
    terminal.order({ type: 'close', deaf: 500 });
    await terminal.told('deaf');
    terminal.type('rm');
    const screen = await terminal.until((now) => now.endsWith('ready>'));
    assert.ok(!screen.includes('rm'), screen);
    // If the shell had got it, it would be in this line, too.
    terminal.type('echo all');
    await terminal.until((now) => now.endsWith('ready> echo all'));
    terminal.keys('C-u');
  });

  await t.test('keeps what is typed after the other side ended the chat, until Enter', async () => {
    for (const typed of ['', 'secret']) {
      terminal.start();
      await terminal.told('open');
      terminal.order(PEER);
      terminal.order(IDLE);
      await terminal.until((screen) => screen.endsWith('direct (UDP), 12 ms\n>'));
      terminal.order({ ...PEER, status: 'left', path: null });
      terminal.order({ type: 'end', reason: 'peer-left', exit: 0 });
      terminal.order({ type: 'dismiss' });
      await terminal.until((screen) =>
        screen.endsWith('anna has left.\nThe chat is over. Nothing more is sent. Press Enter to close.\n>'),
      );
      terminal.type(typed);
      await terminal.until((screen) => screen.endsWith(`> ${typed}`.trimEnd()));
      terminal.keys('Enter');
      const screen = await terminal.until((now) => now.endsWith('ready>'));
      assert.equal(screen.includes('Not sent:\n  secret\nready>'), typed !== '', screen);
    }
  });

  await t.test('ends at once where nobody came, and where the user asked for it', async () => {
    for (const [type, reason] of [
      ['code', 'timeout'],
      ['peer', 'left'],
      ['peer', 'interrupted'],
    ]) {
      terminal.start();
      await terminal.told('open');
      terminal.order(type === 'peer' ? PEER : { type: 'code', code: '7-a-b', invite: null });
      terminal.order({ type: 'end', reason, exit: 0 });
      terminal.order({ type: 'dismiss' });
      await terminal.until((now) => now.endsWith('ready>'));
    }
  });

  await t.test('takes pasted lines as one message in a terminal that does not mark pastes', async () => {
    for (const term of ['linux', 'vt100', 'dumb']) {
      terminal.start({ environment: `TERM=${term}` });
      await terminal.told('open');
      terminal.paste('one\ntwo\nthree\nfour\nfive', false);
      await terminal.until((screen) => screen.endsWith('> one\n  two\n  three\n  four\n  five'));
      terminal.keys('Enter');
      const text = 'one\ntwo\nthree\nfour\nfive';
      assert.deepEqual(await terminal.told('send'), { type: 'send', text, ref: '1' });
      terminal.order({ type: 'close' });
      await terminal.until((screen) => screen.endsWith('ready>'));
    }
  });

  await t.test('leaves later pastes unmarked', async () => {
    terminal.start({ next: 'cat -v' });
    await terminal.told('open');
    await terminal.until((screen) => screen.endsWith('>'));
    terminal.order({ type: 'close' });
    await terminal.until((screen) => screen === '');
    terminal.paste('unbracketed\n');
    await terminal.until((screen) => screen === 'unbracketed\nunbracketed');
    terminal.keys('C-d');
    await terminal.until((screen) => screen.endsWith('ready>'));
  });

  await t.test('asks for a code with Tab, asks again, and leaves the keyboard to the chat', async () => {
    terminal.start({ argument: 'ask' });
    await terminal.until((screen) => screen.endsWith('Code:'));
    terminal.type('7-oce');
    terminal.keys('Tab');
    await terminal.until((screen) => screen.endsWith('Code: 7-ocean-'));
    terminal.type('vio');
    terminal.keys('Tab');
    await terminal.until((screen) => screen.endsWith('Code: 7-ocean-violin'));
    terminal.keys('Enter');
    await terminal.until((screen) => screen.endsWith('Sure? (yes/no)'));
    terminal.type('perhaps');
    terminal.keys('Enter');
    await terminal.until((screen) => screen.endsWith('perhaps\nPlease type yes or no. Sure? (yes/no)'));
    terminal.type('yes');
    terminal.keys('Enter');
    assert.deepEqual(await terminal.told('asked'), { type: 'asked', code: '7-ocean-violin', sure: true });
    await terminal.told('open');
    terminal.type('hello');
    terminal.keys('Enter');
    assert.deepEqual(await terminal.told('send'), { type: 'send', text: 'hello', ref: '1' });
    terminal.keys('C-d');
    await terminal.told('ended');
    terminal.order({ type: 'close' });
    await terminal.until((screen) => screen.endsWith('ready>'));
  });
});
