/** Opens the way to meet that the flags and the code name. */
import type { GivenCode } from '../../shared/code.ts';
import { AparteError } from '../../shared/errors.ts';
import type { WayToMeet } from '../conversation/way-to-meet.ts';
import type { ManualPairingOptions } from '../core/manual-pairing.ts';
import { DEFAULT_SERVER, meetAtDefaultServer } from '../ways-to-meet/node/default-server.ts';
import { rendezvousAt } from '../ways-to-meet/node/server-rendezvous.ts';
import { isOnThisMachine, meetAtServers } from '../ways-to-meet/servers.ts';

import { writeError } from './exit.ts';
import type { ConversationTask } from './flags.ts';
import { loadLink } from './load-webrtc.ts';

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
  if (isServerOurs && given !== null && servers.length === 1) writeError(NOBODY_THERE);
  return way;
}

/** Said to a user who gave a code: the remote peer may wait for them somewhere else. */
const NOBODY_THERE = `aparte: No server was running on this computer, so this program started one. Nobody is there yet.
aparte: Only people on this computer can join it. To reach another one, use --lan, --manual or --server URL on both sides.
`;

async function hostServer(host: string): Promise<WayToMeet> {
  const { meetAtHostedServer } = await import('../ways-to-meet/node/hosted-server.ts');
  const { way, urls } = await meetAtHostedServer(host);
  const [first, ...more] = urls;
  const others = more.length > 0 ? ` (or ${more.join(', ')})` : '';
  writeError(`aparte: others reach the server inside this program at ${first}${others}\n`);
  if (!isOnThisMachine(first)) {
    writeError('aparte: warning: this server speaks plain HTTP: the network can see nameplates and addresses\n');
  }
  return way;
}
