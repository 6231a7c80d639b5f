/** Many pairings in a row, with two processes each: every one succeeds, none hangs, none crashes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshCode, Sandbox } from '../cli/program.ts';

const PAIRINGS = 200;
/** Time limit (ms) for all pairings. */
const DEADLINE = 240_000;

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(() => sandbox.close());

/** Sends a text from one program to another. Returns the time (ms) from the start of both to the end of both. */
async function pairing(number: number): Promise<number> {
  const [code, text] = [freshCode(), `text ${number}`];
  const send = () => sandbox.run(['send', '--server', sandbox.server, '--text', text, code]);
  const receive = () => sandbox.run(['receive', '--server', sandbox.server, code]);
  const began = performance.now();
  const programs = number % 2 === 0 ? [send(), receive()] : [receive(), send()];
  await Promise.all(programs.map((program) => program.exits(0)));
  const heard = programs.map(({ stdout }) => stdout).join('');
  assert.equal(heard, `${text}\n`);
  return performance.now() - began;
}

test(`${PAIRINGS} pairings in a row succeed`, { timeout: DEADLINE }, async (t) => {
  const took: number[] = [];
  for (let number = 0; number < PAIRINGS; number += 1) took.push(await pairing(number));
  took.sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(took[Math.ceil(share * took.length) - 1] ?? 0)} ms`;
  t.diagnostic(`fastest ${at(1 / PAIRINGS)}, median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}, slowest ${at(1)}`);
});
