/** SIG frames: what links still have to tell each other while they connect (docs/PROTOCOL.md, Handshake). */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_HANDSHAKE_FRAME, MAX_SIGNALS } from '../../shared/limits.ts';
import { counter, FLIGHT, HEADER_BYTES, nonce, padToMultiple, unpad } from './frame-format.ts';
import { BOX_OVERHEAD, box, unbox } from './sodium.ts';

/** Signals are padded to a multiple of this. */
const SIGNAL_STEP = 512;

/** The signals of one handshake, both ways, each numbered from 1. The keys stay their owner's to wipe. */
export class Signals {
  readonly #ours: Uint8Array;
  readonly #theirs: Uint8Array;
  #sent = 0;
  #received = 0;

  constructor(ours: Uint8Array, theirs: Uint8Array) {
    this.#ours = ours;
    this.#theirs = theirs;
  }

  /** The next SIG frame. Throws `bug` past MAX_SIGNALS, or where the frame would be past MAX_HANDSHAKE_FRAME. */
  seal(signal: Uint8Array): Uint8Array {
    if (this.#sent === MAX_SIGNALS) throw new Error('too many signals');
    const header = nonce(FLIGHT.signal, this.#sent + 1);
    const frame = concat(header.subarray(0, HEADER_BYTES), box(this.#ours, header, padToMultiple(signal, SIGNAL_STEP)));
    if (frame.length > MAX_HANDSHAKE_FRAME) throw new Error('a signal past the limit');
    this.#sent++;
    return frame;
  }

  /** What a SIG frame holds; `null` for one that was opened before. Throws `lost-frame` or `damaged`. */
  open(frame: Uint8Array): Uint8Array | null {
    const content = frame.length - HEADER_BYTES - BOX_OVERHEAD;
    const shaped = content >= SIGNAL_STEP && content % SIGNAL_STEP === 0 && frame.length <= MAX_HANDSHAKE_FRAME;
    if (!shaped || frame[0] !== FLIGHT.signal) throw new AparteError('damaged', { key: 'malformed', part: 'signal' });
    const n = counter(frame);
    if (n <= this.#received) return null;
    if (n > this.#received + 1) throw new AparteError('lost-frame');
    if (n > MAX_SIGNALS) throw new AparteError('damaged', { key: 'too-many-signals' });
    const signal = unpad(unbox(this.#theirs, nonce(FLIGHT.signal, n), frame.subarray(HEADER_BYTES)));
    this.#received = n;
    return signal;
  }
}
