/** What clients ask for, checked. */
import * as v from 'valibot';
import { FrameRequest, FreeRequest, JoinRequest } from '../shared/signal-wire.ts';
import type { Reply } from './order-sender.ts';

/** What a client asks for. `reply` acknowledges it. */
export type Request =
  | { readonly type: 'join'; readonly join: JoinRequest; readonly reply: Reply }
  | { readonly type: 'frame'; readonly frame: FrameRequest }
  | { readonly type: 'free'; readonly member: string }
  | { readonly type: 'leave'; readonly reply: Reply };

/** The first fault is enough: what it was is not told. */
const STRICT = { abortEarly: true } as const;

/** Reads an event of a client and what came with it. Null where it asks for nothing that there is. */
export function readRequest(event: unknown, args: readonly unknown[]): Request | null {
  const [request, reply] = args;
  switch (event) {
    case 'join': {
      const join = v.safeParse(JoinRequest, request, STRICT);
      if (args.length !== 2 || typeof reply !== 'function' || !join.success) return null;
      return { type: 'join', join: join.output, reply: reply as Reply };
    }
    case 'frame': {
      const frame = v.safeParse(FrameRequest, request, STRICT);
      return args.length === 1 && frame.success ? { type: 'frame', frame: frame.output } : null;
    }
    case 'free': {
      const free = v.safeParse(FreeRequest, request, STRICT);
      return args.length === 1 && free.success ? { type: 'free', member: free.output.member } : null;
    }
    case 'leave':
      return args.length === 1 && typeof request === 'function' ? { type: 'leave', reply: request as Reply } : null;
    default:
      return null;
  }
}
