/** How the two of a conversation find each other: what the flags and the code say, made ready for use. */
import { inviteFor, parseCode } from '../../shared/code.ts';
import { AparteError } from '../../shared/errors.ts';
import type { WayToMeet } from '../conversation/way-to-meet.ts';
import type { ManualPairingOptions } from '../core/manual-pairing.ts';
import type { OpenRendezvous } from '../rendezvous/rendezvous.ts';
import { severalServers } from '../rendezvous/several-servers.ts';
import { socketIoRendezvous } from '../rendezvous/socketio.ts';
import type { GivenCode } from './ask-for-code.ts';
import { DEFAULT_SERVER, hostIfNeeded, isHere, localServer, SERVER_DEPS } from './choose-server.ts';
import type { ConversationTask } from './flags.ts';

/**
 * Makes ready what was asked for. Throws `usage` where the code is an invite and so names a server that may not be used,
 * and `cannot-listen`.
 */
export async function openWay(
  task: ConversationTask,
  given: GivenCode | null,
  manual: ManualPairingOptions | null,
): Promise<WayToMeet> {
  if (given !== null && given.server !== null && (task.lan || task.host !== null)) {
    throw new AparteError('usage', { key: 'invite-with-option', option: task.lan ? '--lan' : '--host' });
  }
  if (manual !== null) return (await import('./manual-pairing.ts')).meetByHand(task, manual);
  if (task.lan) return onLocalNetwork();
  if (task.host !== null) return hosted(task.host);
  const named = given?.server == null ? task.servers : [given.server];
  return atServers(named.length === 0 ? [DEFAULT_SERVER] : named);
}

/** The first of them that answers is named in invites; the first of the list is the one shown. */
async function atServers(servers: readonly string[]): Promise<WayToMeet> {
  // Whoever names the default address, as an invite does, means what it stands for.
  const inside = servers.includes(DEFAULT_SERVER) ? await localServer(servers) : null;
  let answered: string | null = null;
  const sides = servers.map((url) => {
    const plain = socketIoRendezvous(url, SERVER_DEPS);
    const open = inside !== null && url === DEFAULT_SERVER ? hostIfNeeded(plain, inside) : plain;
    const entered = () => {
      answered ??= url;
    };
    return { name: new URL(url).host, open, entered };
  });
  const [first = DEFAULT_SERVER] = servers;
  const open = sides.length === 1 && sides[0] !== undefined ? sides[0].open : severalServers(sides);
  const invite = (code: string) => inviteFor(answered ?? first, parseCode(code));
  const close = () => inside?.close() ?? Promise.resolve();
  const allowsOwn = servers.every((url) => url === DEFAULT_SERVER);
  return { ...through(first, open), invite, loopback: servers.some(isHere), allowsOwn, close };
}

function through(server: string, open: OpenRendezvous): WayToMeet {
  const invite = (code: string) => inviteFor(server, parseCode(code));
  const close = () => Promise.resolve();
  return { open, server, invite, manual: null, loopback: isHere(server), linkLocal: false, allowsOwn: false, close };
}

async function hosted(host: string): Promise<WayToMeet> {
  const { hostedServer } = await import('./server-inside.ts');
  const server = await hostedServer(host);
  return { ...through(server.url, socketIoRendezvous(server.own, SERVER_DEPS)), close: () => server.close() };
}

async function onLocalNetwork(): Promise<WayToMeet> {
  const [{ lanRendezvous }, { localInterfaces }, { lanServer }] = await Promise.all([
    import('../rendezvous/lan/lan-rendezvous.ts'),
    import('../rendezvous/lan/interfaces.ts'),
    import('./server-inside.ts'),
  ]);
  const open = lanRendezvous(lanServer, SERVER_DEPS);
  // Without a network, the other side can only be here.
  const loopback = localInterfaces().every(({ isLoopback }) => isLoopback);
  const close = () => Promise.resolve();
  return { open, server: null, invite: () => null, manual: null, loopback, linkLocal: true, allowsOwn: true, close };
}
