/** The limits of the server as flags and environment variables. */
import { type Command, Option } from 'commander';
import { MAX_MEMBERS } from '../shared/limits.ts';
import type { AddressLimits, Limits } from './limits.ts';
import { LIMITS } from './limits.ts';
import type { Rate } from './token-bucket.ts';

interface LimitFlag {
  /** The flag without `--`. */
  readonly name: string;
  readonly text: string;
  /** The least and the greatest value. */
  readonly bounds: readonly [number, number];
  /** The default. */
  readonly usual: number;
  /** Returns the limits with this one changed. */
  readonly set: (limits: Limits, value: number) => Limits;
}

/** The burst of each rate, as seconds of that rate. */
const ADDRESS_BURST = 32;
const PACKET_BURST = 8;
const BYTE_BURST = 16;

const ordinary = LIMITS.perAddress as AddressLimits;
const rate = (perSecond: number, seconds: number): Rate => ({ burst: perSecond * seconds, perSecond });
const perAddress = (limits: Limits, moved: Partial<AddressLimits>): Limits =>
  limits.perAddress === null ? limits : { ...limits, perAddress: { ...limits.perAddress, ...moved } };
const MILLION = 1_000_000;

const FLAGS: readonly LimitFlag[] = [
  {
    name: 'max-connections-per-address',
    text: 'connections of one address; an IPv6 address counts as its /64, and a /48 has 8 times as many',
    bounds: [1, MILLION],
    usual: ordinary.connections,
    set: (limits, connections) => perAddress(limits, { connections }),
  },
  {
    name: 'max-connects-per-second',
    text: `new connections of one address, and 32 HTTP requests for each; burst: ${ADDRESS_BURST} times that`,
    bounds: [1, MILLION],
    usual: ordinary.connects.perSecond,
    set: (limits, n) => perAddress(limits, { connects: rate(n, ADDRESS_BURST) }),
  },
  {
    name: 'max-joins-per-second',
    text: `attempts of one address to join a room; burst: ${ADDRESS_BURST} times that`,
    bounds: [1, MILLION],
    usual: ordinary.joins.perSecond,
    set: (limits, n) => perAddress(limits, { joins: rate(n, ADDRESS_BURST) }),
  },
  {
    name: 'max-guesses-per-minute',
    text: 'attempts of one address to join by short nameplates, which may be guesses',
    bounds: [1, MILLION],
    usual: ordinary.guesses.burst,
    set: (limits, n) => perAddress(limits, { guesses: { burst: n, perSecond: n / 60 } }),
  },
  {
    name: 'max-connections',
    text: 'connections in all',
    bounds: [1, MILLION],
    usual: LIMITS.connections,
    set: (limits, connections) => ({ ...limits, connections }),
  },
  {
    name: 'max-rooms',
    text: 'rooms in all',
    bounds: [1, MILLION],
    usual: LIMITS.rooms,
    set: (limits, rooms) => ({ ...limits, rooms }),
  },
  {
    name: 'max-members',
    text: 'members of one room',
    bounds: [2, MAX_MEMBERS],
    usual: LIMITS.members,
    set: (limits, members) => ({ ...limits, members }),
  },
  {
    name: 'max-packets-per-second',
    text: `packets of one connection, and WebSocket pings; burst: ${PACKET_BURST} times that`,
    bounds: [16, MILLION],
    usual: LIMITS.packets.perSecond,
    set: (limits, n) => ({ ...limits, packets: rate(n, PACKET_BURST) }),
  },
  {
    name: 'max-bytes-per-second',
    text: `bytes of one connection; burst: ${BYTE_BURST} times that`,
    bounds: [16_384, 1_000 * MILLION],
    usual: LIMITS.bytes.perSecond,
    set: (limits, n) => ({ ...limits, bytes: rate(n, BYTE_BURST) }),
  },
  {
    name: 'max-message-bytes',
    text: 'bytes of one message; a frame takes up to 22,000 over long-polling',
    bounds: [32_768, MILLION],
    usual: LIMITS.messageBytes,
    set: (limits, messageBytes) => ({ ...limits, messageBytes }),
  },
  {
    name: 'max-unread-packets',
    text: 'packets, or answers to pings, that may wait for a slow client',
    bounds: [16, MILLION],
    usual: LIMITS.backlog,
    set: (limits, backlog) => ({ ...limits, backlog }),
  },
  {
    name: 'max-handshake-seconds',
    text: 'for each of: TLS handshake, HTTP request, Socket.IO connect, first join',
    bounds: [1, 3_600],
    usual: LIMITS.joinWithin / 1_000,
    set: (limits, n) => ({ ...limits, joinWithin: n * 1_000 }),
  },
  {
    name: 'max-silence-seconds',
    text: 'until a connection that answers no ping is closed',
    bounds: [3, 3_600],
    usual: LIMITS.silence / 1_000,
    set: (limits, n) => ({ ...limits, silence: n * 1_000 }),
  },
  {
    name: 'max-idle-seconds',
    text: 'until a room in which nothing happens is closed',
    bounds: [1, 365 * 86_400],
    usual: LIMITS.roomIdle / 1_000,
    set: (limits, n) => ({ ...limits, roomIdle: n * 1_000 }),
  },
  {
    name: 'max-header-bytes',
    text: 'bytes of all headers of a request',
    bounds: [1_024, 65_536],
    usual: LIMITS.headerBytes,
    set: (limits, headerBytes) => ({ ...limits, headerBytes }),
  },
  {
    name: 'max-url-bytes',
    text: 'bytes of the URL of a request to open a connection',
    bounds: [256, 8_192],
    usual: LIMITS.urlBytes,
    set: (limits, urlBytes) => ({ ...limits, urlBytes }),
  },
];

/** Adds a flag for each limit to a command, under a heading of its own. The environment overrides the defaults. */
export function addLimitFlags(command: Command, env: Readonly<Record<string, string | undefined>>): Command {
  for (const { name, text, usual } of FLAGS) {
    const variable = `APARTE_${name.toUpperCase().replaceAll('-', '_')}`;
    const option = new Option(`--${name} <number>`, text).default(env[variable] || String(usual));
    command.addOption(option.helpGroup('Limits (each also as a variable: APARTE_MAX_ROOMS is --max-rooms):'));
  }
  return command;
}

/** Reads the limits that a command was given. Calls `fail`, which does not return, if one is out of bounds. */
export function readLimits(command: Command, isPerAddress: boolean, fail: (sentence: string) => never): Limits {
  let limits: Limits = isPerAddress ? LIMITS : { ...LIMITS, perAddress: null };
  for (const { name, bounds, usual, set } of FLAGS) {
    const text = String(command.getOptionValue(name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())));
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    const [least, most] = bounds;
    if (!(value >= least && value <= most)) fail(`--${name} must be a number from ${least} to ${most}`);
    if (value !== usual) limits = set(limits, value);
  }
  return limits;
}
