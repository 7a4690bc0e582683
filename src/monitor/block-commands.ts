/** The monitor's commands about disks. Names, arguments and help texts are QEMU's (hmp-commands.hx). */
import { ControlError } from '../system/control.js';
import { blockDevice } from './arguments.js';
import { command, type Command, type MonitorContext } from './command.js';
import { MonitorError } from './errors.js';

const devices = ({ control }: MonitorContext) => control.drives().map(({ device }) => device);

// prettier-ignore
export const BLOCK_COMMANDS: readonly Command[] = [
  command('commit', { device: blockDevice({ complete: (context) => ['all', ...devices(context)] }) }, 'device|all',
    'commit changes to the disk images (if -snapshot is used) or backing files', commit,
  ),
];

async function commit({ control }: MonitorContext, { device }: { device: string }): Promise<void> {
  try {
    await control.commitDrives(device === 'all' ? undefined : device);
  } catch (error) {
    throw error instanceof ControlError ? new MonitorError(error.message) : error;
  }
}
