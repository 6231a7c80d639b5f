/** SIG frames: ICE candidates that follow the flights of a handshake (docs/PROTOCOL.md, Handshake). */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_HANDSHAKE_FRAME, MAX_SIGNALS } from '../../shared/limits.ts';
import { counter, FLIGHT, HEADER_BYTES, nonce, padToMultiple, unpad } from './frame-format.ts';
import { BOX_OVERHEAD, box, unbox } from './sodium.ts';

/** Signals are padded to a multiple of so many bytes. */
const SIGNAL_STEP = 512;

/** The signals of one handshake, numbered from 1 in each direction. The owner of the keys wipes them. */
export class SealedSignals {
  readonly #ours: Uint8Array;
  readonly #theirs: Uint8Array;
  #sent = 0;
  #received = 0;

  constructor(ours: Uint8Array, theirs: Uint8Array) {
    this.#ours = ours;
    this.#theirs = theirs;
  }

  /** The next SIG frame. At most MAX_SIGNALS, each at most MAX_HANDSHAKE_FRAME bytes. */
  seal(signal: Uint8Array): Uint8Array {
    if (this.#sent === MAX_SIGNALS) throw new Error('too many signals');
    const header = nonce(FLIGHT.signal, this.#sent + 1);
    const frame = concat(header.subarray(0, HEADER_BYTES), box(this.#ours, header, padToMultiple(signal, SIGNAL_STEP)));
    if (frame.length > MAX_HANDSHAKE_FRAME) throw new Error('a signal past the limit');
    this.#sent++;
    return frame;
  }

  /** The content of a SIG frame, or null if it was opened before. Throws `lost-frame` or `damaged`. */
  open(frame: Uint8Array): Uint8Array | null {
    const content = frame.length - HEADER_BYTES - BOX_OVERHEAD;
    const isWellFormed = content >= SIGNAL_STEP && content % SIGNAL_STEP === 0 && frame.length <= MAX_HANDSHAKE_FRAME;
    if (!isWellFormed || frame[0] !== FLIGHT.signal)
      throw new AparteError('damaged', { key: 'malformed', part: 'signal' });
    const n = counter(frame);
    if (n <= this.#received) return null;
    if (n > this.#received + 1) throw new AparteError('lost-frame');
    if (n > MAX_SIGNALS) throw new AparteError('damaged', { key: 'too-many-signals' });
    const signal = unpad(unbox(this.#theirs, nonce(FLIGHT.signal, n), frame.subarray(HEADER_BYTES)));
    this.#received = n;
    return signal;
  }
}
