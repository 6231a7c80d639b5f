// A raw wrtc data channel between two processes, signalled over the parent's IPC: channel.js offer|answer SIZE COUNT
// The offering side sends COUNT texts of SIZE characters, one at a time, and tells the parent each round trip in ms.
import wrtc from 'wrtc';

const [role, size, count] = process.argv.slice(2);
const peer = new wrtc.RTCPeerConnection();
const tell = (signal) => process.send(signal);
peer.onicecandidate = ({ candidate }) => candidate && tell({ candidate });

process.on('message', async ({ description, candidate }) => {
  if (candidate) return peer.addIceCandidate(candidate);
  await peer.setRemoteDescription(description);
  if (description.type === 'offer') await describe(await peer.createAnswer());
});

async function describe(description) {
  await peer.setLocalDescription(description);
  tell({ description });
}

function ping(channel) {
  const text = 'x'.repeat(Number(size));
  const times = [];
  let start;
  const next = () => {
    start = performance.now();
    channel.send(text);
  };
  channel.onmessage = () => {
    times.push(performance.now() - start);
    if (times.length < Number(count)) next();
    else tell({ times });
  };
  next();
}

if (role === 'offer') {
  const channel = peer.createDataChannel('');
  channel.onopen = () => ping(channel);
  await describe(await peer.createOffer());
} else {
  peer.ondatachannel = ({ channel }) => {
    channel.onmessage = ({ data }) => channel.send(data);
  };
}
