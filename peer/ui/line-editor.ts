/** A line editor without a terminal: what Emacs keys do to a text and a cursor in it. Its unit is the grapheme cluster. */
import { graphemes } from './graphemes.ts';

/** A key as `node:readline` reports it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** Entries of the history that are kept. */
const MAX_HISTORY = 200;
/** Clusters on either side of the cursor that an insertion may merge with: longer than any emoji sequence. */
const SEAM = 12;

/** The name bindings know a key by: `left`, `C-a`, `M-b`. */
function chord({ name = '', ctrl, meta }: Key): string {
  return `${ctrl ? 'C-' : ''}${meta ? 'M-' : ''}${name}`;
}

/** A text of one or more lines, a cursor, what was killed last, and what was entered before. */
export class LineEditor {
  #clusters: string[] = [];
  #cursor = 0;
  #killed: string[] = [];
  readonly #history: string[] = [];
  /** Index in the history, its length while the text is not from there. */
  #recalled = 0;
  #draft = '';

  get text(): string {
    return this.#clusters.join('');
  }

  /** The grapheme clusters of the text. */
  get clusters(): readonly string[] {
    return this.#clusters;
  }

  /** The cursor stands before the cluster of this index. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Puts a text where the cursor is. Line breaks become `\n`, control characters other than tabs are left out. */
  insert(text: string): void {
    const clean = text.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\t\n]/gu, '');
    const from = Math.max(0, this.#cursor - SEAM);
    const head = this.#clusters.slice(from, this.#cursor).join('') + clean;
    const seam = graphemes(head + this.#clusters.slice(this.#cursor, this.#cursor + SEAM).join(''));
    this.#clusters = [...this.#clusters.slice(0, from), ...seam, ...this.#clusters.slice(this.#cursor + SEAM)];
    this.#cursor = from;
    for (let length = 0, index = 0; length < head.length; index += 1) {
      length += seam[index]?.length ?? head.length;
      this.#cursor += 1;
    }
  }

  /** Does what a key is bound to. False where it is bound to nothing. */
  press(key: Key): boolean {
    const action = BINDINGS.get(chord(key));
    action?.(this);
    return action !== undefined;
  }

  /** Replaces the text; the cursor goes to its end. */
  set(text: string): void {
    this.#clusters = graphemes(text);
    this.#cursor = this.#clusters.length;
  }

  /** Takes the text out, and remembers it. */
  take(): string {
    const text = this.text;
    if (text !== '' && text !== this.#history.at(-1)) this.#history.push(text);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    this.#recalled = this.#history.length;
    this.set('');
    return text;
  }

  /** Moves the cursor to a cluster, or as near as there is one. */
  moveTo(index: number): void {
    this.#cursor = Math.min(Math.max(index, 0), this.#clusters.length);
  }

  /** Deletes from the cursor to a cluster before or after it. */
  delete(to: number, kill = false): void {
    const [from, until] = to < this.#cursor ? [Math.max(to, 0), this.#cursor] : [this.#cursor, to];
    const gone = this.#clusters.splice(from, until - from);
    if (kill && gone.length > 0) this.#killed = gone;
    this.#cursor = from;
  }

  /** Deletes all of the text, as when it had been sent. */
  discard(): void {
    this.#cursor = 0;
    this.delete(this.#clusters.length, true);
    this.#recalled = this.#history.length;
  }

  /** Puts back what was killed last. */
  yank(): void {
    this.insert(this.#killed.join(''));
  }

  /** Where the cursor's own line starts. */
  lineStart(): number {
    return this.#clusters.slice(0, this.#cursor).lastIndexOf('\n') + 1;
  }

  /** Where the cursor's own line ends. */
  lineEnd(): number {
    const end = this.#clusters.indexOf('\n', this.#cursor);
    return end < 0 ? this.#clusters.length : end;
  }

  /** Where the word before (-1) or after (1) the cursor begins or ends. */
  wordEdge(direction: -1 | 1): number {
    const at = (index: number) => this.#clusters[direction < 0 ? index - 1 : index];
    const inWord = (index: number) => /[\p{L}\p{N}_]/u.test(at(index) ?? '');
    let index = this.#cursor;
    while (at(index) !== undefined && !inWord(index)) index += direction;
    while (at(index) !== undefined && inWord(index)) index += direction;
    return index;
  }

  /** Where what stands before the cursor begins, up to the blank before it: a word to a shell. */
  shellWordStart(): number {
    const isBlank = (index: number) => /^\s/.test(this.#clusters[index - 1] ?? '');
    let index = this.#cursor;
    while (index > 0 && isBlank(index)) index -= 1;
    while (index > 0 && !isBlank(index)) index -= 1;
    return index;
  }

  /** Goes a line up or down in the text, or past its end through the history. */
  vertical(direction: -1 | 1): void {
    const start = this.lineStart();
    const column = this.#cursor - start;
    if (direction < 0 && start > 0) {
      this.moveTo(start - 1);
      this.moveTo(Math.min(this.lineStart() + column, start - 1));
    } else if (direction > 0 && this.lineEnd() < this.#clusters.length) {
      this.moveTo(this.lineEnd() + 1);
      this.moveTo(Math.min(this.#cursor + column, this.lineEnd()));
    } else {
      this.recall(direction);
    }
  }

  /** Brings an older (-1) or newer (1) entry; past the newest, what was being written. */
  recall(direction: -1 | 1): void {
    const wanted = this.#recalled + direction;
    if (wanted < 0 || wanted > this.#history.length) return;
    if (this.#recalled === this.#history.length) this.#draft = this.text;
    this.#recalled = wanted;
    this.set(this.#history[wanted] ?? this.#draft);
  }
}

const BINDINGS: ReadonlyMap<string, (editor: LineEditor) => void> = new Map([
  ...bind(['left', 'C-b'], (editor) => editor.moveTo(editor.cursor - 1)),
  ...bind(['right', 'C-f'], (editor) => editor.moveTo(editor.cursor + 1)),
  ...bind(['home', 'C-a'], (editor) => editor.moveTo(editor.lineStart())),
  ...bind(['end', 'C-e'], (editor) => editor.moveTo(editor.lineEnd())),
  ...bind(['M-b', 'C-left', 'M-left'], (editor) => editor.moveTo(editor.wordEdge(-1))),
  ...bind(['M-f', 'C-right', 'M-right'], (editor) => editor.moveTo(editor.wordEdge(1))),
  ...bind(['up'], (editor) => editor.vertical(-1)),
  ...bind(['down'], (editor) => editor.vertical(1)),
  ...bind(['C-p'], (editor) => editor.recall(-1)),
  ...bind(['C-n'], (editor) => editor.recall(1)),
  ...bind(['backspace', 'C-h'], (editor) => editor.delete(editor.cursor - 1)),
  ...bind(['delete', 'C-d'], (editor) => editor.delete(editor.cursor + 1)),
  ...bind(['C-u'], (editor) => editor.delete(editor.lineStart(), true)),
  ...bind(['C-k'], (editor) => editor.delete(editor.lineEnd(), true)),
  ...bind(['C-g'], (editor) => editor.discard()),
  ...bind(['C-w'], (editor) => editor.delete(editor.shellWordStart(), true)),
  ...bind(['M-backspace'], (editor) => editor.delete(editor.wordEdge(-1), true)),
  ...bind(['M-d', 'M-delete'], (editor) => editor.delete(editor.wordEdge(1), true)),
  ...bind(['C-y'], (editor) => editor.yank()),
  // A terminal sends \n for Ctrl-J, which Node names "enter"; the key itself sends \r, named "return".
  ...bind(['enter', 'M-enter', 'M-return'], (editor) => editor.insert('\n')),
]);

function bind(chords: readonly string[], action: (editor: LineEditor) => void) {
  return chords.map((name) => [name, action] as const);
}
