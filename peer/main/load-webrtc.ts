/** Loads WebRTC, which takes a while, when the connection to whatever introduces the two is already being made. */
import type { IcePolicy } from '../link/ice-policy.ts';
import type { OpenLink } from '../link/link.ts';

/** Opens links over wrtc. `answerPatience` as `webrtcLink` takes it. */
export async function loadLink(policy: IcePolicy, answerPatience?: number): Promise<OpenLink> {
  await new Promise((resolve) => setImmediate(resolve));
  const [{ default: wrtc }, { webrtcLink }] = await Promise.all([import('wrtc'), import('../link/webrtc-link.ts')]);
  return webrtcLink(wrtc, policy, answerPatience);
}
