/** The interface of a WebRTC implementation, and a wrapper that simple-peer needs. */

/** A WebRTC implementation: the classes that a browser has as globals. */
export interface WebRtcImplementation {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly RTCSessionDescription: typeof RTCSessionDescription;
  readonly RTCIceCandidate: typeof RTCIceCandidate;
}

/**
 * A connection class that passes each connection to `made`, and ignores candidates that cannot be used. Otherwise
 * simple-peer would close the link or write to the console.
 */
export function observed(
  rtc: WebRtcImplementation,
  made: (connection: RTCPeerConnection) => void,
): typeof RTCPeerConnection {
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
