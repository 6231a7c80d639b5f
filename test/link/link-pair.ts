/** Two links in one process over real WebRTC, of either implementation, and the events of each. */
import * as nodeDataChannel from 'node-datachannel';
import wrtc from 'wrtc';
import type { Link, LinkEvents, LinkSignal, Path } from '../../peer/link/link.ts';
import { overNodeDataChannel } from '../../peer/link/node/node-datachannel.ts';
import type { WebRtcImplementation } from '../../peer/link/webrtc-implementation.ts';
import { webrtcLink } from '../../peer/link/webrtc-link.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';

/** The WebRTC implementations that the program can use, by name. */
export const IMPLEMENTATIONS: Readonly<Record<'wrtc' | 'node-datachannel', WebRtcImplementation>> = {
  wrtc,
  'node-datachannel': overNodeDataChannel(nodeDataChannel),
};

/** A link that notes what it told and lets a test wait for it. */
export class Recorded {
  readonly signals: LinkSignal[] = [];
  readonly frames: Uint8Array[] = [];
  readonly closings: ErrorDetail[] = [];
  path: Path | null = null;
  isOpen = false;
  link!: Link;
  #waiting: { met: () => boolean; resolve: () => void }[] = [];

  /** Resolves once the condition holds; it is looked at after each event. Gives up after ten seconds. */
  async until(met: () => boolean): Promise<void> {
    if (met()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`waited in vain; closed: ${JSON.stringify(this.closings)}`)),
        10_000,
      );
      this.#waiting.push({ met, resolve: () => resolve(clearTimeout(timer)) });
    });
  }

  /** Resolves with the own offer or answer. */
  async description(): Promise<string> {
    const find = () => this.signals.flatMap((signal) => (signal.type === 'candidate' ? [] : [signal.sdp]))[0];
    await this.until(() => find() !== undefined);
    return find() ?? '';
  }

  events(forward: (signal: LinkSignal) => void): LinkEvents {
    return {
      signal: (signal) => {
        this.signals.push(signal);
        forward(signal);
        this.#look();
      },
      opened: () => {
        this.isOpen = true;
        this.#look();
      },
      frame: (bytes) => {
        this.frames.push(bytes);
        this.#look();
      },
      path: ({ path }) => {
        this.path = path;
        this.#look();
      },
      closed: (why) => {
        this.closings.push(why);
        this.#look();
      },
    };
  }

  #look(): void {
    const met = this.#waiting.filter((waiting) => waiting.met());
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting));
    for (const { resolve } of met) resolve();
  }
}

/** What a test has opened. */
export const toClose = new Set<{ close(): void }>();

/** Closes what a test has opened: an open connection would keep the process alive. */
export function closeAll(): void {
  for (const each of toClose) each.close();
  toClose.clear();
}

/** Opens a link over `rtc` whose signals go to `forward`. */
export function record(
  rtc: WebRtcImplementation,
  initiator: boolean,
  forward: (signal: LinkSignal) => void = () => {},
) {
  const recorded = new Recorded();
  recorded.link = webrtcLink(rtc, { iceServers: [], loopback: true })(initiator, recorded.events(forward));
  toClose.add(recorded.link);
  return recorded;
}

/** The implementation of both links, or of the offering and of the answering one. */
export type Sides = WebRtcImplementation | readonly [a: WebRtcImplementation, b: WebRtcImplementation];

/** Two links that signal to one another; `alter` may change or multiply a signal on its way to the named one. */
export function pair(
  sides: Sides,
  alter: (to: 'a' | 'b', signal: LinkSignal) => LinkSignal[] = (_to, signal) => [signal],
) {
  const [offering, answering] = 'RTCPeerConnection' in sides ? [sides, sides] : sides;
  const b: Recorded = record(answering, false, (signal) => {
    for (const altered of alter('a', signal)) a.link.signal(altered);
  });
  const a: Recorded = record(offering, true, (signal) => {
    for (const altered of alter('b', signal)) b.link.signal(altered);
  });
  return { a, b };
}

/** Two links, open both ways. */
export async function openPair(sides: Sides) {
  const { a, b } = pair(sides);
  await Promise.all([a, b].map((side) => side.until(() => side.isOpen)));
  return { a, b };
}
