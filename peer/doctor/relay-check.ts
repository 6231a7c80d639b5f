/** Checks whether TURN servers give us an address (RFC 8656, section 7), with the WebRTC implementation of the program. */
import type { IceServer } from '../../shared/ice-servers.ts';
import type { RelayFault, RelayFinding } from './findings.ts';

/** How long a relay may take, in ms. */
const PATIENCE = 5_000;

/** The part of a WebRTC implementation that is used. */
interface Rtc {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
}

/** Checks every URI of every server at once. */
export function tryRelays({ RTCPeerConnection }: Rtc, servers: readonly IceServer[]): Promise<RelayFinding[]> {
  const single = servers.flatMap((server) => server.urls.map((url) => ({ ...server, urls: url })));
  return Promise.all(single.map((server) => tryRelay(RTCPeerConnection, server)));
}

async function tryRelay(
  Connection: typeof RTCPeerConnection,
  server: RTCIceServer & { urls: string },
): Promise<RelayFinding> {
  const connection = new Connection({ iceServers: [server], iceTransportPolicy: 'relay' });
  let works = false;
  let fault: RelayFault = 'no-answer';
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    connection.createDataChannel('relay');
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(resolve, PATIENCE);
      connection.onicecandidate = ({ candidate }) => {
        works ||= candidate !== null && candidate.candidate !== '';
        if (works || candidate === null) resolve();
      };
      connection.onicecandidateerror = ({ errorCode }) => {
        // 701: no answer (WebRTC). The other codes are the server's: RFC 8656, section 19, and RFC 8489, section 14.8.
        if (errorCode !== 701) fault = errorCode === 401 ? 'wrong-password' : { refused: errorCode };
      };
      connection
        .createOffer()
        .then((offer) => connection.setLocalDescription(offer))
        .catch(reject);
    });
  } finally {
    clearTimeout(timer);
    connection.close();
  }
  return { url: server.urls, works, fault: works ? null : fault };
}
