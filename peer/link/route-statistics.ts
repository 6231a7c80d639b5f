/** Reads the route of a connection from its statistics (W3C "Identifiers for WebRTC's Statistics API"). */
import type { Route } from './link.ts';

interface Stat {
  readonly id: string;
  readonly type: string;
  readonly candidateType?: string;
  readonly protocol?: string;
  /** For a local relay candidate: the protocol between us and the relay. */
  readonly relayProtocol?: string;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  /** In seconds. */
  readonly currentRoundTripTime?: number;
  readonly selectedCandidatePairId?: string;
  /** Firefox marks the pair instead of naming it in the transport. */
  readonly selected?: boolean;
}

/** The route in use. Null if the connection does not know it. */
export async function selectedRoute(connection: RTCPeerConnection): Promise<Route | null> {
  const stats = new Map<string, Stat>();
  try {
    (await connection.getStats()).forEach((stat: Stat) => void stats.set(stat.id, stat));
  } catch {
    return null;
  }
  const all = [...stats.values()];
  const selectedId = all.find((stat) => stat.type === 'transport')?.selectedCandidatePairId;
  const pair = selectedId === undefined ? all.find((stat) => stat.selected === true) : stats.get(selectedId);
  if (pair === undefined) return null;
  const [local, remote] = [pair.localCandidateId, pair.remoteCandidateId].map((id) => stats.get(id ?? ''));
  const protocol = local?.relayProtocol ?? local?.protocol;
  return {
    path: [local, remote].some((end) => end?.candidateType === 'relay') ? 'relay' : 'direct',
    protocol: protocol === 'tcp' || protocol === 'tls' ? protocol : 'udp',
    // Chrome, wrtc and node-datachannel measure in whole ms, so less than 1 ms is 0.
    rttMs: pair.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1_000,
  };
}
