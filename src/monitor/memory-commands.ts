/** The monitor's commands about memory. Names, arguments and help texts are QEMU's (hmp-commands.hx). */
import { afterDot, file, flag, format, int, long, optional, text, type Format } from './arguments.js';
import { command, type Command, type MonitorContext } from './command.js';
import { currentCpu, needCpu } from './cpu-commands.js';
import { characterText, memoryDump } from './memory-dump.js';

// prettier-ignore
export const MEMORY_COMMANDS: readonly Command[] = [
  command('x', { fmt: format(), addr: long() }, '/fmt addr', "virtual memory dump starting at 'addr'", (context, { fmt, addr }) =>
    memoryDump(context, fmt, addr, needCpu(context)),
  ),
  command('xp', { fmt: format(), addr: long() }, '/fmt addr', "physical memory dump starting at 'addr'", (context, { fmt, addr }) =>
    memoryDump(context, fmt, addr, 'physical'),
  ),
  command('print|p', { fmt: format(), val: long() }, '/fmt expr', 'print expression value (use $reg for CPU register access)', (context, { fmt, val }) =>
    print(context, fmt, val),
  ),
  command(
    'memsave', { val: long(), size: int(), filename: text() }, 'addr size file',
    "save to disk virtual memory dump starting at 'addr' of size 'size'",
    (context, { val, size, filename }) => context.control.saveMemory(needCpu(context), val, size >>> 0, filename),
  ),
  command(
    'pmemsave', { val: long(), size: int(), filename: text() }, 'addr size file',
    "save to disk physical memory dump starting at 'addr' of size 'size'",
    ({ control }, { val, size, filename }) => control.saveMemory('physical', val, size >>> 0, filename),
  ),
  command(
    'dump-guest-memory', { paging: flag('p'), detach: flag('d'), filename: file(), begin: optional(long()), length: optional(long()) },
    '[-p] [-d] filename [begin length]',
    'dump guest memory into file filename, as an ELF core (-p: by virtual addresses; -d: return at once)',
    async ({ control }, { filename, begin, length, paging, detach }) => {
      const done = control.dumpGuestMemory(filename, { begin, length, paging });
      if (!detach) await done;
    },
  ),
  command(
    'sum', { start: long(), size: int() }, 'addr size', 'compute the checksum of a memory region',
    async ({ control }, { start, size }) => `${String(await control.checksum(start, size >>> 0)).padStart(5, '0')}\n`,
  ),
  command(
    'i', { fmt: format(), addr: int(), index: afterDot(int()) }, '/fmt addr', 'I/O port read',
    // With an index, that is written to the port, and the next one is read.
    (context, { fmt, addr, index }) => portRead(index === undefined ? addr : addr + 1, (context.size = fmt.size ?? context.size)),
  ),
  command('o', { fmt: format(), addr: int(), val: int() }, '/fmt addr value', 'I/O port write', () => {}),
  command(
    'gva2gpa', { addr: long() }, 'addr', 'print the guest physical address corresponding to a guest virtual address',
    (context, { addr }) => {
      const physical = currentCpu(context)?.translateDebug(addr);
      return physical === undefined ? 'Unmapped\n' : `gpa: 0x${physical.toString(16)}\n`;
    },
  ),
];

/** Nothing is in the I/O address space, on QEMU's boards neither: ports of ISA and PCI are in memory, where their bridges show them. The lines float. */
function portRead(port: number, size: number): string {
  const width = Math.min(size, 4);
  return `port${{ 1: 'b', 2: 'w', 4: 'l' }[width]}[0x${(port & 0xffff).toString(16).padStart(4, '0')}] = 0x${'ff'.repeat(width)}\n`;
}

function print(context: MonitorContext, { format = context.format }: Format, value: bigint): string {
  context.format = format;
  switch (format) {
    case 'o':
      return `${value === 0n ? '' : '0'}${value.toString(8)}\n`;
    case 'u':
      return `${value}\n`;
    case 'd':
      return `${BigInt.asIntN(64, value)}\n`;
    case 'c':
      return `${characterText(Number(BigInt.asIntN(32, value)))}\n`;
    default:
      return `${value === 0n ? '0' : `0x${value.toString(16)}`}\n`;
  }
}
