/** What is said of a command's words that it does not take: one line, which names the command and where its options are listed. */
import type { Command } from 'commander';
import { OptionError } from '../util/errors.js';

/** `bench report`; empty for wemu itself. */
const pathOf = (command: Command): string => (command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : '');

/** Of wemu itself an option that is none is told in QEMU's words, and no more. */
export function optionError(command: Command, what: string, option: string): OptionError {
  const path = pathOf(command);
  return path === ''
    ? new OptionError(what, option)
    : new OptionError(`${what} ('wemu ${path} --help' lists its options)`, `${path}: ${option}`);
}

/** For commander, which says what is wrong and not where. */
export function tellUsage(program: Command): void {
  const path = pathOf(program);
  const [where, whose] = path === '' ? ['', 'wemu --help'] : [`${path}: `, `wemu ${path} --help`];
  program.configureOutput({
    outputError(text, write) {
      const what = text.replace(/^error: /, '').replace(` for '${program.name()}'`, '');
      write(`wemu: ${where}${what.trimEnd().replaceAll('\n', ' ')} ('${whose}' lists ${path === '' ? 'the' : 'its'} options)\n`);
    },
  });
  for (const command of program.commands) tellUsage(command);
}
