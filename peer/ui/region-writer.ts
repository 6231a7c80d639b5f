/** Keeps the live region at the bottom of a terminal and puts lines above it, as few writes as possible. */
import type { WriteStream } from 'node:tty';
import type { AparteError } from '../../shared/errors.ts';
import type { Appearance } from './appearance.ts';
import { wrapLine } from './line-wrapping.ts';
import type { Content, Frame, Size } from './live-region.ts';
import { compose, redraw } from './live-region.ts';
import { Outlet } from './output-writer.ts';

/** Changes are gathered for so long before they are drawn, in ms: half a frame of a usual screen. */
const BATCH = 8;
/** Size of a terminal that does not tell it: that of the VT100. */
const FALLBACK: Size = { columns: 80, rows: 24 };
// DEC private mode 2004: what is pasted comes in brackets.
const OPEN = '\x1b[?2004h';
const SHUT = '\x1b[?2004l';
const CLEAR = '\x1b[H\x1b[2J';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** See the head of this file. */
export class Screen {
  readonly #output: WriteStream;
  readonly #outlet: Outlet;
  readonly #appearance: Appearance;
  readonly #content: (size: Size) => Content;
  #open = false;
  /** The region as it is on the screen, null where there is none. */
  #drawn: Frame | null = null;
  /** Lines that are not written yet, and who waits for them. */
  #lines: string[] = [];
  #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing = false;
  #stale = false;
  readonly #resized = () => this.update();

  /** `content` is asked for the region whenever it is drawn. */
  constructor(
    output: WriteStream,
    appearance: Appearance,
    content: (size: Size) => Content,
    fault: (error: AparteError) => void,
  ) {
    this.#output = output;
    this.#outlet = new Outlet(output, fault);
    this.#appearance = appearance;
    this.#content = content;
  }

  /** Takes the terminal, or takes it again, and draws the region where the cursor is. */
  open(): void {
    this.#output.off('resize', this.#resized).on('resize', this.#resized);
    this.#open = true;
    this.#drawn = null;
    this.#outlet.write(OPEN).catch(() => undefined);
    this.update();
  }

  /** Puts harmless lines above the region. Resolves once they are written, rejects with `output-closed`. */
  print(lines: readonly string[]): Promise<void> {
    this.#lines.push(...lines);
    const written = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.update();
    return written;
  }

  /** Draws the region anew, soon. */
  update(): void {
    this.#stale = true;
    if (this.#open && !this.#writing) this.#timer ??= setTimeout(() => this.#draw(), BATCH);
  }

  /** Clears the screen; the scrollback stays. */
  clear(): void {
    this.#drawn = null;
    this.#outlet.write(CLEAR).catch(() => undefined);
    this.update();
  }

  /** Puts last lines on the screen, takes the region away and gives the terminal back. Never rejects. */
  async shut(lines: readonly string[]): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#output.off('resize', this.#resized);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#lines.push(...lines);
    await this.#put(null, SHUT);
  }

  #size(): Size {
    const { columns, rows } = this.#output;
    return columns > 0 && rows > 0 ? { columns, rows } : FALLBACK;
  }

  #draw(): void {
    this.#timer = null;
    this.#writing = true;
    this.#stale = false;
    const size = this.#size();
    void this.#put(compose(this.#content(size), size, this.#appearance), '').then(() => {
      this.#writing = false;
      if (this.#stale) this.update();
    });
  }

  /** Writes all lines and the next region, and tells those who wait. */
  async #put(next: Frame | null, last: string): Promise<void> {
    const { columns } = this.#size();
    const lines = this.#lines.splice(0).flatMap((line) => wrapLine(line, columns));
    const waiters = this.#waiters.splice(0);
    const bytes = redraw(this.#drawn, lines, next, columns, this.#appearance);
    this.#drawn = next;
    try {
      await this.#outlet.write(bytes + last);
      for (const { resolve } of waiters) resolve();
    } catch (error) {
      for (const { reject } of waiters) reject(error);
    }
  }
}
