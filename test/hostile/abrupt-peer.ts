/**
 * A peer that closes its WebRTC connections without a goodbye: abrupt-peer.ts wrtc|node-datachannel SERVER CODE CLOSES. It
 * says numbered texts all the time, closes CLOSES links in the middle of the talk, and comes back by ticket each time. It
 * tells its parent each text that comes and each close, and at the end how many texts it has said.
 */
import * as nodeDataChannel from 'node-datachannel';
import wrtc from 'wrtc';
import { Client } from '../../peer/client.ts';
import { ConversationState } from '../../peer/core/conversation-state.ts';
import type { ChatEvent } from '../../peer/core/facts-and-orders.ts';
import { Identity, ready, systemRandom } from '../../peer/crypto/index.ts';
import type { Link, OpenLink } from '../../peer/link/link.ts';
import { overNodeDataChannel } from '../../peer/link/node/node-datachannel.ts';
import { decodeSignal, encodeSignal } from '../../peer/link/sdp-validation.ts';
import { webrtcLink } from '../../peer/link/webrtc-link.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { parseCode } from '../../shared/code.ts';

/** What the peer tells its parent. */
export type News =
  /** A text came. */
  | { readonly text: string }
  /** It has closed a link on which it made the offer, or the answer. */
  | { readonly closed: 'offer' | 'answer' }
  /** It has closed as many links as it was to, and all of so many texts were delivered. */
  | { readonly said: number };

/** Texts that wait for delivery. */
const WAITING = 40;
/** A link is closed after so many frames, and up to as many more. */
const FRAMES = 30;

/** Opens links that close themselves in the middle of the talk, `closes` in all. */
function closingAbruptly(open: OpenLink, closes: number): OpenLink {
  let left = closes;
  return (initiator, events, offered) => {
    let frames = FRAMES + Math.floor(Math.random() * FRAMES);
    const link: Link = open(
      initiator,
      {
        ...events,
        frame: (bytes) => {
          events.frame(bytes);
          frames -= 1;
          if (frames !== 0 || left === 0) return;
          left -= 1;
          link.close();
          tell({ closed: initiator ? 'offer' : 'answer' });
          events.closed({ key: 'closed-by-peer' });
        },
      },
      offered,
    );
    return link;
  };
}

function tell(news: News): void {
  process.send?.(news);
}

async function talk(implementation: string, server: string, code: string, closes: number): Promise<void> {
  let [said, waiting, done] = [0, 0, 0];
  const say = () => {
    if (done >= closes) return;
    for (; waiting < WAITING; waiting += 1) {
      client.give({ type: 'command', command: { type: 'send', text: `${said}`, ref: null } });
      said += 1;
    }
  };
  const render = (event: ChatEvent) => {
    if (event.type === 'message') tell({ text: event.text });
    if (event.type === 'peer' && event.status === 'reconnecting') done += 1;
    if (event.type === 'delivered') waiting -= 1;
    if (event.type === 'delivered' || event.type === 'peer') say();
    if (done === closes && waiting === 0) tell({ said });
    return Promise.resolve();
  };
  await ready();
  const rtc = implementation === 'wrtc' ? wrtc : overNodeDataChannel(nodeDataChannel);
  const client: Client = new Client({
    conversation: new ConversationState({
      version: '0',
      server,
      name: 'eve',
      identity: Identity.generate(systemRandom),
      known: [],
      code: parseCode(code),
      invite: () => null,
      timeout: null,
      serverPatience: null,
      reconnect: null,
      random: systemRandom,
    }),
    openRendezvous: socketIoRendezvous(server, { now: () => performance.now() }),
    openLink: closingAbruptly(webrtcLink(rtc, { iceServers: [], loopback: true }), closes),
    encodeCandidate: encodeSignal,
    decodeCandidate: decodeSignal,
    render,
    remember: () => undefined,
    waiting: () => undefined,
  });
  await client.run();
}

const [implementation = '', server = '', code = '', closes = ''] = process.argv.slice(2);
void talk(implementation, server, code, Number(closes));
