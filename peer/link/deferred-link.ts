/** A link whose WebRTC implementation is still being loaded. It keeps signals until then. */
import type { IceServer } from '../../shared/ice-servers.ts';
import type { Link, LinkEvents, LinkSignal, OpenLink } from './link.ts';
import { checkSignal } from './sdp-validation.ts';

/** Opens links by the function that `loading` resolves to. If it rejects, links close with `webrtc-not-loaded`. */
export function deferredLink(loading: Promise<OpenLink>): OpenLink {
  return (initiator, events, offered = []) => new DeferredLink(loading, initiator, events, offered);
}

class DeferredLink implements Link {
  #link: Link | null = null;
  #waiting: LinkSignal[] = [];
  #closed = false;

  constructor(loading: Promise<OpenLink>, initiator: boolean, events: LinkEvents, offered: readonly IceServer[]) {
    loading.then(
      (open) => {
        if (this.#closed) return;
        const link = open(initiator, events, offered);
        this.#link = link;
        for (const signal of this.#waiting) link.signal(signal);
        this.#waiting = [];
      },
      () => {
        if (!this.#closed) events.closed({ key: 'webrtc-not-loaded' });
      },
    );
  }

  signal(signal: LinkSignal): void {
    checkSignal(signal);
    if (this.#link === null) this.#waiting.push(signal);
    else this.#link.signal(signal);
  }

  send(bytes: Uint8Array): void {
    this.#link?.send(bytes);
  }

  close(): void {
    this.#closed = true;
    this.#link?.close();
  }
}
