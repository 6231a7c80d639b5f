/** Servers that are missing or foreign, and what the program says about each. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { Server as SocketIoServer } from 'socket.io';
import { freePort } from '../ports.ts';
import type { Sandbox } from './program.ts';

const others: { close(): unknown }[] = [];

/** Closes all servers that were made. */
export function closeServers(): void {
  for (const other of others.splice(0)) other.close();
}

/** Listens on a free port of loopback until the tests end. Returns the port. */
async function listen(server: Server): Promise<number> {
  others.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/**
 * Each with the cause that the program names, a function that makes such a server, and the advice where it is special.
 * The function gets the URL of our own server.
 */
const WRONG_SERVERS = {
  'nothing listens': [/nothing listens there \(ECONNREFUSED\)/, async () => `http://127.0.0.1:${await freePort()}`],
  'a web server': [
    /HTTP 404/,
    async () => `http://127.0.0.1:${await listen(createHttpServer((_, answer) => answer.writeHead(404).end()))}`,
  ],
  'no web server': [
    /it does not speak HTTP/,
    async () =>
      `http://127.0.0.1:${await listen(createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n')))}`,
  ],
  'no TLS': [
    /it does not speak TLS/,
    (own: string) => own.replace('http:', 'https:'),
    /type http:\/\/ in place of https/,
  ],
  'a server that never answers': [
    /it did not answer in time/,
    async () => `http://127.0.0.1:${await listen(createServer((socket) => socket.on('error', () => {})))}`,
  ],
  'another Socket.IO server': [
    /it did not answer in time/,
    async () => {
      const http = createHttpServer();
      others.push(new SocketIoServer(http));
      return `http://127.0.0.1:${await listen(http)}`;
    },
  ],
  'no such host': [/no host has that name|name server does not answer/, () => 'http://nowhere.invalid:7470'],
} satisfies Record<string, readonly [cause: RegExp, url: (own: string) => string | Promise<string>, advice?: RegExp]>;

/** Demands that `send` gives up on such a server and names the cause. A server of ours runs in the sandbox. */
export async function givesUp(sandbox: Sandbox, what: keyof typeof WRONG_SERVERS): Promise<void> {
  const [cause, url, advice = /aparte signal/] = WRONG_SERVERS[what];
  const program = await sandbox.run(['send', '--text', 'x', '--server', await url(sandbox.server)]).exits(4);
  assert.equal(program.stdout, '');
  const lines = program.stderr.trimEnd().split('\n');
  assert.match(lines.at(-2) ?? '', /^aparte: Cannot reach the server/, program.stderr);
  assert.match(lines.at(-2) ?? '', cause);
  assert.match(lines.at(-1) ?? '', advice);
}
