/**
 * The session: a Double Ratchet fit for an ordered channel (docs/PROTOCOL.md, Session keys and the ratchet; after
 * "The Double Ratchet Algorithm", Perrin and Marlinspike, 2016). Each data frame has a key of its own from a chain of
 * hashes. Fresh X25519 and ML-KEM-768 secrets come in by STEP frames, which only the holder of the turn may send: so
 * two never cross, and no key is ever skipped.
 */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_CHANNEL_FRAME } from '../../shared/limits.ts';
import { bucket, counter, HEADER_BYTES, isBucket, nonce, pad, padInto, SESSION, unpad } from './frame-format.ts';
import { derive, derive32 } from './hash.ts';
import { inspect } from './hide-from-inspect.ts';
import { Chain } from './key-chain.ts';
import type { Role } from './ratchet-step.ts';
import { mix, readStep, stepHeader } from './ratchet-step.ts';
import { Ticket } from './reconnect-ticket.ts';
import type { KeyPair, Random } from './sodium.ts';
import {
  BOX_OVERHEAD,
  box,
  dh,
  mlkemDecapsulate,
  mlkemEncapsulate,
  mlkemPair,
  unbox,
  wipe,
  x25519Pair,
} from './sodium.ts';

/** The most a DATA frame holds, in bytes. */
export const MAX_PLAIN = MAX_CHANNEL_FRAME - HEADER_BYTES - BOX_OVERHEAD - 1;

/** Own steps behind data are at least this far apart, ms. */
const ACTIVE_STEP = 250;
/** With no traffic, the turn is held no longer than this, ms. */
const IDLE_STEP = 10_000;
/** A side asks for a fresh ML-KEM secret this long after it last did, ms. */
const KEM_INTERVAL = 20_000;
/** A peer that is heard but keeps the turn this long does not renew its keys, ms. */
const REKEY_LIMIT = 60_000;
/** Frames after which a session must be replaced: far below where counters lose exactness (2^53). */
const MAX_FRAMES = 2 ** 40;

const EMPTY = new Uint8Array(0);

/** What a handshake leaves to the session. The channel copies what it keeps. */
export interface SessionKeys {
  readonly role: Role;
  /** `S`, 64 bytes. */
  readonly session: Uint8Array;
  /** For A: B's public key of the handshake. For B: its secret key. 32 bytes. */
  readonly ratchet: Uint8Array;
}

/** The keys of one conversation between two programs, over one link. Times are ms on any one clock. */
export class Channel {
  readonly #role: Role;
  readonly #random: Random;
  #alive = true;
  #root: Uint8Array;
  readonly #sending: Chain;
  readonly #receiving: Chain;
  /** The peer's ratchet key: from its step until ours, which is as long as we hold the turn. */
  #theirs: Uint8Array | null = null;
  /** Our ratchet secret: from our step until the peer's, which is as long as the peer holds the turn. */
  #secret: Uint8Array | null = null;
  /** Our own ML-KEM secret while it is unanswered; the peer's public key until we answer. */
  #kemSecret: Uint8Array | null = null;
  #kemTheirs: Uint8Array | null = null;
  /** Newest first; seeds of 64 bytes. */
  #tickets: Uint8Array[];
  /** Since when the turn is where it is. A has always had it, so that its first step is due at once. */
  #turnAt: number;
  #steppedAt = Number.NEGATIVE_INFINITY;
  /** When we last made an ML-KEM key: as if with the first step, since the handshake's secrets are fresh. */
  #kemAt = Number.POSITIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  #sent = 0;
  #received = 0;

  constructor(keys: SessionKeys, random: Random) {
    const isA = keys.role === 'A';
    this.#role = keys.role;
    this.#random = random;
    this.#root = derive32(keys.session, 'rk');
    this.#sending = new Chain(derive32(keys.session, isA ? 'ck A' : 'ck B'));
    this.#receiving = new Chain(derive32(keys.session, isA ? 'ck B' : 'ck A'));
    this.#tickets = [derive(this.#root, 'ticket')];
    if (isA) this.#theirs = keys.ratchet.slice();
    else this.#secret = keys.ratchet.slice();
    this.#turnAt = isA ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  /** Frames sent so far: the counter of the next one. */
  get sent(): number {
    return this.#sent;
  }

  /** Frames received so far: the counter the next one must have. */
  get received(): number {
    return this.#received;
  }

  /** A DATA frame that holds `plain`, at most MAX_PLAIN bytes. Throws `bug` for more, or after {@link wipe}. */
  seal(plain: Uint8Array): Uint8Array {
    this.#assertAlive();
    const frame = new Uint8Array(bucket(plain.length + 1 + HEADER_BYTES + BOX_OVERHEAD));
    // Padded where its box will be: a buffer of its own costs more than the rest.
    const content = frame.subarray(HEADER_BYTES + BOX_OVERHEAD);
    padInto(content, plain);
    const header = nonce(SESSION.data, this.#sent);
    frame.set(header);
    frame.set(box(this.#sending.message, header, content), HEADER_BYTES);
    this.#sending.advance();
    this.#sent++;
    return frame;
  }

  /** Derives the keys of the next frame of each side, so that they are there when it comes. To be called at leisure. */
  prepare(): void {
    if (!this.#alive) return;
    this.#sending.prepare();
    this.#receiving.prepare();
  }

  /**
   * Opens the peer's next frame: what a DATA frame holds, or `null` for a STEP. Throws `replay`, `gap`, `forged` or
   * `turn`, and then nothing has changed; the link is to be closed.
   */
  open(frame: Uint8Array, now: number): Uint8Array | null {
    this.#assertAlive();
    if (!isBucket(frame.length)) throw new AparteError('forged', { key: 'frame-length', bytes: frame.length });
    const type = frame[0];
    if (type !== SESSION.data && type !== SESSION.step)
      throw new AparteError('forged', { key: 'malformed', part: 'frame-type' });
    const n = counter(frame);
    if (n !== this.#received) throw new AparteError(n < this.#received ? 'replay' : 'gap');
    try {
      return type === SESSION.data ? this.#openData(frame, now) : this.#openStep(frame, now);
    } catch (cause) {
      // Whatever does not compute or does not open was not made by the peer in this state.
      if (cause instanceof AparteError && cause.code === 'damaged') throw new AparteError('forged');
      throw cause;
    }
  }

  /**
   * A STEP frame if one is due, else `null`. With `idle` false the caller has just sent data: a step is due if we hold
   * the turn and made none for 250 ms. With `idle` true: if we have held the turn for 10 s. A's first is always due.
   */
  step(now: number, idle: boolean): Uint8Array | null {
    this.#assertAlive();
    const due = idle ? this.#turnAt + IDLE_STEP : this.#steppedAt + ACTIVE_STEP;
    return this.#theirs !== null && now >= due ? this.#makeStep(this.#theirs, now) : null;
  }

  /** When an idle step becomes due, ms; `null` while the peer holds the turn. */
  nextStepAt(): number | null {
    return this.#theirs !== null ? Math.max(0, this.#turnAt + IDLE_STEP) : null;
  }

  /**
   * Whether the session must end with `no-rekey`: the peer has kept the turn for 60 s though it was heard in the last
   * 10 s, or a counter has run out. Ask after each frame. An ML-KEM key left unanswered is the same case: the peer's
   * next step must answer it.
   */
  stale(now: number): boolean {
    const kept = this.#theirs === null && now - this.#turnAt >= REKEY_LIMIT;
    return (kept && now - this.#heardAt < IDLE_STEP) || this.#sent >= MAX_FRAMES || this.#received >= MAX_FRAMES;
  }

  /** The tickets that are good now, newest first: one, or two while our last step is unanswered. The caller's own. */
  tickets(): Ticket[] {
    this.#assertAlive();
    return this.#tickets.map((seed) => new Ticket(seed));
  }

  /** Zeroes all keys. Idempotent. Tickets handed out live on. */
  wipe(): void {
    this.#alive = false;
    this.#sending.wipe();
    this.#receiving.wipe();
    wipe(this.#root, this.#secret, this.#kemSecret, ...this.#tickets);
  }

  [inspect](): string {
    return 'Channel [secret]';
  }

  #assertAlive(): void {
    if (!this.#alive) throw new Error('a channel that was wiped');
  }

  #openData(frame: Uint8Array, now: number): Uint8Array {
    const sealed = frame.subarray(HEADER_BYTES);
    const plain = unpad(unbox(this.#receiving.message, nonce(SESSION.data, this.#received), sealed));
    this.#receiving.advance();
    this.#heard(now);
    return plain;
  }

  #openStep(frame: Uint8Array, now: number): null {
    if (this.#secret === null) throw new AparteError('turn');
    const step = readStep(frame);
    if ((step.kemAnswer === null) !== (this.#kemSecret === null))
      throw new AparteError('forged', { key: 'malformed', part: 'step' });
    const shared = dh(step.publicKey, this.#secret);
    const kem = step.kemAnswer && this.#kemSecret ? mlkemDecapsulate(step.kemAnswer, this.#kemSecret) : EMPTY;
    const next = mix(this.#root, this.#role === 'A' ? 'B' : 'A', shared, kem, step.header);
    try {
      const content = unpad(unbox(next.message, nonce(SESSION.step, this.#received), step.sealed));
      if (content.length > 0) throw new AparteError('damaged', { key: 'malformed', part: 'step' });
    } catch (cause) {
      wipe(next.root, next.chain);
      throw cause;
    } finally {
      wipe(next.message);
    }
    this.#receiving.replace(next.chain);
    this.#heard(now);
    this.#replaceRoot(next.root, 0);
    wipe(this.#secret, this.#kemSecret);
    this.#secret = null;
    this.#kemSecret = null;
    this.#theirs = step.publicKey;
    this.#kemTheirs = step.kemKey;
    this.#turnAt = now;
    return null;
  }

  #makeStep(theirs: Uint8Array, now: number): Uint8Array {
    this.#kemAt = Math.min(this.#kemAt, now);
    const pair = x25519Pair(this.#random);
    const kem = now - this.#kemAt >= KEM_INTERVAL ? mlkemPair(this.#random) : null;
    const answer = this.#kemTheirs && mlkemEncapsulate(this.#kemTheirs, this.#random);
    const header = stepHeader(this.#sent, pair.publicKey, kem?.publicKey, answer?.ciphertext);
    const next = mix(this.#root, this.#role, dh(theirs, pair.secretKey), answer?.shared ?? EMPTY, header);
    const size = bucket(header.length + BOX_OVERHEAD + 1);
    const content = pad(EMPTY, size - header.length - BOX_OVERHEAD);
    const frame = concat(header, box(next.message, nonce(SESSION.step, this.#sent), content));
    wipe(next.message);
    this.#sending.replace(next.chain);
    this.#sent++;
    this.#replaceRoot(next.root, 1);
    this.#passTurn(pair, kem, now);
    return frame;
  }

  #passTurn(pair: KeyPair, kem: KeyPair | null, now: number): void {
    this.#secret = pair.secretKey;
    this.#kemSecret = kem?.secretKey ?? null;
    this.#theirs = null;
    this.#kemTheirs = null;
    if (kem !== null) this.#kemAt = now;
    this.#steppedAt = now;
    this.#turnAt = now;
  }

  /** Takes the root of a step, and its ticket; of the older tickets only the newest `keep`. */
  #replaceRoot(root: Uint8Array, keep: number): void {
    wipe(this.#root, ...this.#tickets.slice(keep));
    this.#root = root;
    this.#tickets = [derive(root, 'ticket'), ...this.#tickets.slice(0, keep)];
  }

  #heard(now: number): void {
    this.#received++;
    this.#heardAt = now;
    this.#turnAt = Math.min(this.#turnAt, now);
  }
}
