// A raw wrtc data channel that speaks the JSON lines of our program: lines.js offer|answer
// It prints `description` once that holds all candidates, and reads the description of the other side. Then it reads
// `send` and prints `open`, `message` and `delivered`: the other program acknowledges each message.
import { createInterface } from 'node:readline';
import wrtc from 'wrtc';

const ACKNOWLEDGED = '';
const role = process.argv[2];
const peer = new wrtc.RTCPeerConnection();
const channel = peer.createDataChannel('', { negotiated: true, id: 0 });
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

channel.onopen = () => tell({ type: 'open' });
channel.onmessage = ({ data }) => {
  if (data === ACKNOWLEDGED) return tell({ type: 'delivered' });
  tell({ type: 'message', text: data });
  channel.send(ACKNOWLEDGED);
};
peer.onicegatheringstatechange = () => {
  if (peer.iceGatheringState === 'complete') tell({ type: 'description', description: peer.localDescription });
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { type, text, description } = JSON.parse(line);
  if (type === 'send') return channel.send(text);
  await peer.setRemoteDescription(description);
  if (role === 'answer') await peer.setLocalDescription(await peer.createAnswer());
});

if (role === 'offer') await peer.setLocalDescription(await peer.createOffer());
