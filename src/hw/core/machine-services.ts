/** What a machine offers its devices (services.ts): its own operations, narrowed. */
import { OptionError } from '../../util/errors.js';
import type { CpuState } from './cpu.js';
import type { DeviceState } from './device.js';
import { GuestMemory } from './guest-memory.js';
import type { MachineState } from './machine.js';
import type { MachineServices } from './services.js';

/** What devices change of a machine, and nobody else. */
export interface MachineBooks {
  /** Realized, in that order. */
  readonly devices: DeviceState[];
  /** Of CPUs that do not start where they would. */
  readonly starts: Map<CpuState, bigint>;
}

export function offerServices(machine: MachineState, books: MachineBooks): MachineServices {
  const { clocks, systemMemory, addressSpace } = machine;
  return {
    time: {
      now: (clock) => clocks.now(clock),
      timer: (clock, callback) => clocks.timer(clock, callback),
      calendar: { clock: machine.rtcClock, startNs: machine.rtcStartNs() },
    },
    memory: {
      topology: machine.topology,
      ram: machine.ram,
      map: (region, address, priority) => {
        if (region.parentRegion === systemMemory) region.setAddress(address);
        else systemMemory.addSubregion(address, region, priority);
      },
      system: systemMemory,
      newAddressSpace: (root, name) => machine.newAddressSpace(root, name),
      changed: (block, offset, length) => addressSpace.dirtyHook?.(block.host + offset, length),
    },
    dma: new GuestMemory(addressSpace),
    log: machine.log,
    requests: {
      shutdown: (cause, exitCode) => machine.requestShutdown(cause, exitCode),
      reset: (cause) => machine.requestReset(cause),
      panic: () => machine.guestPanicked(),
      watchdog: () => machine.watchdogExpired(),
    },
    events: machine.events,
    boot: {
      roms: machine.roms,
      symbols: machine.symbols,
      littleEndian: machine.endianness === 'little',
      readFile: (name) => {
        if (!machine.env.readFile) throw new OptionError(`this host opens no files ('${name}')`);
        return machine.env.readFile(name);
      },
      openFile: (name, zeros) => {
        if (!machine.env.openFile) throw new OptionError(`this host opens no files ('${name}')`);
        return machine.env.openFile(name, zeros);
      },
      write: (address, bytes) => void addressSpace.writeBytes(address, bytes),
      startCpu: (index, pc) => {
        if (machine.cpus[index]) books.starts.set(machine.cpus[index], pc);
        return index in machine.cpus;
      },
    },
    addKeyboard: (keyboard) => void (machine.keyboard = keyboard),
    inventory: {
      created: (device) => machine.applyGlobals(device),
      realized: (device) => void books.devices.push(device),
      unrealized: (device) => void books.devices.splice(books.devices.indexOf(device), 1),
      find: (kind, id) => machine.resolveLink(kind, id),
    },
    randomBytes: (count) => machine.randomBytes(count),
  };
}
