/** `aparte doctor`: says what works from here, and what kind of connection to expect. */
import { randomBytes } from 'node:crypto';
import { encodeCard } from '../../shared/card.ts';
import { type AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import type { IceServer, RelayPolicy } from '../../shared/ice-servers.ts';
import { SIGNALING_VERSION, VERSIONS } from '../../shared/limits.ts';
import { CLOCK_TOLERANCE, type Findings, judge, type RelayFinding, type Verdict } from '../doctor/findings.ts';
import { examineNetwork } from '../doctor/nat-detection.ts';
import { tryRelays } from '../doctor/relay-check.ts';
import { askOverHttp } from '../doctor/server-check.ts';
import { chosenServers } from '../link/ice-policy.ts';
import { safeJson } from '../ui/json-chat.ts';
import { wrapLine } from '../ui/line-wrapping.ts';
import { visible } from '../ui/sanitize.ts';
import { DEFAULT_SERVER, portHeld } from '../ways-to-meet/node/default-server.ts';
import { rendezvousAt } from '../ways-to-meet/node/server-rendezvous.ts';
import { describeError } from '../words/describe-error.ts';
import { words } from '../words/index.ts';
import type { DoctorTask } from './command-line.ts';
import { print } from './output.ts';

/** Why a server did not let us in (null: it did), and the STUN and TURN servers that it offers. */
interface Visit {
  readonly cause: AparteError | null;
  readonly offered: readonly IceServer[];
}

/**
 * Examines each server and prints a report. Returns the best exit code of them: 0 if a connection can be expected, or a
 * chat would start the server itself; 5 if no connection can be expected; 4 if the server was not reached.
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

async function examine(url: string, task: DoctorTask): Promise<ExitCode> {
  const { iceServers, relay } = task;
  const { cause, offered } = await visit(url, relay);
  const isStun = (one: string) => one.startsWith('stun:');
  const known = chosenServers({ iceServers, relay: 'allow' }, offered);
  const stun = known.flatMap(({ urls }) => urls.filter(isStun));
  const turn = known.filter(({ urls }) => !urls.some(isStun));
  // The user's own relays are always tried; those of a server only if the user allows relays.
  const tried = relay === 'never' ? turn.filter((one) => iceServers.includes(one)) : turn;
  const untried = turn.filter((one) => !tried.includes(one)).flatMap(({ urls }) => urls);
  const [http, network, relays] = await Promise.all([askOverHttp(url), examineNetwork(stun), checkRelays(tried)]);
  const reached = cause === null;
  const findings: Findings = {
    server: {
      url,
      reached,
      cause: cause && describeError(cause).message,
      inside: url === DEFAULT_SERVER && isNobodyThere(cause),
      rtt: http?.rtt ?? null,
      version: reached ? SIGNALING_VERSION : null,
      skew: http?.skew ?? null,
      redirect: http?.redirect ?? null,
      proxies: http?.proxies ?? null,
    },
    ...network,
    relays,
    untried,
  };
  const verdict = judge(findings, relay === 'only');
  await report(findings, verdict, cause, task.json);
  if (!reached) return findings.server.inside ? EXIT.ok : EXIT.server;
  return verdict.expect === 'none' ? EXIT.noPath : EXIT.ok;
}

/** Whether nothing listens at a server's address. */
function isNobodyThere(cause: AparteError | null): boolean {
  return cause?.detail?.key === 'system-error' && cause.detail.code === 'ECONNREFUSED';
}

/** Prints what was found and concluded. `cause`: why the server was not reached. */
async function report(findings: Findings, { expect, advice }: Verdict, cause: AparteError | null, json: boolean) {
  const hints = cause === null || findings.server.inside ? [] : [describeError(cause).hint];
  const sentences = [...hints, ...advice.map((each) => words.DOCTOR_ADVICE[each])];
  if (json) {
    const relays = findings.relays.map(({ url, works, fault }) => {
      return { url, works, cause: fault === null ? null : words.relayFault(fault) };
    });
    await print(safeJson({ ...findings, relays, expect, advice: sentences }));
    return;
  }
  const isClockRight = Math.abs(findings.server.skew ?? 0) < CLOCK_TOLERANCE;
  const expectation = expect === null ? [] : [words.doctorExpectation(expect)];
  const lines = [...words.doctorFindings(findings, isClockRight), '', ...expectation, ...sentences];
  const { isTTY, columns } = process.stdout;
  const rows = lines.flatMap((line) => wrapLine(visible(line), isTTY ? columns : Infinity));
  await print(rows.map((row) => `${row}\n`).join(''));
}

/** Enters a new room on the server and leaves it again. */
async function visit(url: string, relay: RelayPolicy): Promise<Visit> {
  const open = rendezvousAt(url, relay);
  const card = encodeCard({ versions: VERSIONS, nonce: randomBytes(16) });
  const nobody = { came: () => {}, left: () => {}, frame: () => {}, resumed: () => {}, noted: () => {} };
  let end = (): Promise<void> => Promise.resolve();
  const found = await new Promise<Visit>((resolve) => {
    const failed = (error: AparteError) => {
      const isHeld = url === DEFAULT_SERVER && error.detail?.key === 'no-answer-in-time';
      resolve({ cause: isHeld ? portHeld() : error, offered: [] });
    };
    const joined = (_nameplate: string, _members: unknown, offered: readonly IceServer[]) =>
      resolve({ cause: null, offered });
    const room = open({ nameplate: null, card, capacity: 2 }, { ...nobody, joined, lost: failed, refused: failed });
    end = () => room.leave();
  });
  await end();
  return found;
}

async function checkRelays(servers: readonly IceServer[]): Promise<RelayFinding[]> {
  if (servers.length === 0) return [];
  const { default: wrtc } = await import('wrtc');
  return tryRelays(wrtc, servers);
}
