/** xterm.js, with what people expect of a terminal: it fits its box, searches, follows links, copies and pastes. Loaded when it is first wanted. */
import type { FitAddon } from '@xterm/addon-fit';
import type { SearchAddon } from '@xterm/addon-search';
import type { ITheme, Terminal } from '@xterm/xterm';

/** What a terminal is joined to: a serial port of a RemoteMachine, or its monitor. */
export interface TerminalLine {
  onOutput(listener: (bytes: Uint8Array) => void): () => void;
  type(input: Uint8Array): void;
}

export interface TerminalOptions {
  readonly dark?: boolean;
  readonly scrollback?: number;
  /** For screen readers. */
  readonly label?: string;
  readonly fontSize?: number;
  /** Ctrl+Shift+Up: the focus is to go elsewhere. Tab is the guest's. */
  readonly leave?: () => void;
}

const THEMES: Readonly<Record<'dark' | 'light', ITheme>> = {
  dark: { background: '#16181d', foreground: '#e4e6eb', cursor: '#e4e6eb', selectionBackground: '#3d5a80' },
  light: {
    ...{ background: '#ffffff', foreground: '#1c1e22', cursor: '#1c1e22', selectionBackground: '#b7d3f5' },
    // the usual ones cannot be read on white
    ...{ yellow: '#7a5c00', brightYellow: '#7a5c00', white: '#55585f', brightWhite: '#1c1e22', brightGreen: '#1b6e20', green: '#1b6e20' },
    ...{ cyan: '#006a70', brightCyan: '#006a70', brightBlack: '#55585f' },
  },
};

export class GuestTerminal {
  private unjoin: (() => void) | undefined;
  private readonly resized: ResizeObserver;

  /** A terminal in `box`, which its owner has styled; xterm's own style sheet is the page's to load. */
  static async open(box: HTMLElement, options: TerminalOptions = {}): Promise<GuestTerminal> {
    const [{ Terminal }, { FitAddon }, { SearchAddon }, { WebLinksAddon }] = await Promise.all([
      import('@xterm/xterm'),
      import('@xterm/addon-fit'),
      import('@xterm/addon-search'),
      import('@xterm/addon-web-links'),
    ]);
    const { dark = true, scrollback = 5000, label, fontSize = 14, leave = () => terminal.blur() } = options;
    const terminal = new Terminal({ scrollback, fontSize, theme: THEMES[dark ? 'dark' : 'light'], minimumContrastRatio: 4.5 });
    const fit = new FitAddon();
    const search = new SearchAddon();
    terminal.loadAddon(fit);
    terminal.loadAddon(search);
    terminal.loadAddon(new WebLinksAddon());
    terminal.open(box);
    if (label !== undefined) terminal.textarea?.setAttribute('aria-label', label);
    return new GuestTerminal(box, terminal, fit, search, leave);
  }

  private constructor(
    box: HTMLElement,
    readonly terminal: Terminal,
    private readonly fit: FitAddon,
    private readonly search: SearchAddon,
    private readonly leave: () => void,
  ) {
    terminal.attachCustomKeyEventHandler((event) => this.key(event));
    this.resized = new ResizeObserver(() => {
      // a box that is not shown has no size to fit
      if (box.clientWidth > 0 && box.clientHeight > 0) this.fit.fit();
    });
    this.resized.observe(box);
  }

  /** Shows a guest's line, in the place of another; undefined: of none. */
  join(line: TerminalLine | undefined): void {
    this.unjoin?.();
    this.unjoin = undefined;
    if (!line) return;
    const output = line.onOutput((bytes) => this.terminal.write(bytes));
    const encoder = new TextEncoder();
    const typed = this.terminal.onData((text) => line.type(encoder.encode(text)));
    // what is no text: a mouse's reports
    const binary = this.terminal.onBinary((text) => line.type(Uint8Array.from(text, (character) => character.charCodeAt(0))));
    this.unjoin = () => {
      output();
      typed.dispose();
      binary.dispose();
    };
  }

  set dark(on: boolean) {
    this.terminal.options.theme = THEMES[on ? 'dark' : 'light'];
  }

  /** False: it is nowhere. */
  find(text: string, backwards = false): boolean {
    return backwards ? this.search.findPrevious(text) : this.search.findNext(text);
  }

  /** All that is on it and above, as text. */
  get text(): string {
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? '');
    return lines.join('\n').trimEnd();
  }

  close(): void {
    this.join(undefined);
    this.resized.disconnect();
    this.terminal.dispose();
  }

  /** Ctrl+Shift+C and Ctrl+Shift+V, as in other terminals: Ctrl+C is the guest's. */
  private key(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey) return true;
    if (event.code === 'KeyC') {
      event.preventDefault();
      void navigator.clipboard.writeText(this.terminal.getSelection());
      return false;
    }
    if (event.code === 'KeyV') {
      event.preventDefault();
      void navigator.clipboard.readText().then((text) => this.terminal.paste(text));
      return false;
    }
    if (event.code !== 'ArrowUp') return true;
    this.leave();
    return false;
  }
}
