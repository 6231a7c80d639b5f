/** Opens the way to meet that the flags and the code name. */
import type { GivenCode } from '../../shared/code.ts';
import { AparteError } from '../../shared/errors.ts';
import type { WayToMeet } from '../conversation/way-to-meet.ts';
import type { ManualPairingOptions } from '../core/manual-pairing.ts';
import { DEFAULT_SERVER, meetAtDefaultServer } from '../ways-to-meet/node/default-server.ts';
import { rendezvousAt } from '../ways-to-meet/node/server-rendezvous.ts';
import { isOnThisMachine, meetAtServers } from '../ways-to-meet/servers.ts';
import { words } from '../words/index.ts';
import type { ConversationTask } from './command-line.ts';
import { loadLink } from './load-webrtc.ts';

/** An open way to meet, and what the user should know about it. */
interface OpenWay {
  readonly way: WayToMeet;
  readonly notes: readonly string[];
}

/**
 * Opens a way to meet. Throws `usage` when the code is an invite and another option forbids the server it names, and
 * `cannot-listen` when a server inside cannot be started.
 */
export async function openWay(
  task: ConversationTask,
  given: GivenCode | null,
  manual: ManualPairingOptions | null,
): Promise<OpenWay> {
  if (given !== null && given.server !== null && (task.lan || task.host !== null)) {
    throw new AparteError('usage', { key: 'invite-with-option', option: task.lan ? '--lan' : '--host' });
  }
  if (manual !== null) {
    const { meetManually } = await import('../ways-to-meet/node/manual.ts');
    return { way: meetManually(manual, task, loadLink), notes: [] };
  }
  if (task.lan) {
    const { meetOnLocalNetwork } = await import('../ways-to-meet/node/local-network.ts');
    return { way: meetOnLocalNetwork(), notes: [] };
  }
  if (task.host !== null) return hostServer(task.host);
  const [first = DEFAULT_SERVER, ...more] = given?.server == null ? task.servers : [given.server];
  const servers = [first, ...more] as const;
  const { relay } = task;
  if (!servers.includes(DEFAULT_SERVER)) {
    return { way: meetAtServers(servers, (url) => rendezvousAt(url, relay)), notes: [] };
  }
  const { way, isServerOurs } = await meetAtDefaultServer(servers, relay);
  const isAlone = isServerOurs && given !== null && servers.length === 1;
  return { way, notes: isAlone ? words.NOBODY_THERE : [] };
}

async function hostServer(host: string): Promise<OpenWay> {
  const { meetAtHostedServer } = await import('../ways-to-meet/node/hosted-server.ts');
  const { way, urls } = await meetAtHostedServer(host);
  const warning = isOnThisMachine(urls[0]) ? [] : [words.PLAIN_HTTP];
  return { way, notes: [words.serverInsideAt(urls), ...warning] };
}
