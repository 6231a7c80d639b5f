/**
 * One side of a sealed conversation, with everything but the command line: peer.ts offer|answer URL CODE SIZE. The
 * offering side reports to its parent process when it is connected. For each `{ trips }` from the parent it sends that
 * many texts of SIZE characters, one after the other, each echoed by the answering side. It reports the time (ms) of
 * each round trip.
 */

import * as nodeDataChannel from 'node-datachannel';
import * as v from 'valibot';
import { Client } from '../peer/client.ts';
import { ConversationState } from '../peer/core/conversation-state.ts';
import type { ChatEvent } from '../peer/core/facts-and-orders.ts';
import { Identity, ready, systemRandom } from '../peer/crypto/index.ts';
import { overNodeDataChannel } from '../peer/link/node/node-datachannel.ts';
import { decodeSignal, encodeSignal } from '../peer/link/sdp-validation.ts';
import { webrtcLink } from '../peer/link/webrtc-link.ts';
import { socketIoRendezvous } from '../peer/rendezvous/socketio.ts';
import { parseCode } from '../shared/code.ts';

const [role, url, code, size] = process.argv.slice(2);
if (url === undefined || code === undefined) throw new Error('see the top of this file');

const Trips = v.object({ trips: v.number() });

/** Runs the conversation. Resolves when it has ended: only the parent process ends it. */
async function talk(server: string, agreed: string): Promise<void> {
  let times: number[] = [];
  let count = 0;
  let sentAt = 0;
  const say = (text: string) => {
    sentAt = performance.now();
    client.give({ type: 'command', command: { type: 'send', text, ref: null } });
  };
  const render = (event: ChatEvent) => {
    if (event.type === 'message') {
      if (role === 'answer') {
        say(event.text);
      } else {
        times.push(performance.now() - sentAt);
        if (times.length < count) say(event.text);
        else process.send?.({ times });
      }
    } else if (event.type === 'peer' && event.status === 'connected' && role === 'offer') {
      process.send?.({ open: true });
    }
    return Promise.resolve();
  };
  process.on('message', (message) => {
    if (!v.is(Trips, message)) return;
    times = [];
    count = message.trips;
    say('x'.repeat(Number(size)));
  });
  await ready();
  const client: Client = new Client({
    conversation: new ConversationState({
      version: '0',
      server,
      name: role ?? '',
      identity: Identity.generate(systemRandom),
      known: [],
      code: parseCode(agreed),
      invite: () => null,
      timeout: null,
      serverPatience: null,
      reconnect: null,
      random: systemRandom,
    }),
    openRendezvous: socketIoRendezvous(server, { now: () => performance.now() }),
    openLink: webrtcLink(overNodeDataChannel(nodeDataChannel), { iceServers: [], loopback: true }),
    encodeCandidate: encodeSignal,
    decodeCandidate: decodeSignal,
    render,
    remember: () => undefined,
    waiting: () => undefined,
  });
  await client.run();
}

void talk(url, code);
