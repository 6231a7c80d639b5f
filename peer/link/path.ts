/** Which way a connection runs, from its statistics (W3C "Identifiers for WebRTC's Statistics API"). */
import type { Path } from './link.ts';

interface Stat {
  readonly id: string;
  readonly type: string;
  readonly candidateType?: string;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly selectedCandidatePairId?: string;
  /** Firefox marks the pair instead of naming it in the transport. */
  readonly selected?: boolean;
}

/** The path in use, or null where the connection does not know it (yet, or any more). */
export async function selectedPath(connection: RTCPeerConnection): Promise<Path | null> {
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
  const ends = [pair.localCandidateId, pair.remoteCandidateId].map((id) => stats.get(id ?? ''));
  return ends.some((end) => end?.candidateType === 'relay') ? 'relay' : 'direct';
}
