/** A real terminal for tests: its own tmux server with one window, in which the program runs. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environment } from '../../process.ts';

/** Whether tmux is installed. */
export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));
/** How long a test waits for the screen or for a report of the program, in ms. */
const PATIENCE = 10_000;

/** A report of the program. */
export interface Told {
  readonly type: string;
  readonly [key: string]: unknown;
}

let terminals = 0;

/** The screen with the rows of each message joined. Such rows are indented as far as the text of the message. */
export function unfolded(screen: string): string {
  return screen.replace(/ *\n {6}(?! )/g, ' ');
}

/** A shell in a terminal of 80 columns and 20 rows, which starts the program. */
export class Terminal {
  readonly #folder = mkdtempSync(join(tmpdir(), 'aparte-ui-'));
  readonly #socketPath = join(this.#folder, 'control');
  readonly #name = `aparte-test-${process.pid}-${++terminals}`;
  readonly #told: Told[] = [];
  #wake: () => void = () => undefined;
  #program: Socket | null = null;
  readonly #server = createServer((socket) => {
    this.#program = socket;
    createInterface({ input: socket }).on('line', (line) => {
      this.#told.push(JSON.parse(line) as Told);
      this.#wake();
    });
    socket.on('error', () => undefined);
  });

  /** Opens the terminal. Resolves when the shell shows its prompt. */
  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#socketPath, resolve));
    const shell = 'env PS1="ready> " HISTFILE= LC_ALL=C.UTF-8 bash --norc --noprofile';
    this.#tmux('-u', '-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '20', shell);
    this.#tmux('set-option', '-g', 'window-size', 'manual');
    await this.until((screen) => screen.includes('ready>'));
  }

  /**
   * Starts the program in the shell, with `environment` before it and `next` after it. The program reports `open` when
   * the chat is open.
   */
  start({ environment: variables = '', argument = '', next = 'true' } = {}): void {
    this.keys(
      `clear; ${variables} ${process.execPath} --import tsx ${PROGRAM} ${this.#socketPath} ${argument}; ${next}`,
      'Enter',
    );
  }

  /** Presses keys, by their names in tmux. */
  keys(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** Types a text. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  /** Pastes a text, with marks where the program has asked for them; `marked` false: without, as an old terminal does. */
  paste(text: string, marked = true): void {
    execFileSync('tmux', ['-L', this.#name, 'load-buffer', '-'], { env: environment(), input: text });
    this.#tmux('paste-buffer', ...(marked ? ['-p'] : []));
  }

  /** Sends bytes as the terminal itself would. ASCII only. */
  bytes(text: string): void {
    this.#tmux('send-keys', '-H', ...Array.from(text, (char) => char.charCodeAt(0).toString(16)));
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Gives the program an order. */
  order(order: object): void {
    this.#program?.write(`${JSON.stringify(order)}\n`);
  }

  /** The next report of this type. Other reports before it are dropped. */
  async told(type: string): Promise<Told> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      for (let next = this.#told.shift(); next !== undefined; next = this.#told.shift()) {
        if (next.type === type) return next;
      }
      if (Date.now() > deadline) throw new Error(`the program did not tell ${type}; screen:\n${this.screen()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The rows of scrollback and screen, as they are drawn. `colours`: with the sequences that colour them. */
  rows(colours = false): string[] {
    return this.#tmux('capture-pane', '-p', '-S', '-', ...(colours ? ['-e'] : [])).split('\n');
  }

  /** Scrollback and screen as text: long lines joined, without blanks at the ends. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-')
      .replace(/[ \t]+$/gm, '')
      .trimEnd();
  }

  /** The column and row of the cursor, from 0. */
  cursor(): string {
    return this.#tmux('display-message', '-p', '#{cursor_x},#{cursor_y}').trim();
  }

  /** Waits until the screen is as wanted, and returns it. */
  async until(wanted: (screen: string) => boolean): Promise<string> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const screen = this.screen();
      if (wanted(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`not on the screen in time:\n${screen}`);
      // A terminal does not report that it has drawn, so it has to be read again.
      await new Promise((resolve) => execFile('sleep', ['0.03'], resolve));
    }
  }

  close(): void {
    spawnSync('tmux', ['-L', this.#name, 'kill-server'], { env: environment() });
    this.#program?.destroy();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#name, ...args], { env: environment(), encoding: 'utf8' });
  }
}
