/** This device's identity and the peers it knows: opened for a conversation, or shown. */
import { stat } from 'node:fs/promises';
import { base64url } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import type { KnownPeer } from '../core/facts-and-orders.ts';
import { fingerprint, Identity, ready, systemRandom } from '../crypto/index.ts';
import { defaultDataFolder, homeFolder, openStore, type Store } from '../store/data-folder.ts';
import { safeJson } from '../ui/json-chat.ts';
import { visible } from '../ui/sanitize.ts';
import { writeError } from './exit.ts';
import { print } from './print-output.ts';

/** What a conversation needs of the data folder. */
export interface Known {
  readonly identity: Identity;
  readonly peers: readonly KnownPeer[];
  /** Keeps a peer; a failure is said by `say` and changes nothing else. */
  remember(peer: KnownPeer, say: (failure: AparteError) => Promise<void>): void;
  /** Resolves once all that is to be kept has been. */
  settled(): Promise<void>;
}

function folderOf(data: string | null): string {
  return data ?? defaultDataFolder(process.platform, process.env, homeFolder);
}

function open(data: string | null): Promise<Store> {
  return openStore(folderOf(data), process.geteuid?.() ?? null);
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
  if (wasOpen !== null) {
    writeError(`aparte: warning: Other users could read or change ${wasOpen} until now; it is private again.\n`);
  }
  const identity = Identity.fromSecret(secret);
  secret.fill(0);
  return identity;
}

/** What to say where a peer could not be kept. */
function notKept({ name }: KnownPeer, error: unknown): AparteError {
  if (error instanceof AparteError && error.code !== 'data-folder') return error;
  const cause = error instanceof AparteError ? error.detail : null;
  return new AparteError('data-folder', { key: 'not-remembered', name: visible(name), cause });
}

/** Opens the data folder `data`, null for the usual one. Throws as the store does. */
export async function openKnown(data: string | null): Promise<Known> {
  const store = await open(data);
  const [identity, peers] = await Promise.all([identityIn(store), store.peers()]);
  let last: Promise<void> = Promise.resolve();
  return {
    identity,
    peers,
    remember(peer, say) {
      last = store.remember(peer).catch((error: unknown) => say(notKept(peer, error)));
    },
    settled: () => last,
  };
}

const HALF = "This is your half: the number that two compare holds each one's, smaller first.";

/** `aparte id`. */
export async function showIdentity({ data, json }: { data: string | null; json: boolean }): Promise<void> {
  const identity = await identityIn(await open(data));
  const id = base64url(identity.publicKey);
  const safety = groups(fingerprint(identity.publicKey));
  await print(json ? safeJson({ id, safety }) : `identity       ${id}\nsafety number  ${safety}\n${HALF}\n`);
}

/** `aparte peers`. */
export async function showPeers({ data, json }: { data: string | null; json: boolean }): Promise<void> {
  await ready();
  // To look makes nothing.
  const peers = (await isMissing(folderOf(data))) ? [] : await (await open(data)).peers();
  const rows = peers.map(({ id, name, earlier = [], verified }) => ({
    id: base64url(id),
    name,
    earlier: earlier.filter((each) => each !== name),
    trust: verified ? 'verified' : 'known',
    safety: groups(fingerprint(id)),
  }));
  const lines = rows.map(({ name, earlier, trust, safety }) => {
    const names = [name, ...earlier].map(visible).join(', once ');
    return `${names}  ${trust}  ${safety}\n`;
  });
  if (json) await print(rows.map(safeJson).join(''));
  else await print(lines.length === 0 ? 'No peers are known yet.\n' : lines.join(''));
}

/** Thirty digits in groups of five, as in a safety number. */
function groups(digits: string): string {
  return digits.replace(/\d{5}(?=\d)/g, '$& ');
}
