/** Connects to a server that has several addresses: the first address that answers is used. */
import { Agent, type ClientRequestArgs } from 'node:http';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';

/** Time for one address before the next is tried, in ms. */
const ATTEMPT = 500;

/** An HTTP agent that connects to one of `addresses`, whatever the host of the URL. Addresses may have a zone. */
export class AddressListAgent extends Agent {
  readonly #lookup: LookupFunction;

  constructor(addresses: readonly string[]) {
    super();
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    // Answers later, never at once: an address that cannot even be tried would fail before the request has its error
    // listener, and that error would end the program.
    this.#lookup = (_host, _options, done) => void setImmediate(() => done(null, all));
  }

  /** Called by Node for each request. Tries one address after the other, a simple form of RFC 8305. */
  override createConnection({ port = 0 }: ClientRequestArgs): Socket {
    const options = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ATTEMPT };
    // A host name is needed for the lookup to be called. This one cannot exist (RFC 6761, section 6.4).
    return connect({ host: 'aparte.invalid', port: Number(port), lookup: this.#lookup, ...options });
  }
}

/** Returns the URL of a server at an address, without the zone, which a URL cannot have. */
export function urlOf(address: string, port: number): string {
  const plain = address.replace(/%.*$/, '');
  return `http://${plain.includes(':') ? `[${plain}]` : plain}:${port}`;
}
