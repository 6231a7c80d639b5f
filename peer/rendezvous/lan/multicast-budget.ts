/** Limits the work that messages of multicast DNS may cause. */

/** Bytes of a message (RFC 6762, section 17). */
const MAX_MESSAGE = 9_000;
const MAX_QUESTIONS = 16;
/** Records in one message. An announcement has 4 to 10. */
const MAX_RECORDS = 32;
/**
 * Units of work in a second. A message costs {@link MESSAGE} and the square of the number of its questions and records:
 * bonjour-service compares each record of a message with all others. The whole budget takes a small part of a second,
 * even with the longest names.
 */
const MAX_WORK_PER_SECOND = 4_000;
const MESSAGE = 16;

/** The budget of one program, for all its interfaces together. */
export class MulticastBudget {
  #second = 0;
  #work = 0;

  /** Whether a message may be read; if so, its cost is counted. `now` in ms. */
  takes(message: Buffer, now: number): boolean {
    const entries = entriesOf(message);
    if (entries === null) return false;
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#work = 0;
    this.#second = second;
    const work = this.#work + MESSAGE + entries ** 2;
    if (work > MAX_WORK_PER_SECOND) return false;
    this.#work = work;
    return true;
  }
}

/** Returns the number of questions and records in a DNS header (RFC 1035, section 4.1.1); null above our limits. */
function entriesOf(message: Buffer): number | null {
  if (message.length < 12 || message.length > MAX_MESSAGE) return null;
  const [questions = 0, ...counts] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  const records = counts.reduce((sum, count) => sum + count, 0);
  return questions > MAX_QUESTIONS || records > MAX_RECORDS ? null : questions + records;
}
