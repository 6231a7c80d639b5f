/** Which messages of multicast DNS are read: no more than keep a program busy for a small part of its time. */

/** Bytes of a message (RFC 6762, section 17), and how many questions and records are read in one. */
const MAX_MESSAGE = 9_000;
const MAX_QUESTIONS = 16;
/** An announcement has 4 to 10. */
const MAX_RECORDS = 32;
/**
 * Work in a second: each message counts for {@link MESSAGE} and the square of its questions and records, as the library
 * compares every record of a message with every other. At worst, with the longest names, a small part of the second.
 */
const MAX_WORK_PER_SECOND = 4_000;
const MESSAGE = 16;

/** What one program takes in, from all its links together. */
export class Intake {
  #second = 0;
  #work = 0;

  /** Whether a message from a link is read. `now` in ms. */
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

/** How many entries the header of a DNS message promises (RFC 1035, section 4.1.1); null for more than we read. */
function entriesOf(message: Buffer): number | null {
  if (message.length < 12 || message.length > MAX_MESSAGE) return null;
  const [questions = 0, ...counts] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  const records = counts.reduce((sum, count) => sum + count, 0);
  return questions > MAX_QUESTIONS || records > MAX_RECORDS ? null : questions + records;
}
