/** A stranger who makes handshakes fail again and again: the user is told once, and then how often. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, ready } from '../../peer/crypto/index.ts';
import { encodeCard } from '../../shared/card.ts';
import { EvilServer } from './evil-server.ts';
import { CODE } from './hostile-server-pair.ts';
import { LoneProgram } from './lone-program.ts';
import { Program } from './program.ts';

before(ready);

/** Somebody comes, sends ABORT and leaves. */
function visit(program: LoneProgram): void {
  const ghost = program.ghost();
  program.came(ghost);
  program.frame(ghost, Uint8Array.of(FLIGHT.abort, 3));
  program.left(ghost);
}

/** The errors that strangers caused, with how often each happened again. */
function told(program: LoneProgram) {
  const errors = program.events.filter((event) => event.type === 'error' && event.error.code !== 'nobody-yet');
  return errors.flatMap((event) => (event.type === 'error' ? [[event.error.code, event.times ?? 'first']] : []));
}

test('tells once of 300 strangers in a minute who break the handshake off, and then how many there were', () => {
  const program = new LoneProgram();
  program.joined();
  for (let count = 0; count < 300; count += 1) {
    visit(program);
    program.pass(200);
  }
  assert.deepEqual(told(program), [
    ['peer-abort', 'first'],
    ['peer-abort', 299],
  ]);
});

test('counts each kind of failure apart, and tells at once of one that has not happened for a minute', () => {
  const program = new LoneProgram();
  program.joined();
  visit(program);
  const damaged = { id: 'odd', card: encodeCard({ versions: [9], nonce: new Uint8Array(16) }) };
  program.came(damaged);
  visit(program);
  assert.deepEqual(told(program), [
    ['peer-abort', 'first'],
    ['version', 'first'],
  ]);
  program.pass(60_000);
  assert.deepEqual(told(program).slice(2), [['peer-abort', 1]]);
  program.pass(60_000);
  visit(program);
  assert.deepEqual(told(program).slice(3), [['peer-abort', 'first']]);
});

test('tells before the end of what was only counted', () => {
  const program = new LoneProgram();
  program.joined();
  for (let count = 0; count < 5; count += 1) visit(program);
  program.give({ type: 'interrupted' });
  assert.deepEqual(told(program).slice(1), [['peer-abort', 4]]);
  assert.equal(program.exit, 130);
});

test('a program tells its user once of many who break the handshake off, and still lets a friend in', async (t) => {
  const server = await EvilServer.start(t);
  const alice = new Program(t, { server: server.url, code: CODE, name: 'alice' });
  const guest = await server.guest(0);
  for (let count = 0; count < 12; count += 1) {
    const ghost = guest.ghost(`stranger${count}`);
    await ghost.inbox.next(FLIGHT.hello);
    ghost.send(Uint8Array.of(FLIGHT.abort, 3));
    guest.left(`stranger${count}`);
  }
  const bob = new Program(t, { server: server.url, code: CODE, name: 'bob' });
  await Promise.all([alice, bob].map((program) => program.event('peer', { status: 'connected' })));
  assert.equal(await alice.quit(), 0);
  const errors = alice.all('error').map(({ code, times }) => [code, times]);
  assert.deepEqual(errors, [
    ['peer-abort', undefined],
    ['peer-abort', 11],
  ]);
});
