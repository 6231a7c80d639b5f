/**
 * One side of a sealed conversation over the whole stack but its programs: peer.ts offer|answer URL CODE SIZE. The
 * offering side tells its parent when it is connected, and for each `{ trips }` that the parent asks for sends so many
 * texts of SIZE characters, each once the other has echoed the one before, and tells how long (ms) each took.
 */
import * as v from 'valibot';
import wrtc from 'wrtc';
import { Client } from '../peer/client.ts';
import { ConversationState } from '../peer/core/conversation-state.ts';
import type { ChatEvent } from '../peer/core/facts-and-orders.ts';
import { Identity, ready, systemRandom } from '../peer/crypto/index.ts';
import { decodeSignal, encodeSignal } from '../peer/link/sdp-validation.ts';
import { webrtcLink } from '../peer/link/webrtc-link.ts';
import { socketIoRendezvous } from '../peer/rendezvous/socketio.ts';
import { parseCode } from '../shared/code.ts';

const [role, url, code, size] = process.argv.slice(2);
if (url === undefined || code === undefined) throw new Error('see the top of this file');

const Trips = v.object({ trips: v.number() });

/** Resolves when the conversation has ended, which it does not by itself. */
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
    openLink: webrtcLink(wrtc, { iceServers: [], loopback: true }),
    encodeCandidate: encodeSignal,
    decodeCandidate: decodeSignal,
    render,
    remember: () => undefined,
    waiting: () => undefined,
  });
  await client.run();
}

void talk(url, code);
