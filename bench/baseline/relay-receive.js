// Prints one text from the bare relay: relay-receive.js URL ROOM [TRANSPORT]
import { io } from 'socket.io-client';

const [url, room, transport] = process.argv.slice(2);
const socket = io(url, transport ? { transports: [transport] } : {});
socket.on('connect', () => socket.emit('join', room));
socket.on('text', (text) => {
  console.log(text);
  socket.disconnect();
});
