/** Who does not allow relays does not try the other side's either. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import wrtc from 'wrtc';
import { webrtcLink } from '../../peer/link/webrtc.ts';
import { closeAll, Recorded, record, toClose } from './pair.ts';

afterEach(closeAll);

const RELAYED = 'candidate:9 1 udp 41819903 203.0.113.9 6000 typ relay raddr 0.0.0.0 rport 0';

/** What reaches the WebRTC implementation of a link that is shown a relayed candidate, twice, beside others. */
async function taken(relay: 'never' | 'allow'): Promise<string> {
  const texts: string[] = [];
  class Watched extends wrtc.RTCPeerConnection {
    override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      texts.push(description.sdp ?? '');
      return super.setRemoteDescription(description);
    }
    override addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      texts.push(candidate?.candidate ?? '');
      return super.addIceCandidate(candidate);
    }
  }
  const b = new Recorded();
  b.link = webrtcLink({ ...wrtc, RTCPeerConnection: Watched }, { iceServers: [], relay })(
    false,
    b.events((signal) => a.link.signal(signal)),
  );
  toClose.add(b.link);
  const a: Recorded = record(true, (signal) => {
    if (signal.type === 'candidate') return b.link.signal(signal);
    b.link.signal({ ...signal, sdp: `${signal.sdp}a=${RELAYED}\r\n` });
    b.link.signal({ type: 'candidate', candidate: RELAYED, mid: '0' });
  });
  await Promise.all([a, b].map((side) => side.until(() => side.isOpen)));
  return texts.join('\n');
}

test('relayed candidates are left aside unless relays are allowed', async () => {
  assert.doesNotMatch(await taken('never'), /typ relay/);
  closeAll();
  assert.equal((await taken('allow')).split(RELAYED).length, 3);
});
