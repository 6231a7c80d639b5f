/** What a program announces on the local network, and how announcements of others are read (docs/PROTOCOL.md). */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { lv, utf8 } from '../../../shared/bytes.ts';
import { type LocalInterface, reachable } from './interfaces.ts';

/** Service type of DNS-SD (RFC 6763) over TCP, without its underscore. */
export const SERVICE_TYPE = 'aparte';
/** Version of the announcement. */
const VERSION = '1';

/** A room that somebody announces. Nothing of it is proven. */
export interface Announcement {
  /** 32 hexadecimal digits, random for each room that is announced. */
  readonly id: string;
  /** The {@link roomMark} of the room. */
  readonly room: string;
  /** TCP port of the rendezvous server. */
  readonly port: number;
  /**
   * Addresses of the server, all in the networks of one interface. Link-local IPv6 addresses have a zone. The address
   * that the announcement came from is the first.
   */
  readonly addresses: readonly string[];
}

/** Addresses taken from one announcement, besides the one it comes from. */
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
 * Returns the mark of a room: SHA-256 over the nameplate, salted with the id. It hides the names of ticket rooms. A
 * short nameplate can be found by trying. The secret is not part of it.
 */
export function roomMark(id: string, nameplate: string): string {
  const bytes = lv(...['aparte/1', 'lan', id, nameplate].map(utf8));
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/** Returns the TXT record that announces a room. */
export function txtRecord(room: string): { readonly v: string; readonly room: string } {
  return { v: VERSION, room };
}

/** Reads a service that was heard of on an interface. Null if it is not one of ours, or does not come from there. */
export function readAnnouncement(service: unknown, local: LocalInterface): Announcement | null {
  const { success, output } = v.safeParse(schema, service, { abortEarly: true });
  if (!success) return null;
  const { name: id, port, txt, referer, addresses: listed } = output;
  // A socket receives packets from other interfaces as well. A sender elsewhere cannot name addresses here.
  if (reachable(referer.address, local) === null) return null;
  const addresses = [referer.address, ...listed.slice(0, MAX_LISTED)].flatMap((one) => reachable(one, local) ?? []);
  return { id, room: txt.room, port, addresses: [...new Set(addresses)] };
}
