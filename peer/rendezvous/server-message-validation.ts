/** Checks the messages of a rendezvous server, which may be hostile. Readers return null for malformed input. */
import * as v from 'valibot';
import type { ErrorDetail } from '../../shared/error-details.ts';
import {
  FrameEvent,
  JoinReply,
  LeftEvent,
  Member,
  Refusal,
  unpackWelcome,
  type Welcome,
} from '../../shared/signal-wire.ts';

/** Byte strings. Socket.IO gives a Buffer in Node and an ArrayBuffer in a browser. */
const plainBytes = v.pipe(
  v.union([v.instance(Uint8Array), v.instance(ArrayBuffer)]),
  v.transform((input): Uint8Array => new Uint8Array(input)),
);
const member = v.object({ ...Member.entries, card: v.pipe(plainBytes, Member.entries.card) });
const joinReply = v.pipe(
  v.object({ ...JoinReply.entries, members: v.optional(v.pipe(plainBytes, JoinReply.entries.members.wrapped)) }),
  v.rawTransform(({ dataset, addIssue, NEVER }): Welcome => {
    try {
      return unpackWelcome(dataset.value);
    } catch {
      addIssue();
      return NEVER;
    }
  }),
  v.check(({ self, members }) => new Set([self, ...members.map(({ id }) => id)]).size === members.length + 1),
);
const frame = v.object({ ...FrameEvent.entries, data: v.pipe(plainBytes, FrameEvent.entries.data) });

/** The first packet of an Engine.IO connection; times in ms. */
const handshake = v.object({
  sid: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  upgrades: v.pipe(v.array(v.string()), v.maxLength(8)),
  pingInterval: v.pipe(v.number(), v.minValue(1), v.maxValue(600_000)),
  pingTimeout: v.pipe(v.number(), v.minValue(1), v.maxValue(600_000)),
});

function read<const Schema extends v.GenericSchema>(schema: Schema, input: unknown): v.InferOutput<Schema> | null {
  const result = v.safeParse(schema, input, { abortEarly: true });
  return result.success ? result.output : null;
}

/** Reads the answer to a join. Its ids, our own included, are distinct. */
export function readJoinReply(input: unknown): Welcome | Refusal | null {
  return read(Refusal, input) ?? read(joinReply, input);
}

/** Says which field of a malformed answer to a join is wrong. */
export function faultInJoinReply(input: unknown): ErrorDetail {
  const [issue] = v.safeParse(joinReply, input, { abortEarly: true }).issues ?? [];
  const key = issue?.path?.[0]?.key;
  return { key: 'bad-answer', field: typeof key === 'string' ? key : null };
}

/** Reads the event `came`. */
export const readMember = (input: unknown): Member | null => read(member, input);

/** Reads the event `left`. */
export const readLeft = (input: unknown): LeftEvent | null => read(LeftEvent, input);

/** Reads the event `frame`. Its bytes are a copy. */
export const readFrame = (input: unknown): FrameEvent | null => read(frame, input);

/** Reads the event `fault`. */
export const readRefusal = (input: unknown): Refusal | null => read(Refusal, input);

/** Whether a text is the first packet of an Engine.IO connection, in JSON. */
export function isHandshake(text: unknown): boolean {
  try {
    return typeof text === 'string' && v.is(handshake, JSON.parse(text));
  } catch {
    return false;
  }
}

/**
 * The start of a Socket.IO packet from a server (Socket.IO protocol, version 5) in the main namespace. It has the data
 * that the library expects without a check.
 */
const PACKET = /^(?:0\{|1$|2\d*\[|3\d+\[|4[{"]|5\d+-\d*\[|6\d+-\d+\[)/;

/** Whether a message is a Socket.IO packet or an attachment to one. */
export function isPacket(data: unknown): boolean {
  return typeof data !== 'string' || PACKET.test(data);
}
