/** Edits a text with Emacs keys. It knows no terminal, and its unit is the grapheme cluster. */
import { graphemes } from './graphemes.ts';

/** A key, as `node:readline` reports it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** How many entries the history keeps. */
const MAX_HISTORY = 200;
/** Clusters on either side of the cursor that an insertion can join with: more than any emoji sequence has. */
const SEAM = 12;

/** The name of a key in the bindings: `left`, `C-a`, `M-b`. */
function chord({ name = '', ctrl, meta }: Key): string {
  return `${ctrl ? 'C-' : ''}${meta ? 'M-' : ''}${name}`;
}

/** A text of one or more lines, its cursor, the text that was killed last, and a history. */
export class LineEditor {
  #clusters: string[] = [];
  #cursor = 0;
  #killed: string[] = [];
  readonly #history: string[] = [];
  /** Index in the history; its length while the text is not from the history. */
  #recalled = 0;
  #draft = '';

  get text(): string {
    return this.#clusters.join('');
  }

  /** The grapheme clusters of the text. */
  get clusters(): readonly string[] {
    return this.#clusters;
  }

  /** Index of the cluster behind the cursor. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Inserts a text at the cursor. Line breaks become `\n`; other control characters, except tabs, are left out. */
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

  /** Does what a key is bound to. Returns false for a key without a binding. */
  press(key: Key): boolean {
    const action = BINDINGS.get(chord(key));
    action?.(this);
    return action !== undefined;
  }

  /** Replaces the text and moves the cursor to its end. */
  set(text: string): void {
    this.#clusters = graphemes(text);
    this.#cursor = this.#clusters.length;
  }

  /** Removes the text, keeps it in the history, and returns it. */
  take(): string {
    const text = this.text;
    if (text !== '' && text !== this.#history.at(-1)) this.#history.push(text);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    this.#recalled = this.#history.length;
    this.set('');
    return text;
  }

  /** Moves the cursor before the cluster of this index, or the nearest one. */
  moveTo(index: number): void {
    this.#cursor = Math.min(Math.max(index, 0), this.#clusters.length);
  }

  /** Deletes the clusters between the cursor and this index. `kill`: {@link yank} can bring them back. */
  delete(to: number, kill = false): void {
    const [from, until] = to < this.#cursor ? [Math.max(to, 0), this.#cursor] : [this.#cursor, to];
    const gone = this.#clusters.splice(from, until - from);
    if (kill && gone.length > 0) this.#killed = gone;
    this.#cursor = from;
  }

  /** Deletes the whole text. */
  discard(): void {
    this.#cursor = 0;
    this.delete(this.#clusters.length, true);
    this.#recalled = this.#history.length;
  }

  /** Inserts the text that was killed last. */
  yank(): void {
    this.insert(this.#killed.join(''));
  }

  /** Index of the first cluster in the line of the cursor. */
  lineStart(): number {
    return this.#clusters.slice(0, this.#cursor).lastIndexOf('\n') + 1;
  }

  /** Index behind the last cluster in the line of the cursor. */
  lineEnd(): number {
    const end = this.#clusters.indexOf('\n', this.#cursor);
    return end < 0 ? this.#clusters.length : end;
  }

  /** Index where the word before (-1) the cursor begins, or the word after it (1) ends. */
  wordEdge(direction: -1 | 1): number {
    const at = (index: number) => this.#clusters[direction < 0 ? index - 1 : index];
    const inWord = (index: number) => /[\p{L}\p{N}_]/u.test(at(index) ?? '');
    let index = this.#cursor;
    while (at(index) !== undefined && !inWord(index)) index += direction;
    while (at(index) !== undefined && inWord(index)) index += direction;
    return index;
  }

  /** Index where the shell word before the cursor begins: a shell word ends only at blanks. */
  shellWordStart(): number {
    const isBlank = (index: number) => /^\s/.test(this.#clusters[index - 1] ?? '');
    let index = this.#cursor;
    while (index > 0 && isBlank(index)) index -= 1;
    while (index > 0 && !isBlank(index)) index -= 1;
    return index;
  }

  /** Moves one line up (-1) or down (1). At the first and last line it moves through the history. */
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

  /** Shows an older (-1) or newer (1) entry of the history. The unfinished text comes after the newest. */
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
  // Ctrl-J sends \n, which Node names "enter". The Enter key sends \r, which Node names "return".
  ...bind(['enter', 'M-enter', 'M-return'], (editor) => editor.insert('\n')),
]);

function bind(chords: readonly string[], action: (editor: LineEditor) => void) {
  return chords.map((name) => [name, action] as const);
}
