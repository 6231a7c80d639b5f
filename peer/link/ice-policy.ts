/** Which STUN and TURN servers a link uses, and which candidates of the other side: the user's word on relays. */
import type { IceServer, RelayPolicy } from '../../shared/ice.ts';

/** What the user has said. */
export interface IcePolicy {
  /** STUN servers in place of those offered, and TURN servers in place of those offered. */
  readonly iceServers: readonly IceServer[];
  /** Left out: `never`. */
  readonly relay?: RelayPolicy;
}

const isTurn = ({ urls }: IceServer) => urls.some((url) => /^turns?:/.test(url));

/** The servers to use: the user's own, and of each kind that he names none of, those `offered`. TURN only as allowed. */
export function chosenServers({ iceServers, relay = 'never' }: IcePolicy, offered: readonly IceServer[]): IceServer[] {
  const [ownTurn, ownStun] = [iceServers.filter(isTurn), iceServers.filter((server) => !isTurn(server))];
  const stun = ownStun.length > 0 ? ownStun : offered.filter((server) => !isTurn(server));
  if (relay === 'never') return stun;
  return [...stun, ...(ownTurn.length > 0 ? ownTurn : offered.filter(isTurn))];
}

/** Whether a relay could be used if only the user allowed it. */
export function isRelayWithheld({ iceServers, relay = 'never' }: IcePolicy, offered: readonly IceServer[]): boolean {
  return relay === 'never' && [...iceServers, ...offered].some(isTurn);
}

/** Whether a candidate leads over a relay. */
export function isRelayed(candidate: string): boolean {
  return / typ relay(?: |$)/i.test(candidate);
}

/** A description without the candidates that lead over a relay. */
export function withoutRelayed(sdp: string): string {
  return sdp
    .split('\r\n')
    .filter((line) => !(line.toLowerCase().startsWith('a=candidate') && isRelayed(line)))
    .join('\r\n');
}
