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
import { say } from './output.ts';

/**
 * Opens a way to meet. Throws `usage` when the code is an invite and another option forbids the server it names, and
 * `cannot-listen` when a server inside cannot be started.
 */
export async function openWay(
  task: ConversationTask,
  given: GivenCode | null,
  manual: ManualPairingOptions | null,
): Promise<WayToMeet> {
  if (given !== null && given.server !== null && (task.lan || task.host !== null)) {
    throw new AparteError('usage', { key: 'invite-with-option', option: task.lan ? '--lan' : '--host' });
  }
  if (manual !== null) return (await import('../ways-to-meet/node/manual.ts')).meetManually(manual, task, loadLink);
  if (task.lan) return (await import('../ways-to-meet/node/local-network.ts')).meetOnLocalNetwork();
  if (task.host !== null) return hostServer(task.host);
  const [first = DEFAULT_SERVER, ...more] = given?.server == null ? task.servers : [given.server];
  const servers = [first, ...more] as const;
  if (!servers.includes(DEFAULT_SERVER)) return meetAtServers(servers, rendezvousAt);
  const { way, isServerOurs } = await meetAtDefaultServer(servers);
  if (isServerOurs && given !== null && servers.length === 1) say(...words.NOBODY_THERE);
  return way;
}

async function hostServer(host: string): Promise<WayToMeet> {
  const { meetAtHostedServer } = await import('../ways-to-meet/node/hosted-server.ts');
  const { way, urls } = await meetAtHostedServer(host);
  say(words.serverInsideAt(urls));
  if (!isOnThisMachine(urls[0])) say(words.PLAIN_HTTP);
  return way;
}
