/** What is said of a command's words that it does not take: one line, which names the command and where its options are listed. */
import type { Command } from 'commander';
import { OptionError } from '../util/errors.js';
import { printable } from '../util/text.js';

/** `bench report`; empty for wemu itself. */
const pathOf = (command: Command): string => (command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : '');

/** Where somebody may look. */
const hint = (path: string): string => (path === '' ? "('wemu --help' lists the options)" : `('wemu ${path} --help' lists its options)`);

/** Of wemu itself an option that is none is told in QEMU's words, and no more. */
export function optionError(command: Command, what: string, option: string): OptionError {
  const path = pathOf(command);
  return path === '' ? new OptionError(what, option) : new OptionError(`${what} ${hint(path)}`, `${path}: ${option}`);
}

/** For commander, which says what is wrong and not where. */
export function tellUsage(program: Command): void {
  const path = pathOf(program);
  const where = path === '' ? '' : `${path}: `;
  program.configureOutput({
    outputError(text, write) {
      const what = text.replace(/^error: /, '').replace(` for '${program.name()}'`, '');
      write(`wemu: ${where}${printable(what.trimEnd().replaceAll('\n', ' '))} ${hint(path)}\n`);
    },
  });
  for (const command of program.commands) tellUsage(command);
}
