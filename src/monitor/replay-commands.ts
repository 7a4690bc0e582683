/** The monitor's commands about recorded runs. Names, arguments, texts and messages are QEMU's (hmp-commands.hx, replay/replay-debugging.c). */
import { int } from './arguments.js';
import { command, type Command } from './command.js';

export const REPLAY_COMMANDS: readonly Command[] = [
  command('replay_break', { icount: int() }, 'icount', 'set breakpoint at the specified instruction count', ({ control }, { icount }) =>
    control.replayBreak(icount),
  ),
  command('replay_delete_break', {}, '', 'remove replay breakpoint', ({ control }) => control.replayDeleteBreak()),
  command('replay_seek', { icount: int() }, 'icount', 'replay execution to the specified instruction count', ({ control }, { icount }) =>
    control.replaySeek(icount),
  ),
];

export const REPLAY_INFO: readonly Command[] = [
  command('replay', {}, '', 'show record/replay information', ({ control: { replayInfo } }) => {
    const { mode, filename, icount } = replayInfo;
    if (mode === 'none') return 'Record/replay is not active\n';
    return `${mode === 'record' ? 'Recording' : 'Replaying'} execution '${filename}': instruction count = ${icount}\n`;
  }),
];
