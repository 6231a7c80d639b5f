/** This device's identity and the peers it knows: opened for a conversation, and shown by `aparte id` and `aparte peers`. */
import { stat } from 'node:fs/promises';
import { base64url } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import type { KnownPeer } from '../core/facts-and-orders.ts';
import { fingerprint, Identity, ready, systemRandom } from '../crypto/index.ts';
import { defaultDataFolder, homeFolder, openStore, type Store } from '../store/data-folder.ts';
import { safeJson } from '../ui/json-chat.ts';
import { visible } from '../ui/sanitize.ts';
import { words } from '../words/index.ts';
import type { DataTask } from './command-line.ts';
import { print, say } from './output.ts';

/** What a conversation needs of the data folder. */
export interface IdentityAndPeers {
  readonly identity: Identity;
  readonly peers: readonly KnownPeer[];
  /** Keeps a peer. A failure is passed to `warn` and changes nothing else. */
  remember(peer: KnownPeer, warn: (failure: AparteError) => Promise<void>): void;
  /** Resolves when every peer given so far is kept, or could not be. */
  settled(): Promise<void>;
}

/** Opens the data folder `data`, null for the usual one. Throws as the store does. */
export async function openIdentityAndPeers(data: string | null): Promise<IdentityAndPeers> {
  const store = await open(data);
  const [identity, peers] = await Promise.all([identityIn(store), store.peers()]);
  let last: Promise<void> = Promise.resolve();
  return {
    identity,
    peers,
    remember(peer, warn) {
      last = store.remember(peer).catch((error: unknown) => warn(notRemembered(peer, error)));
    },
    settled: () => last,
  };
}

/** `aparte id`. */
export async function showIdentity({ data, json }: DataTask): Promise<void> {
  const identity = await identityIn(await open(data));
  const id = base64url(identity.publicKey);
  const safety = inGroups(fingerprint(identity.publicKey));
  await print(json ? safeJson({ id, safety }) : `${words.identityLines(id, safety).join('\n')}\n`);
}

/** `aparte peers`. */
export async function showPeers({ data, json }: DataTask): Promise<void> {
  await ready();
  // Looking at the peers makes no folder.
  const peers = (await isMissing(folderOf(data))) ? [] : await (await open(data)).peers();
  const rows = peers.map(({ id, name, earlier = [], verified }) => ({
    id: base64url(id),
    name,
    earlier: earlier.filter((each) => each !== name),
    trust: verified ? 'verified' : 'known',
    safety: inGroups(fingerprint(id)),
  }));
  const lines = rows.map(({ name, earlier, trust, safety }) =>
    words.knownPeerLine(visible(name), earlier.map(visible), trust, safety),
  );
  if (json) await print(rows.map(safeJson).join(''));
  else await print(`${(lines.length === 0 ? [words.NO_PEERS] : lines).join('\n')}\n`);
}

function open(data: string | null): Promise<Store> {
  return openStore(folderOf(data), process.geteuid?.() ?? null);
}

function folderOf(data: string | null): string {
  return data ?? defaultDataFolder(process.platform, process.env, homeFolder);
}

/** Whether the system says that there is no such folder. */
async function isMissing(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

async function identityIn(store: Store): Promise<Identity> {
  await ready();
  const { secret, wasOpen } = await store.identity(() => {
    const fresh = Identity.generate(systemRandom);
    const bytes = fresh.exportSecret();
    fresh.wipe();
    return bytes;
  });
  if (wasOpen !== null) say(words.identityWasOpen(wasOpen));
  const identity = Identity.fromSecret(secret);
  secret.fill(0);
  return identity;
}

/** The failure to keep a peer. */
function notRemembered({ name }: KnownPeer, error: unknown): AparteError {
  if (error instanceof AparteError && error.code !== 'data-folder') return error;
  const cause = error instanceof AparteError ? error.detail : null;
  return new AparteError('data-folder', { key: 'not-remembered', name: visible(name), cause });
}

/** Thirty digits in groups of five, as in a safety number. */
function inGroups(digits: string): string {
  return digits.replace(/\d{5}(?=\d)/g, '$& ');
}
