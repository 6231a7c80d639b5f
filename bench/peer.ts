/**
 * One side of a sealed conversation, with everything but the command line: peer.ts offer|answer URL CODE SIZE. The
 * offering side reports to its parent process when it is connected. For each `{ trips }` from the parent it sends that
 * many texts of SIZE characters, one after the other, each echoed by the answering side. It reports the time (ms) of
 * each round trip.
 */

import * as v from 'valibot';
import { Conversation } from '../peer/conversation/conversation.ts';
import type { ChatEvent } from '../peer/core/facts-and-orders.ts';
import { loadLink } from '../peer/main/load-webrtc.ts';
import { rendezvousAt } from '../peer/ways-to-meet/node/server-rendezvous.ts';
import { meetAtServers } from '../peer/ways-to-meet/servers.ts';
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
    conversation.command({ type: 'send', text, ref: null });
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
  const conversation: Conversation = new Conversation(
    {
      way: meetAtServers([server], (one) => rendezvousAt(one, 'never')),
      version: '0',
      name: role ?? '',
      code: parseCode(agreed),
      identity: null,
      knownPeers: [],
      ice: { iceServers: [] },
      loadLink,
      timeout: null,
      awaitsText: false,
      reconnect: null,
      serverPatience: null,
    },
    { render, waiting: () => undefined, remember: () => undefined },
  );
  await conversation.run();
}

void talk(url, code);
