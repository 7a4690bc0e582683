/** General queries and settings: packets that begin with q or Q. Source: GDB manual, "General Query Packets"; those with `qemu` in their names are QEMU's. */
import type { Command } from './commands.js';
import { annexOf } from './description.js';
import { EINVAL, GdbError } from './error.js';
import { bytesOf, fromHex, MAX_PACKET, toHex } from './packet.js';
import { memoryMapXml } from './memory-map.js';
import type { GdbSession } from './session.js';
import { textOf } from '../util/text.js';

const OK = 'OK';

/** What a step of one instruction leaves out, as QEMU numbers it: SSTEP_ENABLE, SSTEP_NOIRQ, SSTEP_NOTIMER. */
const ENABLE = 1;
const NO_IRQ = 2;
const NO_TIMER = 4;

export const QUERIES: readonly Command[] = [
  { name: 'qSupported', run: supported },
  { name: 'QStartNoAckMode', exact: true, run: (session) => ((session.noAck = true), OK) },
  { name: 'qXfer:features:read:', run: (session, args) => transfer(args, (annex) => annexOf(session.description, annex)) },
  { name: 'qXfer:threads:read:', run: (session, args) => transfer(args, (annex) => (annex === '' ? threadsXml(session) : undefined)) },
  { name: 'qXfer:memory-map:read:', run: (session, args) => transfer(args, (annex) => (annex === '' ? memoryMap(session) : undefined)) },
  { name: 'qAttached', run: () => '1' },
  { name: 'qC', exact: true, run: (session) => `QC${session.threadOf(session.generalCpu)}` },
  { name: 'qfThreadInfo', exact: true, run: (session) => `m${session.control.cpus.map((cpu) => session.threadOf(cpu)).join(',')}` },
  { name: 'qsThreadInfo', exact: true, run: () => 'l' },
  { name: 'qThreadExtraInfo,', run: threadText },
  { name: 'qRcmd,', run: monitor },
  { name: 'qqemu.sstepbits', exact: true, run: stepBitNames },
  { name: 'qqemu.sstep', exact: true, run: stepBits },
  { name: 'Qqemu.sstep=', run: setStepBits },
  { name: 'qqemu.PhyMemMode', exact: true, run: ({ physical }) => `${Number(physical)}` },
  { name: 'Qqemu.PhyMemMode:', run: setPhysical },
  { name: 'qqemu.Supported', exact: true, run: () => 'sstepbits;sstep;PhyMemMode' },
];

function supported(session: GdbSession, args: string): string {
  session.multiprocess = args.split(/[:;]/).includes('multiprocess+');
  const features = [
    'qXfer:features:read+',
    'qXfer:threads:read+',
    'qXfer:memory-map:read+',
    'vContSupported+',
    'multiprocess+',
    'QStartNoAckMode+',
    ...(session.control.travel ? ['ReverseStep+', 'ReverseContinue+'] : []),
  ];
  return [`PacketSize=${MAX_PACKET.toString(16)}`, ...features].join(';');
}

// ---- qXfer: pieces of a text

/** `annex:offset,length`. */
function transfer(args: string, textOfAnnex: (annex: string) => string | undefined): string {
  const [, annex, offset, length] = /^([^:]*):([0-9a-f]{1,8}),([0-9a-f]{1,8})$/i.exec(args) ?? [];
  if (annex === undefined) throw new GdbError(EINVAL);
  const text = textOfAnnex(annex);
  if (text === undefined) return 'E00';
  const from = parseInt(offset, 16);
  const size = Math.min(parseInt(length, 16), MAX_PACKET / 2);
  if (from > text.length) return 'E00';
  return `${from + size < text.length ? 'm' : 'l'}${text.slice(from, from + size)}`;
}

function threadsXml(session: GdbSession): string {
  const threads = session.control.cpus.map(
    (cpu) => `  <thread id="${session.threadOf(cpu)}" core="${cpu.cpuIndex}">${session.threadInfo(cpu)}</thread>\n`,
  );
  return `<?xml version="1.0"?>\n<threads>\n${threads.join('')}</threads>\n`;
}

function threadText(session: GdbSession, args: string): string {
  const cpu = session.cpuOf(args);
  if (!cpu) throw new GdbError(EINVAL);
  return toHex(bytesOf(session.threadInfo(cpu)));
}

const memoryMap = ({ description, control }: GdbSession): string => memoryMapXml(description, control.machine.addressSpace.flatView());

// ---- monitor

/** What it prints comes a line a packet, before the answer. */
function monitor(session: GdbSession, args: string): string | Promise<string> {
  const line = fromHex(args);
  if (!line) throw new GdbError(EINVAL);
  const { monitor: run } = session.options;
  if (!run) return '';
  const output = run(textOf(line));
  return output instanceof Promise ? output.then((text) => print(session, text)) : print(session, output);
}

function print(session: GdbSession, output: string): string {
  for (const [text] of output.matchAll(/[^\n]*\n|[^\n]+$/g))
    session.send(`O${toHex(new TextEncoder().encode(text.replace(/\r?\n$/, '\r\n')))}`);
  return OK;
}

// ---- settings of QEMU

/** What is recorded or replayed is stepped as it runs. */
const settable = ({ control: { machine } }: GdbSession): number => (machine.replay ? ENABLE : ENABLE | NO_IRQ | NO_TIMER);

function stepBitNames(session: GdbSession): string {
  const names = { ENABLE, NOIRQ: NO_IRQ, NOTIMER: NO_TIMER };
  const rows = Object.entries(names).filter(([, bit]) => (settable(session) & bit) !== 0);
  return rows.map(([name, bit]) => `${name}=${bit}`).join(',');
}

function stepBits({ control: { stepping } }: GdbSession): string {
  return `0x${(ENABLE | (stepping.noInterrupts ? NO_IRQ : 0) | (stepping.noTimers ? NO_TIMER : 0)).toString(16)}`;
}

function setStepBits(session: GdbSession, args: string): string {
  const { control } = session;
  const bits = /^[0-9a-f]{1,8}$/i.test(args) ? parseInt(args, 16) : NaN;
  if (Number.isNaN(bits) || (bits & ~settable(session)) !== 0) throw new GdbError(EINVAL);
  control.stepping = { noInterrupts: (bits & NO_IRQ) !== 0, noTimers: (bits & NO_TIMER) !== 0 };
  return OK;
}

function setPhysical(session: GdbSession, args: string): string {
  if (args !== '0' && args !== '1') throw new GdbError(EINVAL);
  session.physical = args === '1';
  return OK;
}
