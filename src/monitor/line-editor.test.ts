import { expect, it } from 'vitest';
import { LineEditor } from './line-editor.js';

function setup(words: readonly string[] = []) {
  const entered: string[] = [];
  /** What a terminal would show in the line of the cursor. */
  let screen = '';
  let column = 0;
  const editor: LineEditor = new LineEditor('> ', {
    print(text) {
      for (const character of text) {
        if (character === '\b') column--;
        else if (character === '\n') [screen, column] = ['', 0];
        else {
          screen = screen.slice(0, column) + character + screen.slice(column + 1);
          column++;
        }
      }
    },
    entered(line) {
      entered.push(line);
      editor.show();
    },
    complete: () => words,
  });
  editor.show();
  const type = (text: string): string => {
    for (const byte of new TextEncoder().encode(text)) editor.typed(byte);
    expect([screen.slice(0, 2 + editor.line.length), column]).toEqual([`> ${editor.line}`, 2 + editor.cursor]);
    return editor.line;
  };
  return { editor, entered, type };
}

it('edits in the middle of a line', () => {
  const { type, entered } = setup();
  expect(type('hello world')).toBe('hello world');
  expect(type('\x01\x1b[3~J')).toBe('Jello world');
  expect(type('\x1b[C\x1b[C\x1b[D\x7f')).toBe('Jllo world');
  expect(type('\x05!\x1b[D\x1b[D?')).toBe('Jllo worl?d!');
  expect(type('\x17')).toBe('Jllo d!');
  expect(type('\x0b')).toBe('Jllo ');
  expect(type('\x1bb\x1bf\x06\x02\x04')).toBe('Jllo');
  expect(type('\x15again\r\n')).toBe('');
  expect(entered).toEqual(['again']);
});

it('recalls lines, and what was being typed', () => {
  const { type, editor } = setup();
  type('one\rtwo\rone\r\r');
  expect(editor.history).toEqual(['two', 'one']);
  type('thr');
  expect([type('\x1b[A'), type('\x10'), type('\x1bOA'), type('\x1b[B'), type('\x0e')]).toEqual(['one', 'two', 'two', 'one', 'thr']);
});

it('completes as far as it can, and offers what is left', () => {
  const { type } = setup(['system_reset', 'system_wakeup', 'sum']);
  expect(type('sy\t')).toBe('system_');
  expect(type('\t')).toBe('system_');
  expect(type('r\t')).toBe('system_reset ');
  expect(type('\x15zz\t')).toBe('zz');
});

it('bears anything', () => {
  const { type, editor } = setup(['abc']);
  let seed = 1;
  for (let i = 0; i < 20_000; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    editor.typed((seed >>> 16) & 0xff);
  }
  expect(editor.line.length).toBeLessThan(4096);
  editor.typed(0x0d);
  for (let i = 0; i < 10_000; i++) editor.typed(0x61);
  expect(editor.line.length).toBe(4095);
  type('\x15');
});
