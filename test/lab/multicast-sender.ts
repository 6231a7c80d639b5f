/**
 * A program that sends and receives packets of multicast DNS. It prints each packet that comes as JSON,
 * `{type: "packet", hex}`, and sends those on standard input, `{hex}`. Its argument is an IPv4 address of this machine.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const GROUP = '224.0.0.251';
const PORT = 5_353;
const [, , address = ''] = process.argv;

const tell = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);
const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (bytes) => tell({ type: 'packet', hex: bytes.toString('hex') }));
socket.bind(PORT, '0.0.0.0', () => {
  socket.addMembership(GROUP, address);
  socket.setMulticastInterface(address);
  tell({ type: 'ready' });
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const { hex } = JSON.parse(line) as { hex: string };
  socket.send(Buffer.from(hex, 'hex'), PORT, GROUP);
});
