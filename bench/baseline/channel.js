// A raw wrtc data channel between two processes, signalled over the parent's IPC: channel.js offer|answer SIZE
// The offering side reports to the parent when the channel is open. For each { trips } from the parent it sends that many
// texts of SIZE characters, one at a time, and reports the time (ms) of each round trip.
import wrtc from 'wrtc';

const [role, size] = process.argv.slice(2);
const peer = new wrtc.RTCPeerConnection();
const tell = (signal) => process.send(signal);
peer.onicecandidate = ({ candidate }) => candidate && tell({ candidate });
let ask;

process.on('message', async ({ description, candidate, trips }) => {
  if (trips) return ask(trips);
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
  let times;
  let count;
  let start;
  const next = () => {
    start = performance.now();
    channel.send(text);
  };
  channel.onmessage = () => {
    times.push(performance.now() - start);
    if (times.length < count) next();
    else tell({ times });
  };
  ask = (trips) => {
    times = [];
    count = trips;
    next();
  };
  tell({ open: true });
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
