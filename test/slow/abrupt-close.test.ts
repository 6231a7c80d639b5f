/**
 * A remote peer that closes its WebRTC connection while we send to it never crashes us. `APARTE_CLOSES` says how often it
 * does so in all, 30 times by default; `npm run stress:closes` does it 300 times.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freshCode, type Program, Sandbox } from '../cli/program.ts';
import type { News } from '../hostile/abrupt-peer.ts';

const CLOSES = Number(process.env['APARTE_CLOSES'] ?? 30);
/** How long (ms) all closes of one test may take: a reconnect on a machine with this load takes a second or two. */
const PATIENCE = 60_000 + 5_000 * CLOSES;
/** Texts of the program that wait for delivery. */
const WAITING = 40;
const PEER = fileURLToPath(new URL('../hostile/abrupt-peer.ts', import.meta.url));

const sandbox = new Sandbox();
let load: ChildProcess[] = [];
before(async () => {
  load = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;);']));
  await sandbox.startServer();
});
after(async () => {
  for (const each of load) each.kill('SIGKILL');
  await sandbox.close();
});

/** Says numbered texts until the other side has had enough; resolves with how many. */
async function sayUntil(program: Program, isEnough: () => boolean): Promise<number> {
  let [said, delivered, looked] = [0, 0, 0];
  await program.until('end of the talk', () => {
    const { events } = program;
    for (; looked < events.length; looked += 1) if (events[looked]?.type === 'delivered') delivered += 1;
    if (isEnough()) return said === delivered;
    for (; said - delivered < WAITING; said += 1) program.say(`${said}`);
    return false;
  });
  return said;
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

for (const implementation of ['wrtc', 'node-datachannel']) {
  test(`survives a peer over ${implementation} that closes abruptly, and loses nothing`, {
    timeout: PATIENCE,
  }, async () => {
    const closes = Math.ceil(CLOSES / 2);
    const code = freshCode();
    const program = sandbox.chat('ann', [code], { patience: PATIENCE });
    await program.event('code');
    const args = [implementation, sandbox.server, code, String(closes)];
    const peer = fork(PEER, args, { execArgv: ['--import', 'tsx'] });
    const texts: string[] = [];
    const roles: string[] = [];
    let said: number | null = null;
    peer.on('message', (news: News) => {
      if ('text' in news) texts.push(news.text);
      else if ('closed' in news) roles.push(news.closed);
      else said = news.said;
      // What the program has to say next depends on it.
      program.give({ type: 'typing', on: false });
    });
    await program.event('peer', { status: 'connected' });
    const sent = await sayUntil(program, () => said !== null);
    assert.equal(roles.length, closes);
    assert.deepEqual(new Set(roles), new Set(['offer', 'answer']), 'the program had both roles');
    const standing = program.events.filter(({ type }) => type === 'peer').map(({ status }) => status);
    assert.equal(standing.filter((status) => status === 'reconnecting').length, closes);
    assert.equal(standing.filter((status) => status === 'connected').length, closes + 1);
    assert.deepEqual(
      program.events.filter(({ type }) => type === 'message').map(({ text }) => text),
      numbered(said ?? 0),
    );
    assert.deepEqual(texts, numbered(sent));
    peer.kill('SIGKILL');
    await once(peer, 'exit');
    program.kill('SIGTERM');
    await program.exits(130);
  });
}
