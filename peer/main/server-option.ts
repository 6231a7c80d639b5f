/** The flag that names rendezvous servers. */
import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_SERVER } from '../ways-to-meet/node/default-server.ts';

/** Each is one more who sees when we meet, and one more connection. */
const MAX_SERVERS = 4;

function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const bare = url !== null && /^https?:$/.test(url.protocol) && url.host !== '' && url.pathname === '/';
  if (!bare || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('A server address looks like https://HOST[:PORT].');
  }
  return url.origin;
}

function serverUrls(text: string): readonly string[] {
  const urls = [...new Set(text.split(',').map((each) => serverUrl(each.trim())))];
  if (urls.length > MAX_SERVERS) throw new InvalidArgumentError(`${MAX_SERVERS} servers at most.`);
  return urls;
}

/** `--server`; what it reads are origins, each once. */
export function serverOption(): Option {
  return new Option(
    '--server <url,...>',
    `rendezvous server, or up to ${MAX_SERVERS}: who shares one meets (default: ${DEFAULT_SERVER}, or one inside)`,
  )
    .env('APARTE_SERVER')
    .argParser(serverUrls);
}
