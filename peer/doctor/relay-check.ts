/** Tries whether a TURN server gives us an address (RFC 8656, section 7), by the WebRTC implementation that will use it. */
import type { IceServer } from '../../shared/ice-servers.ts';
import type { RelayFinding } from './findings.ts';

/** How long (ms) a relay may take. */
const PATIENCE = 5_000;

/** What is needed of a WebRTC implementation. */
interface Rtc {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
}

/** Tries every URI of every server, all at once. */
export function tryRelays({ RTCPeerConnection }: Rtc, servers: readonly IceServer[]): Promise<RelayFinding[]> {
  const single = servers.flatMap((server) => server.urls.map((url) => ({ ...server, urls: url })));
  return Promise.all(single.map((server) => tryRelay(RTCPeerConnection, server)));
}

async function tryRelay(
  Connection: typeof RTCPeerConnection,
  server: RTCIceServer & { urls: string },
): Promise<RelayFinding> {
  const connection = new Connection({ iceServers: [server], iceTransportPolicy: 'relay' });
  let [works, cause] = [false, 'no answer'];
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
        // 701 is all that says nothing of the server's; RFC 8656, section 19, and RFC 8489, section 14.8.
        if (errorCode !== 701) cause = errorCode === 401 ? 'it refused the password' : `it refused: ${errorCode}`;
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
  return { url: server.urls, works, cause: works ? null : cause };
}
