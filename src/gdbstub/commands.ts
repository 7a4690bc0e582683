/** The packets that a debugger sends, as a table: the first row whose name the packet begins with. Source: GDB manual, "Packets". */
import type { DebugPoint, Resume } from '../system/control.js';
import type { CpuState } from '../hw/core/cpu.js';
import { fromHex, bytesOf, MAX_PACKET, toHex } from './packet.js';
import { QUERIES } from './queries.js';
import { EFAULT, EINVAL, GdbError } from './error.js';
import type { GdbSession } from './session.js';
import { matches, parseThreadId, PROCESS, type ThreadId } from './thread-id.js';

/** A character a byte; undefined: there is none, or not yet. */
export type Answer = string | undefined;

export interface Command {
  readonly name: string;
  /** The packet is no more than the name. */
  readonly exact?: boolean;
  /** Gets what follows the name. @throws GdbError */
  readonly run: (session: GdbSession, args: string) => Answer | Promise<Answer>;
}

const OK = 'OK';

export const COMMANDS: readonly Command[] = [
  { name: '!', exact: true, run: () => OK }, // extended mode
  { name: '?', exact: true, run: halted },
  { name: 'bs', exact: true, run: (session) => session.goBack((travel) => travel.reverseStep()) },
  { name: 'bc', exact: true, run: (session) => session.goBack((travel) => travel.reverseContinue()) },
  { name: 'c', run: (session, args) => resumeAt(session, args, 'run') },
  { name: 'C', run: (session, args) => resumeAt(session, args.replace(/^[^;]*;?/, ''), 'run') },
  { name: 's', run: (session, args) => resumeAt(session, args, 'step') },
  { name: 'S', run: (session, args) => resumeAt(session, args.replace(/^[^;]*;?/, ''), 'step') },
  { name: 'D', run: detach },
  { name: 'g', exact: true, run: readRegisters },
  { name: 'G', run: writeRegisters },
  { name: 'Hc', run: (session, args) => selectThread(session, args, (cpu) => (session.continueCpu = cpu)) },
  { name: 'Hg', run: (session, args) => selectThread(session, args, (cpu) => (session.generalCpu = cpu)) },
  { name: 'k', exact: true, run: (session) => void session.control.quit() },
  { name: 'm', run: readMemory },
  { name: 'M', run: (session, args) => writeMemory(session, args, fromHex) },
  { name: 'X', run: (session, args) => writeMemory(session, args, bytesOf) },
  { name: 'p', run: readRegister },
  { name: 'P', run: writeRegister },
  { name: 'T', run: isAlive },
  { name: 'Z', run: (session, args) => setPoint(args, (point) => session.control.points.insert(point)) },
  { name: 'z', run: (session, args) => setPoint(args, (point) => session.control.points.remove(point)) },
  { name: 'vCont?', exact: true, run: () => 'vCont;c;C;s;S' },
  { name: 'vCont;', run: resumeEach },
  { name: 'vCtrlC', exact: true, run: (session) => (session.interrupt(), OK) },
  { name: 'vAttach;', run: attach },
  { name: 'vKill;', run: kill },
  ...QUERIES,
];

/** The debugger begins: what an earlier one has set is gone. */
function halted(session: GdbSession): string {
  session.control.points.removeAll();
  return session.stopReply();
}

// ---- numbers

/** Hexadecimal, 64 bits at most. @throws GdbError */
function number(text: string | undefined): bigint {
  if (text === undefined || !/^[0-9a-f]{1,16}$/i.test(text)) throw new GdbError(EINVAL);
  return BigInt(`0x${text}`);
}

/** `address,length`. */
function range(text: string): { address: bigint; length: bigint } {
  const [address, length, ...rest] = text.split(',');
  if (rest.length > 0) throw new GdbError(EINVAL);
  return { address: number(address), length: number(length) };
}

function bytes(text: string): Uint8Array {
  const decoded = fromHex(text);
  if (decoded === undefined) throw new GdbError(EINVAL);
  return decoded;
}

// ---- running

/** `c`, `s`: all CPUs run, or the current one executes an instruction. A signal is nothing to a machine. */
function resumeAt(session: GdbSession, address: string, how: Resume): undefined {
  const cpu = session.continueCpu;
  if (address !== '') session.jump(cpu, number(address));
  session.resume((each) => (each === cpu ? how : 'run'));
}

/** `vCont;action[:thread];...`: of each CPU's actions the first counts; who has none stands still. */
function resumeEach(session: GdbSession, args: string): string | undefined {
  const actions = args.split(';').map((text): { how: Resume; thread: ThreadId } => {
    const [, action, , threadText] = /^([cCsS])([0-9a-f]*)(?::(.*))?$/i.exec(text) ?? [];
    const thread = threadText === undefined ? { process: PROCESS, thread: -1 } : parseThreadId(threadText);
    if (action === undefined || thread === undefined) throw new GdbError(EINVAL);
    return { how: action.toLowerCase() === 's' ? 'step' : 'run', thread };
  });
  const howOf = (cpu: CpuState): Resume => actions.find(({ thread }) => matches(thread, cpu.cpuIndex))?.how ?? 'hold';
  if (session.control.cpus.every((cpu) => howOf(cpu) === 'hold')) throw new GdbError(EINVAL);
  session.resume(howOf);
  return undefined;
}

/** `D` of all, or `D;process`. */
function detach(session: GdbSession, args: string): string {
  if (args === '' ? session.multiprocess : args[0] !== ';' || number(args.slice(1)) !== BigInt(PROCESS)) throw new GdbError(EINVAL);
  session.detach();
  return OK;
}

function attach(session: GdbSession, args: string): string {
  if (number(args) !== BigInt(PROCESS)) throw new GdbError(EINVAL);
  session.attached = true;
  return session.stopReply();
}

function kill(session: GdbSession, args: string): string {
  if (number(args) !== BigInt(PROCESS)) throw new GdbError(EINVAL);
  session.control.quit();
  return OK;
}

// ---- threads

/** Any and all name the first one. */
function selectThread(session: GdbSession, text: string, select: (cpu: CpuState) => void): string {
  const cpu = session.cpuOf(text);
  if (!cpu) throw new GdbError(EINVAL);
  if (!/^(p[^.]*\.)?(0|-1)$/.test(text)) select(cpu);
  return OK;
}

function isAlive(session: GdbSession, text: string): string {
  if (!session.cpuOf(text)) throw new GdbError(EINVAL);
  return OK;
}

// ---- registers

function readRegisters(session: GdbSession): string {
  return session.description.features[0].registers.map((each) => session.readRegister(each) ?? 'x'.repeat(each.bits / 4)).join('');
}

function writeRegisters(session: GdbSession, text: string): string {
  const values = bytes(text);
  let at = 0;
  for (const register of session.description.features[0].registers) {
    const end = at + register.bits / 8;
    if (end > values.length) break;
    session.writeRegister(register, values.subarray(at, end));
    at = end;
  }
  return OK;
}

function readRegister(session: GdbSession, text: string): string {
  const register = session.register(number(text));
  const value = register && session.readRegister(register);
  if (value === undefined) throw new GdbError(EFAULT);
  return value;
}

/** What cannot be written is left as it is, and gdb reads it again. */
function writeRegister(session: GdbSession, text: string): string {
  const [, name, value] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  const register = session.register(number(name));
  if (!register || !session.writeRegister(register, bytes(value))) throw new GdbError(EINVAL);
  return OK;
}

// ---- memory

function readMemory(session: GdbSession, text: string): string {
  const { address, length } = range(text);
  if (length > BigInt(MAX_PACKET / 2)) throw new GdbError(EINVAL);
  const into = new Uint8Array(Number(length));
  session.readMemory(address, into);
  return toHex(into);
}

function writeMemory(session: GdbSession, args: string, decode: (text: string) => Uint8Array | undefined): string {
  const colon = args.indexOf(':');
  const { address, length } = range(args.slice(0, colon));
  const data = decode(args.slice(colon + 1));
  if (colon < 0 || data === undefined || BigInt(data.length) !== length) throw new GdbError(EINVAL);
  session.writeMemory(address, data);
  return OK;
}

// ---- break- and watchpoints

/** By the packet's type: software and hardware breakpoints are one thing here, as memory is not changed for either. */
const POINTS: readonly DebugPoint['kind'][] = ['breakpoint', 'breakpoint', 'write', 'read', 'access'];

/** `type,address,length`; conditions and commands are the debugger's own. An empty answer: no such type. */
function setPoint(args: string, change: (point: DebugPoint) => boolean): string {
  const comma = args.indexOf(',');
  const type = number(args.slice(0, comma));
  const { address, length } = range(args.slice(comma + 1).replace(/;.*$/s, ''));
  if (type >= BigInt(POINTS.length)) return '';
  if (!change({ kind: POINTS[Number(type)], address, length })) throw new GdbError(EINVAL);
  return OK;
}
