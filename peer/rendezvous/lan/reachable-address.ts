/** The way to a server of which several addresses are known: the first that answers is taken. */
import { Agent, type ClientRequestArgs } from 'node:http';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';

/** How long (ms) an address may take before the next is tried. */
const ATTEMPT = 500;

/** Connects to one of these addresses, whatever host is asked for. A zone (`fe80::1%eth0`) may stand behind an address. */
export class Route extends Agent {
  readonly #lookup: LookupFunction;

  constructor(addresses: readonly string[]) {
    super();
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    // Never at once: what cannot even be begun would fail before the request listens for it, and end the program.
    this.#lookup = (_host, _options, done) => void setImmediate(() => done(null, all));
  }

  /** Called by Node for each request (RFC 8305 in small: one address after the other). */
  override createConnection({ port = 0 }: ClientRequestArgs): Socket {
    const options = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ATTEMPT };
    // A name, as an address would not be looked up; one that cannot exist (RFC 6761, section 6.4).
    return connect({ host: 'aparte.invalid', port: Number(port), lookup: this.#lookup, ...options });
  }
}

/** How a URL names a server at this address: without a zone, which a URL cannot have. */
export function urlOf(address: string, port: number): string {
  const plain = address.replace(/%.*$/, '');
  return `http://${plain.includes(':') ? `[${plain}]` : plain}:${port}`;
}
