/** Programs that a signal ends while they wait for a peer. */
import assert from 'node:assert/strict';
import { freshCode, type Program, type Sandbox } from './program.ts';

/** Demands that a program has shown no stack trace. */
export function noTrace({ stderr }: Program): void {
  assert.doesNotMatch(stderr, /\n\s+at |Error:|Exception/, stderr);
}

/** Demands that a signal ends each command that waits for a peer with 130. */
export async function interruptedWaiting(sandbox: Sandbox, signal: NodeJS.Signals): Promise<void> {
  const server = ['--server', sandbox.server];
  const chat = sandbox.chat('anna');
  const sender = sandbox.run(['send', '--text', 'x', ...server]);
  const receiver = sandbox.run(['receive', ...server, freshCode()]);
  await chat.event('code');
  await sender.said(/The code is/);
  await receiver.said(/waiting for the other side/);
  for (const program of [chat, sender, receiver]) {
    program.kill(signal);
    await program.exits(130);
    noTrace(program);
  }
}
