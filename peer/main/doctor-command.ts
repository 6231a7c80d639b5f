/** `aparte doctor`: says what works from here, and what kind of connection to expect. */
import { randomBytes } from 'node:crypto';
import { encodeCard } from '../../shared/card.ts';
import { type AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import type { IceServer } from '../../shared/ice-servers.ts';
import { SIGNALING_VERSION, VERSIONS } from '../../shared/limits.ts';
import { type Findings, judge, type Verdict } from '../doctor/findings.ts';
import { examineNetwork } from '../doctor/nat-detection.ts';
import { tryRelays } from '../doctor/relay-check.ts';
import { reportLines } from '../doctor/report-text.ts';
import { readClock } from '../doctor/server-check.ts';
import { chosenServers } from '../link/ice-policy.ts';
import { safeJson } from '../ui/json-chat.ts';
import { wrapLine } from '../ui/line-wrapping.ts';
import { visible } from '../ui/sanitize.ts';
import { DEFAULT_SERVER, portHeld } from '../ways-to-meet/node/default-server.ts';
import { rendezvousAt } from '../ways-to-meet/node/server-rendezvous.ts';
import { describeError } from '../words/describe-error.ts';
import type { IceFlags } from './ice-flags.ts';
import { print } from './print-output.ts';

/** What the doctor is told. */
export interface DoctorTask extends IceFlags {
  readonly command: 'doctor';
  /** Origins, each of which is examined. None: the default. */
  readonly servers: readonly string[];
  readonly json: boolean;
}

/** Whether a server let us in, why not (null where it did), and the STUN and TURN servers it offers. */
interface Visit {
  readonly cause: AparteError | null;
  readonly offered: readonly IceServer[];
}

/**
 * Examines, prints, and returns the exit code: 0 where a connection can be expected by way of one of the servers, 5 where
 * none can, 4 where no server was reached.
 */
export async function doctor(task: DoctorTask): Promise<ExitCode> {
  const exits: ExitCode[] = [];
  const urls = task.servers.length > 0 ? task.servers : [DEFAULT_SERVER];
  for (const [index, url] of urls.entries()) {
    if (index > 0 && !task.json) await print('\n');
    exits.push(await examine(url, task));
  }
  return [EXIT.ok, EXIT.noPath].find((exit) => exits.includes(exit)) ?? EXIT.server;
}

async function examine(url: string, { json, iceServers, relay }: DoctorTask): Promise<ExitCode> {
  const { cause, offered } = await visit(url);
  const isStun = (one: string) => one.startsWith('stun:');
  const known = chosenServers({ iceServers, relay: 'allow' }, offered);
  const stun = known.flatMap(({ urls }) => urls.filter(isStun));
  const turn = known.filter(({ urls }) => !urls.some(isStun));
  // A relay the user named is his to try; one that the server names is asked only where relays are allowed.
  const tried = relay === 'never' ? turn.filter((one) => iceServers.includes(one)) : turn;
  const untried = turn.filter((one) => !tried.includes(one)).flatMap(({ urls }) => urls);
  const [clock, network, relays] = await Promise.all([readClock(url), examineNetwork(stun), relaysIn(tried)]);
  const reached = cause === null;
  const version = reached ? SIGNALING_VERSION : null;
  const { rtt = null, skew = null, redirect = null } = clock ?? {};
  const findings: Findings = {
    server: { url, reached, cause: cause && describeError(cause).message, rtt, version, skew, redirect },
    ...network,
    relays,
    untried,
  };
  const verdict = url === DEFAULT_SERVER && !reached ? inside(cause) : judge(findings, relay === 'only');
  const { isTTY, columns } = process.stdout;
  const rows = (line: string) => wrapLine(visible(line), isTTY ? columns : Infinity);
  const report = json
    ? safeJson({ ...findings, ...verdict })
    : `${reportLines(findings, verdict).flatMap(rows).join('\n')}\n`;
  await print(report);
  if (!reached) return EXIT.server;
  return verdict.expect === 'none' ? EXIT.noPath : EXIT.ok;
}

/** What to say of the default address, where a chat would run a server inside. */
function inside(cause: AparteError): Verdict {
  if (cause.detail?.key === 'no-answer-in-time')
    return { expect: null, advice: Object.values(describeError(portHeld())) };
  const none = 'None runs here; a chat would run one inside, for this machine; --lan and --manual need none.';
  return { expect: null, advice: [none] };
}

/** Goes into a room of the server's choice and out again. */
async function visit(url: string): Promise<Visit> {
  const open = rendezvousAt(url);
  const card = encodeCard({ versions: VERSIONS, nonce: randomBytes(16) });
  const nobody = { came: () => {}, left: () => {}, frame: () => {}, resumed: () => {}, noted: () => {} };
  let end = (): Promise<void> => Promise.resolve();
  const found = await new Promise<Visit>((resolve) => {
    const failed = (cause: AparteError) => resolve({ cause, offered: [] });
    const joined = (_nameplate: string, _members: unknown, offered: readonly IceServer[]) =>
      resolve({ cause: null, offered });
    const place = open({ nameplate: null, card, capacity: 2 }, { ...nobody, joined, lost: failed, refused: failed });
    end = () => place.leave();
  });
  await end();
  return found;
}

async function relaysIn(servers: readonly IceServer[]) {
  if (servers.length === 0) return [];
  const { default: wrtc } = await import('wrtc');
  return tryRelays(wrtc, servers);
}
