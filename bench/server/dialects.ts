/** The protocol of each compared server. Two clients meet with the same frames in the same order. */
import { randomBytes } from 'node:crypto';
import { io } from 'socket.io-client';
import type { Target } from './websocket.ts';
import { binaryFrame, textFrame, WebSocketClient } from './websocket.ts';

/** Sizes of the frames of a pairing, in bytes (docs/PROTOCOL.md). */
export const FLIGHT = { hello: 1_281, reply: 1_217, proofA: 2_097, proofB: 2_065, candidate: 537 } as const;
/** Candidate frames of each side. The last one is the end of candidates. */
export const CANDIDATES = 3;

/** One of two clients that meet. */
export interface Member {
  /** Is called when it has entered. */
  onEntered: () => void;
  /** Is called when frames can be sent to the other one. Only one of the two is called. */
  onMet: () => void;
  /** Is called when a frame of the other one has come. */
  onFrame: () => void;
  /** Is called once, when the connection has ended. */
  onEnd: () => void;
  /** Sends a frame of a size of {@link FLIGHT}. */
  send(size: number): void;
  /** Leaves, and disconnects when that is acknowledged. */
  leave(): void;
  /** Disconnects without leaving. */
  destroy(): void;
}

/** Enters a room as its first or second member. It chooses the path of the target itself. */
export type Enter = (target: Omit<Target, 'path'>, place: string, which: 1 | 2) => Member;

const SOCKET_IO = '/socket.io/?EIO=4&transport=websocket';
const PLACEHOLDER = '{"_placeholder":true,"num":0}';
const PONG = textFrame('3');
const LEAVE = textFrame('421["leave"]');
const CARD = { 1: binaryFrame(randomBytes(20)), 2: binaryFrame(randomBytes(20)) };
const BYTES = new Map<number, Buffer>(Object.values(FLIGHT).map((size) => [size, binaryFrame(randomBytes(size))]));

/** Through `aparte signal`. */
export const aparte: Enter = (target, place, which) =>
  overSocketIo(target, {
    connect: APARTE_CONNECT,
    join: textFrame(`451-0["join",{"nameplate":"${place}","card":${PLACEHOLDER},"capacity":2}]`),
    frame: APARTE_FRAME[which],
    card: CARD[which],
  });
const APARTE_CONNECT = textFrame('40{"aparte":1}');
const APARTE_FRAME = {
  1: textFrame(`451-["frame",{"to":"2","data":${PLACEHOLDER}}]`),
  2: textFrame(`451-["frame",{"to":"1","data":${PLACEHOLDER}}]`),
};

/** Through a bare relay: bench/baseline/pairing-relay.js. */
export const bare: Enter = (target, place, which) =>
  overSocketIo(target, {
    connect: BARE_CONNECT,
    join: textFrame(`451-0["join","${place}",${PLACEHOLDER}]`),
    frame: BARE_FRAME,
    card: CARD[which],
  });
const BARE_CONNECT = textFrame('40');
const BARE_FRAME = textFrame(`451-["frame",${PLACEHOLDER}]`);

/** The same with the default client of Socket.IO, which only waits. */
export const bareByDefault: Enter = ({ host, port }, place) => {
  const socket = io(`http://${host}:${port}`, { forceNew: true, reconnection: false });
  const nothing = () => {};
  const member: Member = {
    onEntered: nothing,
    onMet: nothing,
    onFrame: nothing,
    onEnd: nothing,
    send: nothing,
    leave: () => socket.disconnect(),
    destroy: () => socket.disconnect(),
  };
  let steps = 0;
  const step = () => {
    steps += 1;
    if (steps === 2) member.onEntered();
  };
  socket.on('connect', () => {
    if (socket.io.engine.transport.name === 'websocket') step();
    else socket.io.engine.once('upgrade', step);
    socket.emit('join', place, randomBytes(20), step);
  });
  socket.on('disconnect', () => member.onEnd());
  socket.on('connect_error', () => member.onEnd());
  return member;
};

function overSocketIo(
  target: Omit<Target, 'path'>,
  { connect, join, frame, card }: { connect: Buffer; join: Buffer; frame: Buffer; card: Buffer },
): Member {
  const socket = new WebSocketClient({ ...target, path: SOCKET_IO }, () => {});
  let event = '';
  const member: Member = {
    ...silent(socket),
    send: (size) => socket.send(frame, BYTES.get(size) ?? frame),
    leave: () => socket.send(LEAVE),
  };
  socket.onText = (text) => {
    if (text === '2') return socket.send(PONG);
    if (text.startsWith('0')) return socket.send(connect);
    if (text.startsWith('40')) return socket.send(join, card);
    // An acknowledgement, with or without an attachment. The first is that of the join.
    if (/^4(3|61-)0/.test(text)) return member.onEntered();
    if (text.startsWith('431')) return socket.close();
    event = /^451-\["(\w+)"/.exec(text)?.[1] ?? '';
  };
  socket.onBinary = () => {
    if (event === 'came') member.onMet();
    if (event === 'frame') member.onFrame();
    event = '';
  };
  socket.onEnd = () => member.onEnd();
  return member;
}

/** Through the server of PeerJS. */
export const peerjs: Enter = (target, place, which) => {
  const path = `/peerjs?key=peerjs&id=${place}-${which}&token=bench&version=1.5.4`;
  const socket = new WebSocketClient({ ...target, path }, () => {});
  const member: Member = {
    ...silent(socket),
    send: (size) =>
      socket.send(textFrame(`{"type":"OFFER","dst":"${place}-${3 - which}","payload":"${LETTERS.slice(0, size)}"}`)),
    leave: () => socket.close(),
  };
  socket.onText = (text) => {
    if (text.startsWith('{"type":"OPEN"')) {
      member.onEntered();
      // The second one knows the name of the first.
      if (which === 2) member.onMet();
    } else if (text.startsWith('{"type":"OFFER"')) member.onFrame();
  };
  socket.onEnd = () => member.onEnd();
  return member;
};
const LETTERS = randomBytes(2_048).toString('base64');

function silent(socket: WebSocketClient): Omit<Member, 'send' | 'leave'> {
  const nothing = () => {};
  return { onEntered: nothing, onMet: nothing, onFrame: nothing, onEnd: nothing, destroy: () => socket.destroy() };
}
