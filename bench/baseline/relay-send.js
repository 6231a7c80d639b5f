// Sends one text through the bare relay: relay-send.js URL ROOM TEXT [TRANSPORT]
import { io } from 'socket.io-client';

const [url, room, text, transport] = process.argv.slice(2);
const socket = io(url, transport ? { transports: [transport] } : {});
socket.on('connect', () => socket.emit('join', room));
socket.on('ready', () => socket.emit('text', room, text, () => socket.disconnect()));
