/** The flags and environment variables of `aparte signal`: read, checked, and turned into the options of the server. */
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

/** Where metrics are served by default. */
const METRICS = { host: '127.0.0.1', port: 9470 };

/** Worker processes. More than one per core help nobody. */
const MAX_WORKERS = 128;

/** The options of the command. */
export interface SignalOptions extends ServerOptions {
  /** The number of worker processes; null: the server runs in this process. */
  readonly workers: number | null;
  /** Where to serve metrics. Absent: nowhere. */
  readonly metrics?: MetricsAddress;
  /** How long clients may take to leave when the server ends, in ms. */
  readonly drain: number;
  /** The least severe level that is logged as JSON; null: no log, only messages for people. */
  readonly log: Level | null;
}

const HELP = `
The server introduces programs that use the same nameplate. It forwards their sealed messages until they are connected
directly. It holds no keys, writes nothing to disk and logs nothing about any person.

STUN: programs behind home routers need it to find a direct path. The server answers it on UDP and TCP port ${STUN_PORT}, and
on UDP port ${STUN_PORT + 1} so that programs can recognise difficult routers. Open these ports in the firewall.
TURN: a relay (coturn with use-auth-secret) helps where no direct path exists. Only programs that allow it use it.

--metrics serves counters for Prometheus on a port of their own. They never say who, from where or in which room. The
port is open to this machine only, unless you name another address.

--redis makes several servers one: programs meet whichever server each of them reached. All servers share their rooms in
Redis (6.2 or later, not a cluster), which needs no disk. While Redis cannot be reached, programs are told to come back.
A load balancer may send each WebSocket to any server. Clients that poll must always reach the same server.

--workers uses several processes, each on a core of its own. They need no Redis: the first process keeps the rooms,
replaces a worker that dies, and serves the metrics. Clients must then use WebSockets, as aparte does.

Examples:
  aparte signal                          for programs on this machine
  aparte signal --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem
                                         for everyone who can reach this machine
  aparte signal --trust-proxy 1 --stun-host 0.0.0.0
                                         behind an HTTPS proxy on this machine; only STUN is open to all
  aparte signal --port 0 --limits off    any free port, no limits per address: for tests and benchmarks
  APARTE_REDIS=redis://user:password@10.0.0.5 aparte signal --host 0.0.0.0
                                         one of several servers; others could see a password in --redis
  APARTE_TURN_SECRET=... aparte signal --host 0.0.0.0 --turn-url turn:relay.example.org

SIGHUP reads certificate and key again. Nobody is disconnected, and files that cannot be used change nothing.
A proxy must pass on WebSockets and append the client's address to X-Forwarded-For. Without --trust-proxy the server
ignores that header. On loopback without --trust-proxy it only answers requests for localhost or an IP address.

SIGTERM ends the server: it lets nobody in (GET /readyz answers 503), tells waiting programs to go elsewhere, a thousand
a second, and gives pairings --drain-seconds. SIGINT, or a second SIGTERM, ends it faster.

--log info writes one JSON object per line to standard error: start, reload, drain, stop, and each minute the number of
refusals by cause. error and warn write less; debug adds the number of connections. The log never holds an address, a
nameplate or anything that was sent. Without --log only problems are reported, in words.
Standard output has the line "listening on URL" only.

Others then chat with: aparte chat --server https://HOST:PORT
`;

/** The standard streams. */
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
 * Reads the command line. Flags override the environment. Throws commander's `CommanderError` after `--help`, with
 * `exitCode` 0, and for wrong usage; help or error has been written then.
 */
export function parseServerFlags(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { stdout, stderr }: Output,
): SignalOptions {
  const command = new Command('aparte signal')
    .description('Runs the rendezvous server, where programs with the same code find each other.')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) =>
        write(`aparte: ${text.replace(/^error: /, '')}aparte: see "aparte signal --help"\n`),
    });
  const option = (flags: string, text: string, variable: string, fallback?: string) =>
    command.addOption(new Option(flags, `${text} (${variable})`).default(env[variable] || fallback));
  option('--port <number>', 'TCP port, 0 for any free one', 'APARTE_PORT', String(DEFAULT_PORT));
  option('--host <address>', 'address to listen on', 'APARTE_HOST', '127.0.0.1');
  option('--tls-cert <file>', 'speak HTTPS: certificate chain in PEM', 'APARTE_TLS_CERT');
  option('--tls-key <file>', 'its private key in PEM', 'APARTE_TLS_KEY');
  option('--trust-proxy <number>', 'proxies in front; they set X-Forwarded-For', 'APARTE_TRUST_PROXY', '0');
  option('--limits <on|off>', 'off: no limits per address (the first four below)', 'APARTE_LIMITS', 'on');
  option('--stun-port <number|off>', `STUN port; default ${STUN_PORT}, on loopback off`, 'APARTE_STUN_PORT');
  option('--stun-host <address>', 'address for STUN, if not that of --host', 'APARTE_STUN_HOST');
  option('--workers <number|auto>', 'processes that serve as one; auto: one per core', 'APARTE_WORKERS');
  option('--log <level>', `JSON lines on standard error: ${LEVELS.join(', ')}`, 'APARTE_LOG');
  option('--drain-seconds <number>', 'time for pairings after SIGTERM', 'APARTE_DRAIN_SECONDS', '5');
  option('--metrics [port|host:port]', `Prometheus; "on": ${METRICS.host}:${METRICS.port}`, 'APARTE_METRICS');
  // The environment is not their default: the help would show secrets.
  const several = (url: string, before: readonly string[] | undefined) => [...(before ?? []), url];
  command
    .option('--redis <url>', 'share the rooms with all servers on this Redis (APARTE_REDIS)')
    .addOption(
      new Option(
        '--turn-url <url>',
        'a TURN relay, turn:HOST[:PORT][?transport=udp|tcp]; repeatable (APARTE_TURN_URL)',
      ).argParser(several),
    )
    .option('--turn-secret <secret>', "the relay's static-auth-secret (APARTE_TURN_SECRET)")
    .addHelpText('after', HELP);
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
  const redisFault = redis === undefined ? null : faultOfRedisUrl(redis);
  if (redisFault !== null) fail(redisFault);
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

/** Where to serve metrics. Null: nowhere. Undefined: the text cannot be read. */
function metricsAddress(where: string | true): MetricsAddress | null | undefined {
  if (where === 'off') return null;
  if (where === true || where === 'on') return METRICS;
  const [, inBrackets, plain, port = ''] = /^(?:(?:\[([^\]]*)\]|([^:]*)):)?(\d+)$/.exec(where) ?? [];
  const host = inBrackets ?? plain ?? METRICS.host;
  return isPort(port) && isHost(host) ? { host, port: Number(port) } : undefined;
}

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
const isHost = (text: string) => /^[a-z0-9:][a-z0-9.:-]*$/i.test(text);

/** The number of workers. Null: none. Undefined: the text cannot be read. */
function workerCount(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS);
  const count = Number(text);
  return /^\d{1,3}$/.test(text) && count >= 1 && count <= MAX_WORKERS ? count : undefined;
}

/** What is wrong with the URL of a Redis, without its password; null if nothing is. */
function faultOfRedisUrl(text: string): string | null {
  const credentials = /^rediss?:\/\/(.*)@/s.exec(text)?.[1] ?? '';
  const isEncoded = !/[@#/?\s]|%(?![0-9a-f]{2})/i.test(credentials);
  if (!isEncoded) return 'percent-encode the password of Redis: @ is %40, # is %23, / is %2F, ? is %3F, % is %25';
  const url = URL.canParse(text) ? new URL(text) : null;
  const isRedis = url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '';
  return isRedis && /^(?:\/\d*)?$/.test(url.pathname)
    ? null
    : 'Redis is at redis://HOST[:PORT][/NUMBER], or at rediss:// with TLS';
}
