/** Who does not allow relays does not try the other side's either. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { WebRtcImplementation } from '../../peer/link/webrtc-implementation.ts';
import { webrtcLink } from '../../peer/link/webrtc-link.ts';
import { closeAll, IMPLEMENTATIONS, Recorded, record, toClose } from './link-pair.ts';

afterEach(closeAll);

const relayed = (port: number) => `candidate:9 1 udp 41819903 203.0.113.9 ${port} typ relay raddr 0.0.0.0 rport 0`;

/** What reaches the WebRTC implementation of a link that is shown relayed candidates, in both ways, beside others. */
async function taken(rtc: WebRtcImplementation, relay: 'never' | 'allow'): Promise<string> {
  const texts: string[] = [];
  class Watched extends rtc.RTCPeerConnection {
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
  b.link = webrtcLink({ ...rtc, RTCPeerConnection: Watched }, { iceServers: [], relay, loopback: true })(
    false,
    b.events((signal) => a.link.signal(signal)),
  );
  toClose.add(b.link);
  const a: Recorded = record(rtc, true, (signal) => {
    if (signal.type === 'candidate') return b.link.signal(signal);
    b.link.signal({ ...signal, sdp: `${signal.sdp}a=${relayed(6_000)}\r\n` });
    b.link.signal({ type: 'candidate', candidate: relayed(6_001), mid: '0' });
  });
  await Promise.all([a, b].map((side) => side.until(() => side.isOpen)));
  return texts.join('\n');
}

for (const [name, rtc] of Object.entries(IMPLEMENTATIONS))
  test(`ignores candidates of relays unless relays are allowed: ${name}`, async () => {
    assert.doesNotMatch(await taken(rtc, 'never'), /typ relay/);
    closeAll();
    const texts = await taken(rtc, 'allow');
    for (const port of [6_000, 6_001]) assert.ok(texts.includes(relayed(port)), texts);
  });
