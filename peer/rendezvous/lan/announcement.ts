/** What is said on the local network, and what is believed of what others say (docs/PROTOCOL.md, Local network). */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { lv, utf8 } from '../../../shared/bytes.ts';
import { type LocalLink, reachable } from './interfaces.ts';

/** Service type of DNS-SD (RFC 6763), without its underscore; over TCP. */
export const SERVICE_TYPE = 'aparte';
/** Version of what is announced. */
const VERSION = '1';

/** Somebody who can be met, as far as the network says: nothing of it is proven. */
export interface Announcement {
  /** 32 hexadecimal digits, random for each place that is announced. */
  readonly id: string;
  /** {@link roomMark} of the room. */
  readonly room: string;
  /** TCP port of the rendezvous server. */
  readonly port: number;
  /** Its addresses, all of one of our links, IPv6 link-local ones with their zone; the one it was heard from is first. */
  readonly addresses: readonly string[];
}

/** Addresses looked at in one announcement besides where it comes from. */
const MAX_LISTED = 7;

const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const schema = v.object({
  name: hex,
  port: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(65_535)),
  txt: v.object({ v: v.literal(VERSION), room: hex }),
  referer: v.object({ address: v.string() }),
  addresses: v.array(v.string()),
});

/**
 * What an announcement says of its room: SHA-256 over the nameplate, salted with the id. It hides the names of ticket
 * rooms; a short nameplate can be found by trying. Nothing of the secret goes into it.
 */
export function roomMark(id: string, nameplate: string): string {
  const bytes = lv(...['aparte/1', 'lan', id, nameplate].map(utf8));
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/** What TXT says of a room. */
export function txtRecord(room: string): { readonly v: string; readonly room: string } {
  return { v: VERSION, room };
}

/** Reads a service that was heard of on a link; null for what is not one of ours, or does not come from there. */
export function readAnnouncement(service: unknown, link: LocalLink): Announcement | null {
  const { success, output } = v.safeParse(schema, service, { abortEarly: true });
  if (!success) return null;
  const { name: id, port, txt, referer, addresses: listed } = output;
  // A socket hears what comes over other links, too; and who is not on this one can lead nowhere on it.
  if (reachable(referer.address, link) === null) return null;
  const addresses = [referer.address, ...listed.slice(0, MAX_LISTED)].flatMap((one) => reachable(one, link) ?? []);
  return { id, room: txt.room, port, addresses: [...new Set(addresses)] };
}
