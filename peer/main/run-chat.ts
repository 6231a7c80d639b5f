/** `chat`, `send` and `receive`: wires server, identity, core and user interface, and runs the conversation. */
import { makeSecret } from '../../shared/code.ts';
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { Client } from '../client.ts';
import { ConversationState } from '../core/conversation-state.ts';
import type { UserCommand } from '../core/facts-and-orders.ts';
import type { ManualPairingOptions } from '../core/manual-pairing.ts';
import { ready, systemRandom } from '../crypto/index.ts';
import { deferredLink } from '../link/deferred-link.ts';
import { decodeSignal, encodeSignal } from '../link/sdp-validation.ts';
import type { Ui } from '../ui/ui.ts';
import { askForCode, type GivenCode } from './ask-for-code.ts';
import { asAparteError, closeOnBugs, complain, exitHard, onSignals, writeError } from './exit.ts';
import type { Conversation } from './flags.ts';
import { isTurnIdle } from './ice-flags.ts';
import { type Known, openKnown } from './identity-and-peers.ts';
import { loadLink } from './load-webrtc.ts';
import { streamCommands, textCommands } from './message-chunks.ts';
import { openFace } from './open-ui.ts';
import { VERSION } from './version.ts';
import type { WayToMeet } from './way-to-meet.ts';
import { openMeeting } from './ways-to-meet.ts';

/** How long (ms) a program with nobody before it tries to reach the server at first. */
const SERVER_PATIENCE = 10_000;
/** How long (ms) letting go of output, data folder and server inside may take at the end. */
const CLOSE_PATIENCE = 2_000;
/** How long (ms) `send` waits for the end of its input before it looks for the other side: what cannot be sent need not. */
const INPUT_PATIENCE = 1_000;

/** What was shown so far: how it ended (null: it has not), why nothing more can be, and how many messages came. */
interface Seen {
  exit: ExitCode | null;
  fault: AparteError | null;
  messages: number;
}

/** Runs a conversation from the first word to the last. Returns the exit code. */
export async function converse(task: Conversation): Promise<ExitCode> {
  if (isTurnIdle(task)) writeError('aparte: warning: --turn has no effect without --relay allow, or only\n');
  const byHand = task.manual ? await import('./manual-pairing.ts') : null;
  const manual = (await byHand?.askByHand(task)) ?? null;
  const given = manual === null ? await askForCode(task, task.command === 'receive') : null;
  const saying = task.command === 'send' ? whatToSend(task.text) : [];
  // What is piped in may take its time: the other side can come meanwhile. By hand the answer comes the same way.
  const isAwaited = manual !== null || process.stdin.isTTY;
  const commands = await (isAwaited ? saying : soon(saying));
  const [, meeting, known] = await Promise.all([ready(), openMeeting(task, given), openKnown(task.data)]);
  const seen: Seen = { exit: null, fault: null, messages: 0 };
  const fault = (error: AparteError) => {
    seen.fault = error;
    complain(error);
    client.give({ type: 'interrupted' });
  };
  const warn = async (failure: AparteError) => {
    const { code, message, hint } = failure;
    // A script is told nothing behind the end.
    if (task.json && seen.exit !== null) complain(failure);
    else await ui.show({ type: 'error', code, message, hint, fatal: false }).catch(() => complain(failure));
  };
  const ui = await openFace(task, {
    command: (command) => client.give({ type: 'command', command }),
    ended: () => client.give({ type: 'inputEnded' }),
    interrupted: () => interrupt(),
    fault,
  });
  closeOnBugs(() => ui.close());
  const client: Client = new Client({
    conversation: roomFor(task, manual, given, meeting, known),
    openRendezvous: meeting.open,
    openManualRendezvous: meeting.openManual,
    openLink: deferredLink(loadLink({ ...task, loopback: meeting.loopback, linkLocal: meeting.linkLocal })),
    encodeCandidate: encodeSignal,
    decodeCandidate: decodeSignal,
    render: (event) => {
      if (event.type === 'message') seen.messages += 1;
      if (event.type === 'end') seen.exit = event.exit;
      // A person who gave the code need not be told it.
      return event.type === 'code' && given !== null && !task.json ? Promise.resolve() : ui.show(event);
    },
    remember: (peer) => known.remember(peer, warn),
    // On the local network there is no server to connect to: the other side is looked for at once.
    waiting: (waiting, link) =>
      ui.waiting(task.lan && waiting.for === 'server' ? { ...waiting, for: 'peer', until: null } : waiting, link),
  });
  const interrupt = interruption(client, ui, seen);
  onSignals(interrupt);
  const signalled = new Promise<void>(onSignals);
  const ended = client.run();
  const say = (all: readonly UserCommand[]) => sayAll(client, all);
  if (commands === null) Promise.resolve(saying).then(say, (error: unknown) => fault(asAparteError(error, false)));
  else if (task.command === 'send') say(commands);
  const answer = (blob: string) => client.give({ type: 'command', command: { type: 'answer', blob } });
  const unanswered = () => {
    const cause = new AparteError('usage', 'standard input ended before the answer was pasted');
    client.give({ type: 'answersEnded', cause });
  };
  const stopReading = manual === null ? null : byHand?.readAnswers(task, manual, answer, unanswered);
  let isWritten = false;
  try {
    await ended;
    await Promise.race([ui.dismissed?.(), signalled]);
  } finally {
    stopReading?.();
    const closed = ui.close().then(() => {
      isWritten = true;
    });
    await within(CLOSE_PATIENCE, closed, known.settled(), meeting.close());
  }
  if (seen.fault !== null) return seen.fault.exit;
  if (seen.exit === EXIT.ok && !isWritten) {
    const unread = new AparteError('output-closed', 'nobody read the end of it in time');
    complain(unread);
    return unread.exit;
  }
  if (task.command === 'receive' && seen.exit === EXIT.ok && seen.messages === 0) {
    throw new AparteError('peer-left', 'it sent nothing');
  }
  return seen.exit ?? EXIT.bug;
}

/** What Ctrl-C and signals do: ask to end, and when asked once more end there and then. */
function interruption(client: Client, ui: Ui, seen: Seen): () => void {
  const giveUp = async () => {
    if (seen.exit === null) await ui.show({ type: 'end', reason: 'interrupted', exit: EXIT.interrupted });
    await ui.close();
  };
  let asked = false;
  return () => {
    if (asked) void within(CLOSE_PATIENCE, giveUp()).then(() => exitHard(EXIT.interrupted));
    else client.give({ type: 'interrupted' });
    asked = true;
  };
}

/** What comes within a moment; null where it takes longer, and its failure is for whoever waits on. */
async function soon<T>(work: T | Promise<T>): Promise<T | null> {
  const settled = Promise.resolve(work);
  settled.catch(() => undefined);
  return Promise.race([settled, new Promise<null>((resolve) => setTimeout(resolve, INPUT_PATIENCE, null))]);
}

/** Says all that is to be said, and leaves once it is delivered. */
function sayAll(client: Client, commands: readonly UserCommand[]): void {
  for (const command of commands) client.give({ type: 'command', command });
  client.give({ type: 'inputEnded' });
}

function whatToSend(text: string | null): UserCommand[] | Promise<UserCommand[]> {
  if (text !== null) return textCommands(text);
  if (process.stdin.isTTY) process.stderr.write('aparte: type the text; Ctrl-D on an empty line ends it\n');
  return streamCommands(process.stdin);
}

function roomFor(
  task: Conversation,
  manual: ManualPairingOptions | null,
  given: GivenCode | null,
  meeting: WayToMeet,
  known: Known,
): ConversationState {
  const { nameplate = null, secret = makeSecret(systemRandom) } = given?.code ?? {};
  return new ConversationState({
    version: VERSION,
    server: meeting.server,
    name: task.name,
    identity: known.identity,
    allowsOwn: meeting.allowsOwn,
    known: known.peers,
    code: { nameplate, secret },
    ...(manual !== null && { manual }),
    invite: meeting.invite,
    timeout: task.timeout,
    awaitsText: task.command === 'receive' && task.isTimeoutGiven,
    reconnect: task.reconnect,
    serverPatience: task.command === 'chat' && !task.json ? null : SERVER_PATIENCE,
    random: systemRandom,
    relay: task.relay,
  });
}

/** Waits for all of it, but not for ever. */
async function within(ms: number, ...work: readonly Promise<void>[]): Promise<void> {
  await Promise.race([Promise.allSettled(work), new Promise((resolve) => setTimeout(resolve, ms))]);
}
