/** Flags and environment of `aparte signal`, checked and turned into what the server is started with. */
import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { isTurnUrl } from '../shared/ice-servers.ts';
import { DEFAULT_PORT, MAX_TURN_URLS } from '../shared/limits.ts';
import { STUN_PORT } from '../shared/stun.ts';
import { addLimitFlags, readLimits } from './limit-flags.ts';
import type { Level } from './log.ts';
import { LEVELS } from './log.ts';
import type { MetricsAddress } from './metrics.ts';
import { isLoopback } from './request-origin.ts';
import type { ServerOptions } from './server.ts';

/** Where metrics are served unless told otherwise. */
const METRICS = { host: '127.0.0.1', port: 9470 };

/** Worker processes; more than one for each core serve nobody. */
const MAX_WORKERS = 128;

/** All that the command line asks for. */
export interface SignalOptions extends ServerOptions {
  /** In how many processes to serve; null: in this one. */
  readonly workers: number | null;
  /** Where to serve metrics; left out: nowhere. */
  readonly metrics?: MetricsAddress;
  /** How long, in ms, letting go of the clients may take at the end. */
  readonly drain: number;
  /** The least grave that is written as JSON; null: no log, only words for people. */
  readonly log: Level | null;
}

const HELP = `
The server introduces programs that give it the same nameplate and forwards what they send each other, sealed, until
they are connected directly. It holds no keys, keeps nothing on disk and logs nothing about anyone.

So that programs behind home routers find a direct path, it answers STUN as well: UDP and TCP port ${STUN_PORT}, and UDP
${STUN_PORT + 1} to tell kinds of routers apart. Open them in the firewall. A TURN relay (coturn with use-auth-secret) helps
where no direct path exists, and is used by those only who allow it.

--metrics counts what happens, for Prometheus, on a port of its own: never who, from where or in which room. Whoever can
reach that port can read it, so it is open to this machine only unless you name another address.

--redis makes several servers one, on any machines: two programs meet whichever of them each has reached. What all share
is in Redis (6.2 or later, no cluster), for as long as a server lives that holds it: nameplates, who is in which room,
addresses that are connected, and the last half minute of sealed frames. Nothing needs to be written to its disk. Where
Redis is away, programs are told to come back, and all goes on when it is back. A load balancer in front may send each
WebSocket to any of the servers; clients that poll must always reach the same one.

--workers serves from several processes of this machine, each on a core of its own. They need no Redis: the first process
keeps what they share, replaces one that dies, and has the metrics. Clients must then use WebSockets, as aparte does.

Examples:
  aparte signal                          for programs on this machine
  aparte signal --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem
                                         for everyone who can reach this machine
  aparte signal --trust-proxy 1 --stun-host 0.0.0.0
                                         behind a proxy on this machine that speaks HTTPS: only STUN is open to all
  aparte signal --port 0 --limits off    any free port, addresses not limited: for tests and benches
  APARTE_REDIS=redis://user:password@10.0.0.5 aparte signal --host 0.0.0.0
                                         one of several servers; a password in --redis could be seen by others
  APARTE_TURN_SECRET=... aparte signal --host 0.0.0.0 --turn-url turn:relay.example.org

Certificate and key are read again on SIGHUP; nobody is dropped, and files that cannot be used change nothing. A proxy
must pass on WebSockets and add the client's address to X-Forwarded-For; without --trust-proxy that header means nothing.
On loopback without --trust-proxy, only requests for localhost or an IP address are answered.

SIGTERM lets nobody in any more (GET /readyz says 503, /healthz still 200), tells those who wait to go elsewhere, a
thousand a second, and gives pairings on their way --drain-seconds. With nobody there it ends at once; SIGINT, or a second
SIGTERM, hurries.

--log info writes one JSON object a line to standard error: start, reload, drain and stop, and each minute how many were
refused by which cause; error and warn less, debug also how many are there. Never an address, a nameplate or anything that
was sent. Without it only what goes wrong is said, in words. Standard output has the line "listening on URL" alone.

Others then chat with: aparte chat --server https://HOST:PORT
`;

/** Where it may write. */
interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

interface Parsed {
  readonly port: string;
  readonly host: string;
  readonly limits: string;
  readonly stunPort?: string;
  readonly stunHost?: string;
  readonly turnUrl?: readonly string[];
  readonly turnSecret?: string;
  readonly metrics?: string | true;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly trustProxy: string;
  readonly redis?: string;
  readonly workers?: string;
  readonly drainSeconds: string;
  readonly log?: string;
}

/**
 * Reads the command line; flags count before the environment. Throws commander's `CommanderError`, whose `exitCode` is
 * 0 behind `--help`; what is to be read then has been written.
 */
export function parseServerFlags(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { stdout, stderr }: Output,
): SignalOptions {
  const option = (flags: string, text: string, variable: string, fallback?: string) =>
    new Option(flags, `${text} (${variable})`).default(env[variable] || fallback);
  const command = new Command('aparte signal')
    .description('Runs the rendezvous server, where programs with the same code find each other.')
    .addOption(option('--port <number>', 'TCP port, 0 for any free one', 'APARTE_PORT', String(DEFAULT_PORT)))
    .addOption(option('--host <address>', 'address to listen on', 'APARTE_HOST', '127.0.0.1'))
    .addOption(option('--tls-cert <file>', 'speak HTTPS: certificate chain in PEM', 'APARTE_TLS_CERT'))
    .addOption(option('--tls-key <file>', 'its private key in PEM', 'APARTE_TLS_KEY'))
    .addOption(
      option(
        '--trust-proxy <number>',
        'proxies in front; addresses come from X-Forwarded-For',
        'APARTE_TRUST_PROXY',
        '0',
      ),
    )
    .addOption(
      option(
        '--limits <on|off>',
        'off: no limits per address (the first four below), for private networks',
        'APARTE_LIMITS',
        'on',
      ),
    )
    .addOption(
      option(
        '--stun-port <number|off>',
        `where STUN is answered, or off; default ${STUN_PORT}, on loopback off`,
        'APARTE_STUN_PORT',
      ),
    )
    .addOption(option('--stun-host <address>', 'address for STUN, if not that of --host', 'APARTE_STUN_HOST'))
    .addOption(
      option('--workers <number|auto>', 'processes that serve as one; auto: one for each core', 'APARTE_WORKERS'),
    )
    .addOption(new Option('--redis <url>', 'share the rooms with all servers on this Redis (APARTE_REDIS)'))
    .addOption(
      new Option(
        '--turn-url <url>',
        'turn:HOST[:PORT][?transport=udp|tcp], a relay to offer; repeatable (APARTE_TURN_URL)',
      ).argParser((url, before: readonly string[] | undefined) => [...(before ?? []), url]),
    )
    .addOption(option('--log <level>', `JSON lines on standard error: ${LEVELS.join(', ')}`, 'APARTE_LOG'))
    .addOption(
      option('--drain-seconds <number>', 'what SIGTERM gives pairings on their way', 'APARTE_DRAIN_SECONDS', '5'),
    )
    .addOption(
      option(
        '--metrics [port|host:port]',
        `serve Prometheus metrics, "on" at ${METRICS.host}:${METRICS.port}`,
        'APARTE_METRICS',
      ),
    )
    .option('--turn-secret <secret>', "the relay's static-auth-secret (APARTE_TURN_SECRET)")
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) =>
        write(`aparte: ${text.replace(/^error: /, '')}aparte: see "aparte signal --help"\n`),
    });
  addLimitFlags(command, env).parse([...argv], { from: 'user' });
  const fail = (sentence: string) => command.error(`error: ${sentence}`);
  const {
    port,
    host,
    limits,
    stunHost = host,
    turnUrl,
    tlsCert,
    tlsKey,
    trustProxy,
    drainSeconds,
    ...parsed
  } = command.opts<Parsed>();
  const stunPort = parsed.stunPort ?? (isLoopback(stunHost) ? 'off' : String(STUN_PORT));
  // No default of the option: the help would show it.
  const redis = parsed.redis ?? (env['APARTE_REDIS'] || undefined);
  const turnSecret = parsed.turnSecret ?? (env['APARTE_TURN_SECRET'] || undefined);
  const turnUrls = turnUrl ?? (env['APARTE_TURN_URL'] ?? '').split(/[\s,]+/).filter((url) => url !== '');
  if (!isPort(port)) fail('the port must be a number from 0 to 65535');
  if (!isHost(host) || !isHost(stunHost)) fail('the host must be a name or an address');
  if (limits !== 'on' && limits !== 'off') fail('limits must be "on" or "off"');
  if (stunPort !== 'off' && !isPort(stunPort)) fail('the STUN port must be a number from 0 to 65535, or "off"');
  if (!turnUrls.every(isTurnUrl)) fail('a relay looks like turn:HOST[:PORT][?transport=udp|tcp]');
  const metrics = metricsAddress(parsed.metrics ?? 'off');
  if (metrics === undefined) fail('metrics are "on", "off", or at a port or HOST:PORT');
  if (turnUrls.length > MAX_TURN_URLS) fail(`there can be ${MAX_TURN_URLS} relay URLs at most`);
  if (turnUrls.length > 0 !== (turnSecret !== undefined)) fail('relay URLs and their secret must be given together');
  if ((tlsCert === undefined) !== (tlsKey === undefined)) fail('certificate and key must be given together');
  const workers = workerCount(parsed.workers);
  if (workers === undefined) return fail(`there can be 1 to ${MAX_WORKERS} workers, or "auto"`);
  if (redis !== undefined && !isRedisUrl(redis))
    fail('Redis is at redis://HOST[:PORT][/NUMBER], or at rediss:// with TLS');
  if (!/^\d{1,2}$/.test(trustProxy)) fail('the number of proxies must be from 0 to 99');
  const log = parsed.log === undefined ? null : LEVELS.find((level) => level === parsed.log);
  if (log === undefined) return fail(`the log can be ${LEVELS.join(', ')}`);
  if (!/^\d{1,3}$/.test(drainSeconds)) fail('the seconds to drain must be a number from 0 to 999');
  return {
    port: Number(port),
    drain: Number(drainSeconds) * 1_000,
    log,
    host,
    proxies: Number(trustProxy),
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { cert: tlsCert, key: tlsKey } }),
    limits: readLimits(command, limits === 'on', fail),
    ...(stunPort !== 'off' && { stun: { host: stunHost, port: Number(stunPort) } }),
    ...(metrics && { metrics }),
    ...(redis !== undefined && { redis }),
    workers,
    ...(turnSecret !== undefined && { turn: { urls: turnUrls, secret: turnSecret } }),
  };
}

/** Null: nowhere. Undefined: not understood. */
function metricsAddress(where: string | true): MetricsAddress | null | undefined {
  if (where === 'off') return null;
  if (where === true || where === 'on') return METRICS;
  const [, inBrackets, plain, port = ''] = /^(?:(?:\[([^\]]*)\]|([^:]*)):)?(\d+)$/.exec(where) ?? [];
  const host = inBrackets ?? plain ?? METRICS.host;
  return isPort(port) && isHost(host) ? { host, port: Number(port) } : undefined;
}

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
const isHost = (text: string) => /^[a-z0-9:][a-z0-9.:-]*$/i.test(text);

/** Null: no workers. Undefined: not understood. */
function workerCount(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS);
  const count = Number(text);
  return /^\d{1,3}$/.test(text) && count >= 1 && count <= MAX_WORKERS ? count : undefined;
}

function isRedisUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^(?:\/\d*)?$/.test(url.pathname);
}
