/**
 * The keys of a session: a Double Ratchet for an ordered channel (docs/PROTOCOL.md, Session keys and the ratchet; after
 * "The Double Ratchet Algorithm", Perrin and Marlinspike, 2016). Each DATA frame has a key of its own from a chain of
 * hashes. STEP frames bring fresh X25519 and ML-KEM-768 secrets. Only the side with the turn may send one, so two STEPs
 * never cross and no key is ever skipped.
 */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_CHANNEL_FRAME } from '../../shared/limits.ts';
import {
  counter,
  frameLength,
  HEADER_BYTES,
  isFrameLength,
  nonce,
  pad,
  padInto,
  SESSION,
  unpad,
} from './frame-format.ts';
import { derive, derive32 } from './hash.ts';
import { HoldsSecrets } from './holds-secrets.ts';
import { KeyChain } from './key-chain.ts';
import type { Role } from './ratchet-step.ts';
import { readStep, stepHeader, stepKeys } from './ratchet-step.ts';
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

/** Bytes that a DATA frame holds, at most. */
export const MAX_PLAIN = MAX_CHANNEL_FRAME - HEADER_BYTES - BOX_OVERHEAD - 1;

/** Time (ms) between two of our steps behind data, at least. */
const ACTIVE_STEP = 250;
/** Without data we step when we have had the turn for so long (ms). */
const IDLE_STEP = 10_000;
/** A step asks for a fresh ML-KEM secret so long (ms) after our last request. */
const KEM_INTERVAL = 20_000;
/** A peer that is heard but keeps the turn for so long (ms) does not renew its keys. */
const REKEY_LIMIT = 60_000;
/** Frames after which a session must end: far below 2^53, where counters lose exactness. */
const MAX_FRAMES = 2 ** 40;

const EMPTY = new Uint8Array(0);

/** The secrets that a handshake leaves to the session. The channel copies what it keeps. */
export interface SessionKeys {
  readonly role: Role;
  /** `S`, 64 bytes. */
  readonly session: Uint8Array;
  /** B's X25519 key of the handshake, 32 bytes: for A the public key, for B the secret key. */
  readonly ratchet: Uint8Array;
}

/** Seals and opens the frames of one session, over one link. `now` is ms on any clock that never jumps. */
export class RatchetChannel extends HoldsSecrets {
  readonly #role: Role;
  readonly #random: Random;
  #alive = true;
  #root: Uint8Array;
  readonly #sending: KeyChain;
  readonly #receiving: KeyChain;
  /** The peer's ratchet key, while we have the turn: from the peer's step until ours. */
  #theirs: Uint8Array | null = null;
  /** Our ratchet secret, while the peer has the turn: from our step until the peer's. */
  #secret: Uint8Array | null = null;
  /** Our ML-KEM secret until the peer answers it; the peer's ML-KEM key until we answer it. */
  #kemSecret: Uint8Array | null = null;
  #kemTheirs: Uint8Array | null = null;
  /** Seeds of tickets, 64 bytes each, newest first. */
  #tickets: Uint8Array[];
  /** When the turn passed last. For A infinitely long ago, so that its first step is due at once. */
  #turnAt: number;
  #steppedAt = Number.NEGATIVE_INFINITY;
  /** When we last made an ML-KEM key. The first step counts as one: the handshake's secrets are fresh. */
  #kemAt = Number.POSITIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  #sent = 0;
  #received = 0;

  constructor(keys: SessionKeys, random: Random) {
    super();
    const isA = keys.role === 'A';
    this.#role = keys.role;
    this.#random = random;
    this.#root = derive32(keys.session, 'rk');
    this.#sending = new KeyChain(derive32(keys.session, isA ? 'ck A' : 'ck B'));
    this.#receiving = new KeyChain(derive32(keys.session, isA ? 'ck B' : 'ck A'));
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

  /** A DATA frame that holds `plain`, at most MAX_PLAIN bytes. */
  seal(plain: Uint8Array): Uint8Array {
    this.#assertAlive();
    const frame = new Uint8Array(frameLength(plain.length + 1 + HEADER_BYTES + BOX_OVERHEAD));
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

  /** Derives the keys of the next frame in both directions ahead of time, while nobody waits. */
  prepare(): void {
    if (!this.#alive) return;
    this.#sending.prepare();
    this.#receiving.prepare();
  }

  /**
   * Opens the peer's next frame. Returns the content of a DATA frame, or null for a STEP. Throws `replay`, `gap`,
   * `forged` or `turn`; nothing has changed then, and the caller must close the link.
   */
  open(frame: Uint8Array, now: number): Uint8Array | null {
    this.#assertAlive();
    if (!isFrameLength(frame.length)) throw new AparteError('forged', { key: 'frame-length', bytes: frame.length });
    const type = frame[0];
    if (type !== SESSION.data && type !== SESSION.step)
      throw new AparteError('forged', { key: 'malformed', part: 'frame-type' });
    const n = counter(frame);
    if (n !== this.#received) throw new AparteError(n < this.#received ? 'replay' : 'gap');
    try {
      return type === SESSION.data ? this.#openData(frame, now) : this.#openStep(frame, now);
    } catch (cause) {
      // A frame that does not compute or does not open was not made by the peer in this state.
      if (cause instanceof AparteError && cause.code === 'damaged') throw new AparteError('forged');
      throw cause;
    }
  }

  /**
   * A STEP frame if one is due, else null. A step needs the turn. With `idle` false the caller has just sent data: then
   * a step is due 250 ms after our last one. With `idle` true it is due after 10 s with the turn. A's first is always due.
   */
  step(now: number, idle: boolean): Uint8Array | null {
    this.#assertAlive();
    const due = idle ? this.#turnAt + IDLE_STEP : this.#steppedAt + ACTIVE_STEP;
    return this.#theirs !== null && now >= due ? this.#makeStep(this.#theirs, now) : null;
  }

  /** When (ms) an idle step becomes due; null while the peer has the turn. */
  nextStepAt(): number | null {
    return this.#theirs !== null ? Math.max(0, this.#turnAt + IDLE_STEP) : null;
  }

  /**
   * Whether the session must end with `no-rekey`: the peer has kept the turn for 60 s although it was heard in the last
   * 10 s, or a counter has run out. This covers an ML-KEM key without an answer, as the peer's next step must answer it.
   */
  stale(now: number): boolean {
    const kept = this.#theirs === null && now - this.#turnAt >= REKEY_LIMIT;
    return (kept && now - this.#heardAt < IDLE_STEP) || this.#sent >= MAX_FRAMES || this.#received >= MAX_FRAMES;
  }

  /** The valid tickets, newest first: one, or two while our last step has no answer. The caller wipes them. */
  tickets(): Ticket[] {
    this.#assertAlive();
    return this.#tickets.map((seed) => new Ticket(seed));
  }

  /** Zeroes all keys. Idempotent. Tickets that were handed out stay valid. */
  wipe(): void {
    this.#alive = false;
    this.#sending.wipe();
    this.#receiving.wipe();
    wipe(this.#root, this.#secret, this.#kemSecret, ...this.#tickets);
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
    const next = stepKeys(this.#root, this.#role === 'A' ? 'B' : 'A', shared, kem, step.header);
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
    const next = stepKeys(this.#root, this.#role, dh(theirs, pair.secretKey), answer?.shared ?? EMPTY, header);
    const size = frameLength(header.length + BOX_OVERHEAD + 1);
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

  /** Takes the root of a step and its ticket. Keeps the newest `keep` older tickets and wipes the rest. */
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
