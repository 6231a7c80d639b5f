/** The keys of a handshake, all derived from one root (docs/PROTOCOL.md, Handshake). */
import { derive, derive32, hash } from './hash.ts';
import { wipe } from './sodium.ts';

/** The secrets that the root is made of, 32 or 64 bytes each. The root stays secret if one of them does. */
export interface RootSecrets {
  /** CPace's `ISK`. */
  readonly isk: Uint8Array;
  /** `dh(Xa, Xb)`. */
  readonly shared: Uint8Array;
  /** The shared secret of X-Wing. */
  readonly kem: Uint8Array;
}

/** Root, tags and keys of one handshake. Its fields are open: keep it in private fields only. */
export class HandshakeKeys {
  /** `th`, 64 public bytes. */
  readonly th: Uint8Array;
  readonly tagA: Uint8Array;
  readonly tagB: Uint8Array;
  /** `hsA` and `hsB`: each side seals its claims and its signals with its own. */
  readonly keyA: Uint8Array;
  readonly keyB: Uint8Array;
  readonly root: Uint8Array;

  /** Wipes the secrets. */
  constructor(th: Uint8Array, { isk, shared, kem }: RootSecrets) {
    this.th = th;
    this.root = hash('root', isk, shared, kem, th);
    this.tagA = derive32(this.root, 'tag A', th);
    this.tagB = derive32(this.root, 'tag B', th);
    this.keyA = derive32(this.root, 'hs A');
    this.keyB = derive32(this.root, 'hs B');
    wipe(isk, shared, kem);
  }

  /** `proofA` under `es`: 32 bytes. */
  proofA(es: Uint8Array, idA: Uint8Array): Uint8Array {
    return derive32(es, 'proof A', this.th, idA);
  }

  /** `proofB` under `se`: 32 bytes. */
  proofB(se: Uint8Array, idB: Uint8Array, idA: Uint8Array): Uint8Array {
    return derive32(se, 'proof B', this.th, idB, idA);
  }

  /** `S`: the 64 bytes that all session keys come from. */
  session(proofA: Uint8Array, proofB: Uint8Array, es: Uint8Array, se: Uint8Array): Uint8Array {
    return derive(this.root, 'session', hash('th2', this.th, proofA, proofB), es, se);
  }

  /** Zeroes everything that SIG frames do not need. */
  wipeRoot(): void {
    wipe(this.root, this.tagA, this.tagB);
  }

  /** Zeroes all. */
  wipe(): void {
    this.wipeRoot();
    wipe(this.keyA, this.keyB);
  }
}
