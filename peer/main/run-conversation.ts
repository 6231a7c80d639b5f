/** Runs `chat`, `send` and `receive`: opens what the flags ask for, wires it to a conversation, and waits for its end. */
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { Conversation } from '../conversation/conversation.ts';
import { piecesOfStream, piecesOfText, readAhead, type TextPiece, TextStream } from '../conversation/text-stream.ts';
import { ready } from '../crypto/index.ts';
import type { Ui } from '../ui/ui.ts';
import { words } from '../words/index.ts';
import { askForCode } from './ask-for-code.ts';
import { openWay } from './choose-way-to-meet.ts';
import type { ConversationTask } from './command-line.ts';
import { asAparteError, closeOnBugs, exitHard, onSignals } from './exit.ts';
import { openIdentityAndPeers } from './identity-and-peers.ts';
import { loadLink } from './load-webrtc.ts';
import { assertOutputIsOpen, openUi } from './open-ui.ts';
import { isTurnIdle } from './options.ts';
import { complain, say } from './output.ts';
import { VERSION } from './version.ts';

/** How long `send`, `receive` and scripts wait for a server that is out of reach at the start, in ms. */
const SERVER_PATIENCE = 10_000;
/** How long closing the output, the data folder and the server inside may take at the end, in ms. */
const CLOSE_PATIENCE = 2_000;
/** How long `send` reads its input before it meets anybody, in ms: what cannot be sent is refused before. */
const INPUT_PATIENCE = 1_000;

/** Runs a conversation from the first step to meet until the end is shown. Returns the exit code. */
export async function runConversation(task: ConversationTask): Promise<ExitCode> {
  if (task.command !== 'send') assertOutputIsOpen();
  if (isTurnIdle(task)) say(words.RELAY_NOT_ALLOWED);
  const manualInput = task.manual ? await import('./manual-pairing-input.ts') : null;
  const manual = (await manualInput?.askManualPairing(task)) ?? null;
  const given = manual === null ? await askForCode(task, task.command === 'receive') : null;
  const pieces = task.command === 'send' ? await piecesToSend(task.text) : null;
  const [, { way, notes }, known] = await Promise.all([
    ready(),
    openWay(task, given, manual),
    openIdentityAndPeers(task.data),
  ]);
  say(...notes);

  let fault: AparteError | null = null;
  let messages = 0;
  let isAllSent = pieces === null;
  const conversation: Conversation = new Conversation(
    {
      ...task,
      way,
      version: VERSION,
      code: given?.code ?? null,
      identity: known.identity,
      knownPeers: known.peers,
      ice: task,
      loadLink,
      awaitsText: task.command === 'receive' && task.isTimeoutGiven,
      serverPatience: task.command === 'chat' && !task.json ? null : SERVER_PATIENCE,
    },
    {
      render: (event) => {
        if (event.type === 'message') messages += 1;
        stream.event(event);
        // A user who typed the code knows it.
        return event.type === 'code' && given !== null && !task.json ? Promise.resolve() : ui.render(event);
      },
      waiting: (waiting, link) => ui.waiting(waiting, link),
      remember: (peer) => known.remember(peer, warn),
    },
  );
  const stream = new TextStream((command) => conversation.command(command));
  const fail = (error: AparteError) => {
    fault = error;
    complain(error);
    conversation.interrupt();
  };
  const warn = async (failure: AparteError) => {
    // Nothing follows the end event of a script.
    if (task.json && conversation.end !== null) complain(failure);
    else await ui.render({ type: 'error', error: failure, fatal: false }).catch(() => complain(failure));
  };
  const interrupt = interrupter(conversation, () => ui);
  const ui: Ui = await openUi(task, {
    command: (command) => conversation.command(command),
    ended: () => conversation.endInput(),
    interrupted: interrupt,
    fault: fail,
  });
  closeOnBugs(() => ui.close());
  onSignals(interrupt);
  const signalled = new Promise<void>(onSignals);

  const ended = conversation.run();
  if (pieces !== null) {
    const sent = () => {
      isAllSent = true;
      conversation.endInput();
    };
    stream.send(pieces).then(sent, (error: unknown) => fail(asAparteError(error, false)));
  }
  const stopReading = manual === null ? undefined : manualInput?.readAnswers(task, manual, conversation);
  let isWritten = false;
  try {
    await ended;
    await Promise.race([ui.dismissed?.(), signalled]);
  } finally {
    stopReading?.();
    const closed = ui.close().then(() => {
      isWritten = true;
    });
    await within(CLOSE_PATIENCE, closed, known.settled(), way.close());
  }
  const { exit } = await ended;
  if (fault !== null) return (fault as AparteError).exit;
  if (exit === EXIT.ok && !isWritten) throw new AparteError('output-closed', { key: 'output-not-read' });
  if (exit === EXIT.ok && !isAllSent) throw new AparteError('peer-left', { key: 'input-not-all-sent' });
  if (exit === EXIT.ok && task.command === 'receive' && messages === 0) {
    throw new AparteError('peer-left', { key: 'sent-nothing' });
  }
  return exit;
}

/** What Ctrl-C and signals do: at first they ask the conversation to end, then they end the program at once. */
function interrupter(conversation: Conversation, ui: () => Ui): () => void {
  const giveUp = async () => {
    if (conversation.end === null) await ui().render({ type: 'end', reason: 'interrupted', exit: EXIT.interrupted });
    await ui().close();
  };
  let isAsked = false;
  return () => {
    if (isAsked) void within(CLOSE_PATIENCE, giveUp()).then(() => exitHard(EXIT.interrupted));
    else conversation.interrupt();
    isAsked = true;
  };
}

/** The text to send, or standard input if it is null. Throws `usage` if it is empty or its beginning is not UTF-8. */
async function piecesToSend(text: string | null): Promise<Iterable<TextPiece> | AsyncIterable<TextPiece>> {
  if (text === '') throw new AparteError('usage', { key: 'nothing-to-send', from: 'option' });
  if (text !== null) return piecesOfText(text);
  const { stdin } = process;
  if (stdin.isTTY) say(words.TYPE_TEXT);
  // The user may correct what they type until they end it.
  return readAhead(piecesOfStream(bytesOf(stdin)), stdin.isTTY ? null : INPUT_PATIENCE);
}

/** The bytes of a stream. Throws `usage` when the system cannot read them. */
async function* bytesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* input;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    throw new AparteError('usage', { key: 'input-failed', code });
  }
}

/** Waits for all of `work`, but not longer than `ms`. */
async function within(ms: number, ...work: readonly Promise<void>[]): Promise<void> {
  await Promise.race([Promise.allSettled(work), new Promise((resolve) => setTimeout(resolve, ms))]);
}
