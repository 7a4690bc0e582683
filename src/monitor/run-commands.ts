/** The monitor's commands about running. Names, arguments and help texts are QEMU's (hmp-commands.hx). */
import { WATCHDOG_ACTIONS } from '../hw/core/actions.js';
import { KEY_NAMES, keyOfNumber, type Key } from '../hw/core/keys.js';
import { flag, int, optional, text } from './arguments.js';
import { command, type Command } from './command.js';
import { MonitorError } from './errors.js';

/** `ctrl-alt-f1`; QAPI's names, `<`, and numbers of set 1. @throws MonitorError */
const keysOf = (names: string): Key[] =>
  names.split('-').map((name) => {
    if (name === '<') return 'less';
    if (/^0x/.test(name) && Number.isInteger(Number(name))) return keyOfNumber(Number(name));
    const known = KEY_NAMES.find((key) => key === name);
    if (!known) throw new MonitorError(`invalid parameter: ${name}`);
    return known;
  });

// prettier-ignore
export const RUN_COMMANDS: readonly Command[] = [
  command('stop|s', {}, '', 'stop emulation', ({ control }) => control.stop()),
  command('cont|c', {}, '', 'resume emulation', ({ control }) => control.cont()),
  command('system_reset', {}, '', 'reset the system', ({ control }) => control.reset()),
  command('system_powerdown', {}, '', 'send system power down event', ({ control }) =>
    control.powerdown() ? '' : 'this machine has no power button: its guest has to power it off\n',
  ),
  command('system_wakeup', {}, '', 'wakeup guest from suspend', ({ control }) => control.wakeup()),
  command('quit|q', {}, '', 'quit the emulator', (context) => {
    context.hasQuit = true;
    return context.control.quit();
  }),
  command('cpu', { index: int() }, 'index', 'set the default CPU', (context, { index }) => {
    if (!context.control.cpus[index]) return 'invalid CPU index\n';
    context.cpuIndex = index;
  }),
  command(
    'one-insn-per-tb', { option: optional(text({ complete: () => ['on', 'off'] })) }, '[on|off]',
    'run emulation with one guest instruction per translation block',
    ({ control }, { option = 'on' }) => {
      if (option !== 'on' && option !== 'off') return `unexpected option ${option}\n`;
      control.setOneInsnPerTb(option === 'on');
    },
  ),
  command('nmi', {}, '', 'inject an NMI', ({ control }) => control.injectNmi()),
  command(
    'watchdog_action', { action: text({ complete: () => WATCHDOG_ACTIONS }) }, '[reset|shutdown|poweroff|inject-nmi|pause|debug|none]',
    'change watchdog action',
    ({ control }, { action }) => {
      const watchdog = WATCHDOG_ACTIONS.find((each) => each === action);
      if (!watchdog) throw new MonitorError(`Error: invalid parameter value: ${action}`);
      control.setActions({ watchdog });
    },
  ),
  command('gdbserver', { device: optional(text()) }, '[device]', "start gdbserver on given device (default 'tcp::1234'), stop with 'none'",
    async ({ control }, { device = 'tcp::1234' }) => {
      if (!control.gdbServer) throw new MonitorError('Error: this host has no gdb server');
      await control.gdbServer(device);
      return device === 'none' ? 'Disabled gdbserver\n' : `Waiting for gdb connection on device '${device}'\n`;
    },
  ),
  command('savevm', { incremental: flag('i'), name: optional(text()) }, '[-i] [tag]',
    'save a VM snapshot: one of that tag is replaced (-i: only what is different from the last one saved or loaded)',
    async ({ control }, { incremental, name }) => void (await control.saveSnapshot(name, incremental ? { incremental } : {})),
  ),
  command('loadvm', { name: text() }, 'tag', 'restore a VM snapshot from its tag', ({ control }, { name }) => control.loadSnapshot(name)),
  command('delvm', { name: text() }, 'tag', 'delete a VM snapshot from its tag', async ({ control }, { name }) => void (await control.deleteSnapshot(name))),
  command('sendkey', { keys: text(), hold: optional(int()) }, 'keys [hold_ms]', "send keys to the VM (e.g. 'sendkey ctrl-alt-f1', default hold time=100 ms)",
    ({ control }, { keys, hold }) => control.sendKeys(keysOf(keys), hold),
  ),
];
