/** A line that is typed on a terminal: cursor, history, completion. Keys are those of QEMU's monitor (util/readline.c). */

export interface LineEditorHandlers {
  print(text: string): void;
  entered(line: string): void;
  /** What the last word of `line` may become. */
  complete(line: string): readonly string[];
}

const LINE_LIMIT = 4095;
const HISTORY_LIMIT = 64;
/** Possible words that are shown at most. */
const SHOWN_LIMIT = 256;
const ESC = '\x1b';

const ctrl = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) & 0x1f);
/** Of a key without a sequence of its own. */
const DELETE_BACK = '\x7f';

type Action = (editor: LineEditor) => void;

const KEYS: Readonly<Record<string, Action>> = {
  [ctrl('a')]: (e) => e.moveTo(0),
  [ctrl('b')]: (e) => e.moveTo(e.cursor - 1),
  [ctrl('c')]: (e) => e.replace(''),
  [ctrl('d')]: (e) => e.remove(e.cursor, e.cursor + 1),
  [ctrl('e')]: (e) => e.moveTo(e.line.length),
  [ctrl('f')]: (e) => e.moveTo(e.cursor + 1),
  [ctrl('h')]: (e) => e.remove(e.cursor - 1, e.cursor),
  [ctrl('i')]: (e) => e.completeWord(),
  [ctrl('k')]: (e) => e.remove(e.cursor, e.line.length),
  [ctrl('l')]: (e) => e.clearScreen(),
  [ctrl('n')]: (e) => e.recall(1),
  [ctrl('p')]: (e) => e.recall(-1),
  [ctrl('u')]: (e) => e.replace(''),
  [ctrl('w')]: (e) => e.remove(e.wordStart(), e.cursor),
  [DELETE_BACK]: (e) => e.remove(e.cursor - 1, e.cursor),
};

/** Behind ESC; cursor keys come with [ or O. */
const SEQUENCES: Readonly<Record<string, Action>> = {
  '[A': (e) => e.recall(-1),
  '[B': (e) => e.recall(1),
  '[C': (e) => e.moveTo(e.cursor + 1),
  '[D': (e) => e.moveTo(e.cursor - 1),
  '[F': (e) => e.moveTo(e.line.length),
  '[H': (e) => e.moveTo(0),
  '[1~': (e) => e.moveTo(0),
  '[3~': (e) => e.remove(e.cursor, e.cursor + 1),
  '[4~': (e) => e.moveTo(e.line.length),
  b: (e) => e.moveTo(e.wordStart()),
  f: (e) => e.moveTo(e.wordEnd()),
};

export class LineEditor {
  line = '';
  cursor = 0;
  readonly history: string[] = [];
  private recalled = 0;
  /** What was being typed, while the history is looked at. */
  private draft = '';
  /** An escape sequence so far. */
  private sequence: string | undefined;
  /** The last key was one that ends a line by itself: CR LF is one end. */
  private afterReturn = false;

  constructor(
    readonly prompt: string,
    private readonly handlers: LineEditorHandlers,
  ) {}

  /** Whoever typed it is gone. */
  clear(): void {
    this.line = this.draft = '';
    this.cursor = 0;
    this.recalled = this.history.length;
    this.sequence = undefined;
  }

  /** Prompt and line, as they are. */
  show(): void {
    this.handlers.print(`${this.prompt}${this.line}${back(this.line.length - this.cursor)}`);
  }

  typed(byte: number): void {
    const key = String.fromCharCode(byte);
    const afterReturn = this.afterReturn;
    this.afterReturn = key === '\r';
    if (this.sequence !== undefined) return this.escaped(key);
    if (key === ESC) this.sequence = '';
    else if (key === '\r') this.enter();
    else if (key === '\n') void (!afterReturn && this.enter());
    else if (Object.hasOwn(KEYS, key)) KEYS[key](this);
    else if (byte >= 0x20 && byte < 0x7f) this.insert(key);
  }

  private escaped(key: string): void {
    this.sequence += key;
    const { sequence } = this;
    const isIntroducer = sequence === '[' || sequence === 'O';
    // The last character of a sequence is a letter or ~; before it are parameters.
    if (isIntroducer || (sequence!.length > 1 && key >= '\x20' && key < '@'))
      return void (sequence!.length > 16 && (this.sequence = undefined));
    this.sequence = undefined;
    SEQUENCES[sequence!.replace(/^O/, '[')]?.(this);
  }

  insert(text: string): void {
    const room = LINE_LIMIT - this.line.length;
    text = text.slice(0, Math.max(0, room));
    const tail = this.line.slice(this.cursor);
    this.line = this.line.slice(0, this.cursor) + text + tail;
    this.cursor += text.length;
    this.handlers.print(text + tail + back(tail.length));
  }

  remove(from: number, to: number): void {
    [from, to] = [Math.max(0, from), Math.min(to, this.line.length)];
    if (from >= to) return;
    this.moveTo(from);
    const tail = this.line.slice(to);
    this.line = this.line.slice(0, from) + tail;
    this.handlers.print(tail + ' '.repeat(to - from) + back(tail.length + to - from));
  }

  moveTo(cursor: number): void {
    cursor = Math.min(Math.max(cursor, 0), this.line.length);
    this.handlers.print(cursor < this.cursor ? back(this.cursor - cursor) : this.line.slice(this.cursor, cursor));
    this.cursor = cursor;
  }

  replace(line: string): void {
    this.moveTo(this.line.length);
    this.remove(0, this.line.length);
    this.insert(line);
  }

  clearScreen(): void {
    this.handlers.print(`${ESC}[2J${ESC}[H`);
    this.show();
  }

  wordStart(): number {
    return /\S*\s*$/.exec(this.line.slice(0, this.cursor))!.index;
  }
  wordEnd(): number {
    return this.cursor + /^\s*\S*/.exec(this.line.slice(this.cursor))![0].length;
  }

  recall(step: number): void {
    const to = this.recalled + step;
    if (to < 0 || to > this.history.length) return;
    if (this.recalled === this.history.length) this.draft = this.line;
    this.recalled = to;
    this.replace(this.history[to] ?? this.draft);
  }

  /** The word before the cursor grows by what all that it may become have in common; if that is nothing, they are shown. */
  completeWord(): void {
    const typed = this.line.slice(0, this.cursor);
    const word = /\S*$/.exec(typed)![0];
    const words = this.handlers.complete(typed).filter((each) => each.startsWith(word));
    if (words.length === 0) return;
    const common = words.reduce(commonStart);
    if (words.length === 1) this.insert(`${common.slice(word.length)}${common.endsWith('/') || common.endsWith('=') ? '' : ' '}`);
    else if (common.length > word.length) this.insert(common.slice(word.length));
    else this.offer(words);
  }

  private offer(words: readonly string[]): void {
    const shown = words.slice(0, SHOWN_LIMIT);
    const width = Math.max(...shown.map((word) => word.length)) + 2;
    const columns = Math.max(1, Math.floor(80 / width));
    let text = '\n';
    shown.forEach((word, i) => (text += (i + 1) % columns === 0 || i + 1 === shown.length ? `${word}\n` : word.padEnd(width)));
    this.handlers.print(text);
    this.show();
  }

  private enter(): void {
    const { line, history } = this;
    this.handlers.print('\n');
    this.line = this.draft = '';
    this.cursor = 0;
    if (line.trim() !== '') {
      const same = history.indexOf(line);
      if (same >= 0) history.splice(same, 1);
      history.push(line);
    }
    if (history.length > HISTORY_LIMIT) history.shift();
    this.recalled = history.length;
    this.handlers.entered(line);
  }
}

const back = (columns: number): string => '\b'.repeat(columns);

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
