/** What a machine gives semihosting. */
import { Chardev } from '../../chardev/chardev.js';
import type { FreeMemory, SemihostingConfig } from '../../semihosting/services.js';
import { Semihosting } from '../../semihosting/semihosting.js';
import { OptionError } from '../../util/errors.js';
import { ClockType } from './clock.js';
import type { MachineState } from './machine.js';
import { NEEDS_RESET } from './runstate.js';
import { bytes, u32, vmState } from './vmstate.js';

const SEMIHOSTING = vmState<Semihosting>(
  'semihosting',
  { version: 1, preSave: (calls) => calls.noteStreams(), postLoad: (calls) => calls.takeStreams() },
  [u32('errno'), bytes(256)('openStreams')],
);

/** @throws OptionError if there is no such console */
export function createSemihosting(machine: MachineState, config: SemihostingConfig): Semihosting {
  const { clocks } = machine;
  const calendarStart = clocks.now(machine.rtcClock);
  for (const stream of [config.stdin, config.stdout, config.stderr]) if (stream) machine.backends.joinChardev(stream);
  const services = {
    elapsedNs: () => clocks.now(ClockType.Virtual),
    wallNs: () => machine.rtcStartNs() + clocks.now(machine.rtcClock) - calendarStart,
    freeMemory: () => freeMemory(machine),
    exit: (status: number) => machine.requestShutdown('guest-shutdown', status),
    hold: (owner: object, on: boolean) => machine.hold(owner, on),
  };
  const semihosting = new Semihosting(config, services, findConsole(machine, config.console));
  machine.runState.addHandler((_, state) => {
    if (NEEDS_RESET.includes(state)) semihosting.reset(); // files are closed
  });
  machine.addVmState('semihosting', SEMIHOSTING, semihosting);
  return semihosting;
}

function findConsole(machine: MachineState, console: Chardev | string | undefined): Chardev | undefined {
  if (typeof console !== 'string') {
    if (console) machine.backends.joinChardev(console);
    return console;
  }
  const found = machine.backends.find('chardev', console) ?? machine.config.serials?.find(({ id }) => id === console);
  if (!(found instanceof Chardev)) throw new OptionError(`semihosting chardev '${console}' not found`);
  return found;
}

/** The largest piece of the largest RAM that no boot image is in: QEMU looks for the same. */
function freeMemory({ addressSpace, roms }: MachineState): FreeMemory | undefined {
  const rams = addressSpace.flatView().ranges.filter(({ region, readonly }) => region.ramBlock && region.kind !== 'romd' && !readonly);
  if (rams.length === 0) return undefined;
  const ram = rams.reduce((a, b) => (b.size > a.size ? b : a));
  const end = ram.start + ram.size;
  const used = roms.blobs.map(({ address, bytes, zeros }) => ({ start: address, end: address + bytes.length + zeros }));
  used.sort((a, b) => a.start - b.start);
  let largest: FreeMemory = { start: ram.start, end: ram.start };
  let at = ram.start;
  for (const next of [...used, { start: end, end }]) {
    const gapEnd = Math.min(next.start, end);
    if (gapEnd - at > largest.end - largest.start) largest = { start: at, end: gapEnd };
    at = Math.max(at, next.end);
  }
  return largest;
}
