/** Loads WebRTC, which takes a while, when the connection to whatever introduces the two is already being made. */
import type { IcePolicy } from '../link/ice-policy.ts';
import type { OpenLink } from '../link/link.ts';
import type { WebRtcImplementation } from '../link/webrtc-implementation.ts';

/** The WebRTC implementation to use: `APARTE_WEBRTC=wrtc` selects the other one than the default. */
export function webRtcName(): 'node-datachannel' | 'wrtc' {
  return process.env['APARTE_WEBRTC'] === 'wrtc' ? 'wrtc' : 'node-datachannel';
}

/** Opens links over the WebRTC implementation to use. `answerPatience`: see `webrtcLink`. */
export async function loadLink(policy: IcePolicy, answerPatience?: number): Promise<OpenLink> {
  await new Promise((resolve) => setImmediate(resolve));
  const [rtc, { webrtcLink }] = await Promise.all([loadRtc(), import('../link/webrtc-link.ts')]);
  return webrtcLink(rtc, policy, answerPatience);
}

async function loadRtc(): Promise<WebRtcImplementation> {
  if (webRtcName() === 'wrtc') return (await import('wrtc')).default;
  const [native, { overNodeDataChannel }] = await Promise.all([
    import('node-datachannel'),
    import('../link/node/node-datachannel.ts'),
  ]);
  return overNodeDataChannel(native);
}
