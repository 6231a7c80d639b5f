/** Keeps the live region at the bottom of a terminal and puts lines above it, in as few writes as possible. */
import type { WriteStream } from 'node:tty';
import type { AparteError } from '../../shared/errors.ts';
import type { Appearance } from './appearance.ts';
import { wrapLine } from './line-wrapping.ts';
import type { RegionContent, RegionLayout, WindowSize } from './live-region.ts';
import { layOut, redraw } from './live-region.ts';
import { OutputWriter } from './output-writer.ts';

/** How long changes are gathered before they are drawn, in ms: half a frame of a common screen. */
const BATCH = 8;
/** The size of a terminal that does not report it: that of the VT100. */
const DEFAULT_SIZE: WindowSize = { columns: 80, rows: 24 };
// DEC private mode 2004: the terminal marks where a paste begins and ends.
const MARK_PASTES = '\x1b[?2004h';
const MARK_NO_PASTES = '\x1b[?2004l';
// Moves the cursor to the first row and clears the screen.
const CLEAR = '\x1b[H\x1b[2J';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes lines and the live region to one terminal. */
export class RegionWriter {
  readonly #output: WriteStream;
  readonly #writer: OutputWriter;
  readonly #appearance: Appearance;
  readonly #content: (size: WindowSize) => RegionContent;
  #open = false;
  /** The region on the screen, null for none. */
  #drawn: RegionLayout | null = null;
  /** Lines that are not written yet, and the calls that wait for them. */
  #lines: string[] = [];
  #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing = false;
  #stale = false;
  readonly #resized = () => this.update();

  /** `content` is called whenever the region is drawn. `fault` is called as in {@link OutputWriter}. */
  constructor(
    output: WriteStream,
    appearance: Appearance,
    content: (size: WindowSize) => RegionContent,
    fault: (error: AparteError) => void,
  ) {
    this.#output = output;
    this.#writer = new OutputWriter(output, fault);
    this.#appearance = appearance;
    this.#content = content;
  }

  /** Takes the terminal, also after a {@link shut}, and draws the region at the cursor. */
  open(): void {
    this.#output.off('resize', this.#resized).on('resize', this.#resized);
    this.#open = true;
    this.#drawn = null;
    this.#writer.write(MARK_PASTES).catch(() => undefined);
    this.update();
  }

  /** Puts harmless lines above the region. Resolves when they are written; rejects with `output-closed`. */
  print(lines: readonly string[]): Promise<void> {
    this.#lines.push(...lines);
    const written = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.update();
    return written;
  }

  /** Draws the region again soon. */
  update(): void {
    this.#stale = true;
    if (this.#open && !this.#writing) this.#timer ??= setTimeout(() => this.#draw(), BATCH);
  }

  /** Clears the screen; the scrollback stays. */
  clear(): void {
    this.#drawn = null;
    this.#writer.write(CLEAR).catch(() => undefined);
    this.update();
  }

  /** Puts the last lines on the screen, removes the region and gives the terminal back. Never rejects. */
  async shut(lines: readonly string[]): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#output.off('resize', this.#resized);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#lines.push(...lines);
    await this.#put(null, MARK_NO_PASTES);
  }

  #size(): WindowSize {
    const { columns, rows } = this.#output;
    return columns > 0 && rows > 0 ? { columns, rows } : DEFAULT_SIZE;
  }

  #draw(): void {
    this.#timer = null;
    this.#writing = true;
    this.#stale = false;
    const size = this.#size();
    void this.#put(layOut(this.#content(size), size, this.#appearance), '').then(() => {
      this.#writing = false;
      if (this.#stale) this.update();
    });
  }

  /** Writes all lines and the next region, and settles the calls that wait for them. */
  async #put(next: RegionLayout | null, last: string): Promise<void> {
    const { columns } = this.#size();
    const lines = this.#lines.splice(0).flatMap((line) => wrapLine(line, columns));
    const waiters = this.#waiters.splice(0);
    const bytes = redraw(this.#drawn, lines, next, columns, this.#appearance);
    this.#drawn = next;
    try {
      await this.#writer.write(bytes + last);
      for (const { resolve } of waiters) resolve();
    } catch (error) {
      for (const { reject } of waiters) reject(error);
    }
  }
}
