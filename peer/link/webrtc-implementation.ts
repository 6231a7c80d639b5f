/** A WebRTC implementation, and what simple-peer makes of it. */

/** A WebRTC implementation: what `wrtc` exports and a browser has as globals. */
export interface Rtc {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly RTCSessionDescription: typeof RTCSessionDescription;
  readonly RTCIceCandidate: typeof RTCIceCandidate;
}

/**
 * A connection class that shows the connection simple-peer makes, and on which a candidate that cannot be used is no
 * reason to give up: simple-peer would close the link or write to the console.
 */
export function observed(rtc: Rtc, made: (connection: RTCPeerConnection) => void): typeof RTCPeerConnection {
  return class extends rtc.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made(this);
    }

    override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      await super.addIceCandidate(candidate).catch(() => {});
    }
  };
}
