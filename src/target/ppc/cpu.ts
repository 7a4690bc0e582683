/**
 * A PowerPC processor as a device: its engine is a vCPU of the accelerator, its state the env in linear memory. Inputs, by the numbers that QEMU has for
 * those of the 6xx bus: hard and soft reset, checkstop, machine check, system management interrupt, interrupt (MPC603e user's manual, 7.2.9).
 */
import * as X from '../../../assembly/target/ppc/shared/oea.js';
import * as E from '../../../assembly/target/ppc/shared/env.js';
import * as P from '../../../assembly/target/ppc/shared/ppc.js';
import { ENV } from '../../accel/tcg/env.js';
import { PPC } from './env.js';
import { TcgError } from '../../accel/tcg/errors.js';
import type { Vcpu, VcpuHooks } from '../../accel/tcg/vcpu.js';
import { ClockType, type Timer } from '../../hw/core/clock.js';
import type { ExitReason, ListedInsn } from '../../hw/core/cpu.js';
import { EngineCpu } from '../../hw/core/engine-cpu.js';
import type { GdbDescription } from '../../hw/core/gdb-registers.js';
import type { MachineState } from '../../hw/core/machine.js';
import { bool, buffer, u32, u64, u8, vmState } from '../../hw/core/vmstate.js';
import { defineType, type TypeInfo } from '../../qom/object.js';
import { ALIGNMENTS, SEARCHES, type PpcConfig } from './config.js';
import { describeException, EXCEPTION_NAMES } from './exception-names.js';
import { FAMILIES, featuresOf, type Family } from './families.js';
import { describeToGdb } from './gdb.js';
import { May, SPRS, type Spr } from './sprs.js';
import { tlbText } from './tlb-text.js';
import { ppcIsa } from './index.js';
import type { Disassembler } from '../target.js';

/** Inputs. */
export const PPC_INPUT = { hardReset: 0, softReset: 1, checkstop: 2, machineCheck: 3, smi: 4, interrupt: 5 } as const;
const INPUTS = 6;

/** What assembly/target/ppc/access/index.ts gives beside helpers. */
interface PpcExports {
  targetReset(env: number): void;
  ppcPostLoad(env: number): void;
  ppcHasWork(env: number): number;
  ppcSetLine(env: number, line: number, level: number): void;
  ppcMachineCheck(env: number, cause: number): void;
  ppcSoftReset(env: number): void;
  ppcTimerTick(env: number, ticks: bigint): void;
  ppcPmc(env: number, n: number, running: number): number;
  ppcPmuSettle(env: number, at: number): void;
  ppcPmuDistance(env: number): number;
  ppcPmuDueCycles(env: number): bigint;
  ppcPmuDueTicks(env: number): bigint;
  ppcCr(env: number): number;
  ppcSetCr(env: number, word: number): void;
  ppcXer(env: number): number;
  ppcSetXer(env: number, word: number): void;
  ppcFpscr(env: number): number;
  ppcSetFpscr(env: number, word: number): void;
  ppcSetMsr(env: number, value: number): void;
  helper_mfspr(env: number, spr: bigint): bigint;
  helper_mtspr(env: number, spr: bigint, value: bigint): void;
  helper_mtpmu(env: number, spr: bigint, value: bigint): void;
}

export interface PpcBoard {
  /** Hz. */
  readonly timebaseFrequency: number;
  /** Cycles of the processor in one of the bus; 1 if nothing is said. */
  readonly clockRatio?: number;
  /** Nothing that answers is a machine check (TEA), and not a load of zeros. */
  readonly busErrors?: boolean;
  /** What SPRs hold after a reset, by name, where pins of the board decide. */
  readonly registers?: Readonly<Record<string, number>>;
}

/** The vector of a hard reset, MSR[IP] being set (PEM, 6.4.1). */
const RESET_VECTOR = 0xfff0_0100;
const DECREMENTER_AT_RESET = 0xffff_ffffn;
const SECOND_NS = 1_000_000_000n;
/** The time base counts every fourth cycle of the bus (MPC750 user's manual, 2.3.2; PowerPC 604 user's manual, 1.3.2). */
const BUS_CYCLES = 4n;
/** What of the performance monitor no time and no instruction brings. */
const NEVER = 0xffff_ffff_ffff_ffffn;
const HID0_EMCP = 0x8000_0000;

export class PpcCpu extends EngineCpu {
  static override readonly type: TypeInfo = defineType('powerpc-cpu', EngineCpu, PpcCpu, {
    description: 'PowerPC processor',
    category: 'cpu',
  });

  static readonly vmState = vmState<PpcCpu>(
    'cpu',
    { version: 2, minVersion: 1, refuses: otherModel, preSave: (cpu) => cpu.settleMonitor(), postLoad: (cpu) => cpu.postLoad() },
    [
      u32('pvr'),
      u8('search'),
      u8('alignment', { since: 2 }),
      u64('pc'),
      bool('halted'),
      buffer('user'),
      buffer('supervisor'),
      buffer('registersOfModel'),
      buffer('tlb'),
    ],
  );

  override readonly vcpu: Vcpu;
  private readonly exports: PpcExports;
  private readonly sprs: readonly Spr[];
  /** For what comes first of the decrementer and the performance monitor. */
  private readonly timer: Timer;
  /** Hz: of the time base, and of the processor. */
  private readonly frequency: bigint;
  private readonly clockFrequency: bigint;
  private disassembler: Disassembler | undefined;
  private description: GdbDescription | undefined;

  constructor(
    private readonly machine: MachineState,
    readonly config: PpcConfig,
    private readonly board: PpcBoard,
  ) {
    super(machine.services);
    this.frequency = BigInt(board.timebaseFrequency);
    this.clockFrequency = this.frequency * BUS_CYCLES * BigInt(board.clockRatio ?? 1);
    this.sprs = SPRS[FAMILIES[config.family].sprs];
    const hooks: VcpuHooks = {
      dumpState: (fpu) => this.dumpState(fpu),
      memoryWritten: () => this.endReservation(),
      imports: {
        ticks: () => this.ticks(),
        decrementerUpdate: () => this.armTimer(),
        cycles: () => (this.now * this.clockFrequency) / SECOND_NS,
        pmuTimer: () => this.armTimer(),
        logTrap: (index: number, pc: bigint) => machine.log.mask('int', describeException(this.cpuIndex, index, pc)),
        checkstop: (cause: number, pc: bigint) => this.checkstop(`machine check, SRR1 ${hex(cause >>> 0)}, at ${hex(pc)}`),
        noSpr: (spr: number, isWrite: number) =>
          machine.log.mask(
            'guest_errors',
            `cpu ${this.cpuIndex}: ${isWrite ? 'write to' : 'read of'} invalid SPR ${spr} at ${hex(this.pc)}`,
          ),
      },
    };
    if (machine.accelerator === undefined) throw new TcgError('a PowerPC CPU needs an accelerator');
    this.vcpu = machine.accelerator.createVcpu(ppcIsa.name, config, hooks) as Vcpu;
    this.exports = this.vcpu.runtime.allExports as unknown as PpcExports;
    this.timer = this.newTimer(() => this.timerExpired(), ClockType.Virtual);
    this.initGpioIn(INPUTS, (n, level) => this.driveInput(n, level));
    configure(this.vcpu, config, board.busErrors);
  }

  /** Models are types in QEMU. */
  override get typeName(): string {
    return `${this.config.model}-powerpc-cpu`;
  }
  override get targetName(): string {
    return 'ppc';
  }

  override reset(): void {
    const { vcpu } = this;
    for (let n = 0; n < 32; n++) {
      vcpu.set(PPC.gpr, 0n, n);
      vcpu.set(PPC.fpr, 0n, n);
    }
    for (const { name, at, reset, isConfiguration } of this.sprs)
      if (typeof at === 'number' && !isConfiguration) vcpu.write32(at, this.board.registers?.[name] ?? reset);
    vcpu.set(PPC.timeOffset, -this.ticks());
    vcpu.set(PPC.decZero, this.ticks() + DECREMENTER_AT_RESET);
    this.exports.targetReset(this.env);
    this.armTimer();
  }

  // running

  /** No further than to where a counter becomes negative, the last instruction by itself: it is the one that SIA names. */
  override run(budget: number, contended = false): ExitReason {
    const { exports, env, vcpu } = this;
    if (vcpu.get(PPC.pmuWatched) === 0) return vcpu.exec(budget, contended);
    const distance = exports.ppcPmuDistance(env);
    const from = this.pc;
    const reason = vcpu.exec(Math.min(budget, Math.max(distance - 1, 1)), contended);
    exports.ppcPmuSettle(env, Number(distance === 1 ? from : this.pc));
    return reason;
  }
  override hasWork(): boolean {
    return this.exports.ppcHasWork(this.env) !== 0;
  }
  override endReservation(): void {
    this.vcpu.set(PPC.reserve, -1n);
  }

  private driveInput(n: number, level: number): void {
    const { exports, env } = this;
    if (n === PPC_INPUT.interrupt) exports.ppcSetLine(env, X.LINE_INT, level);
    else if (n === PPC_INPUT.smi) exports.ppcSetLine(env, X.LINE_SMI, level);
    else if (level === 0) return;
    else if (n === PPC_INPUT.softReset) exports.ppcSoftReset(env);
    else if (n === PPC_INPUT.hardReset) this.machine.requestReset('guest-reset');
    else if (n === PPC_INPUT.checkstop) this.checkstop('asked for from outside');
    else if ((this.vcpu.get(PPC.hid0) & HID0_EMCP) !== 0) exports.ppcMachineCheck(env, X.SRR1_MCP);
    if (level !== 0) this.interrupted();
  }

  /** Nothing goes on from there but by a reset (PEM, 6.4.2). */
  private checkstop(why: string): void {
    this.machine.log.write(`wemu: cpu ${this.cpuIndex}: checkstop: ${why}\n`);
    this.machine.requestShutdown('guest-panic', 1);
  }

  // time

  private ticks(): bigint {
    return (this.now * this.frequency) / SECOND_NS;
  }
  /** When a tick has come, ns. */
  private timeOf(ticks: bigint, frequency = this.frequency): bigint {
    return (ticks * SECOND_NS + frequency - 1n) / frequency;
  }
  private armTimer(): void {
    const first = [this.decrementerDue(), ...this.monitorDue()].reduce((a, b) => (a < b ? a : b));
    // A slice ends when a timer is set: setting it to what it is would end each.
    if (this.timer.expireTime !== first) this.timer.modNs(first);
  }
  /** The tick after the one at which it is zero. */
  private decrementerDue(): bigint {
    return this.timeOf(this.vcpu.get(PPC.decZero) + 1n);
  }
  /** When time brings something to the performance monitor. */
  private monitorDue(): bigint[] {
    const { exports, env } = this;
    // each write of the decrementer comes here, and hardly a guest uses the monitor
    if (this.vcpu.get(PPC.pmuWatched) === 0) return [];
    const cycle = BigInt.asUintN(64, exports.ppcPmuDueCycles(env));
    const tick = BigInt.asUintN(64, exports.ppcPmuDueTicks(env));
    return [...(cycle === NEVER ? [] : [this.timeOf(cycle, this.clockFrequency)]), ...(tick === NEVER ? [] : [this.timeOf(tick)])];
  }
  private timerExpired(): void {
    this.exports.ppcTimerTick(this.env, this.ticks());
    this.settleMonitor();
    this.armTimer();
    this.interrupted();
  }
  /** Counters' cells have their values. */
  private settleMonitor(): void {
    this.exports.ppcPmuSettle(this.env, Number(this.pc));
  }

  override get exceptionTaken(): { readonly code: number; readonly name: string } {
    const code = Number(this.pc & 0xffffn);
    return { code, name: EXCEPTION_NAMES.get(code) ?? 'unknown' };
  }
  override get exceptionNames(): ReadonlyMap<number, string> {
    return EXCEPTION_NAMES;
  }

  // registers

  override get pc(): bigint {
    return this.vcpu.get(ENV.pc);
  }
  override set pc(value: bigint) {
    this.vcpu.set(ENV.pc, BigInt.asUintN(32, value));
  }

  override registers(): [name: string, value: bigint][] {
    const names = [
      ...['pc', 'msr', 'cr', 'fpscr'],
      ...numbered('r', 32),
      ...numbered('f', 32),
      ...numbered('sr', 16),
      ...this.sprs.map(({ name }) => name.toLowerCase()),
    ];
    return names.map((name) => [name, this.readRegister(name)!]);
  }

  override get gdb(): GdbDescription {
    return (this.description ??= describeToGdb(this.sprs));
  }

  /** By name: pc, msr, r5, sp (as the ABI calls r1), f10, sr3, any SPR of the model. */
  override readRegister(name: string): bigint | undefined {
    const { exports, env, vcpu } = this;
    const array = arrayCell(ABI_NAMES[name] ?? name);
    if (array) return array.wide ? vcpu.read64(array.at) : BigInt(vcpu.read32(array.at));
    if (name === 'pc') return this.pc;
    if (name === 'msr') return BigInt(vcpu.get(PPC.msr));
    if (name === 'cr') return unsigned(exports.ppcCr(env));
    if (name === 'fpscr') return unsigned(exports.ppcFpscr(env));
    const spr = this.spr(name);
    return spr && this.readSpr(spr);
  }

  override writeRegister(given: string, value: bigint): boolean {
    const { exports, env, vcpu } = this;
    const name = ABI_NAMES[given] ?? given;
    const array = arrayCell(name);
    const word = Number(BigInt.asUintN(32, value));
    if (array?.wide) vcpu.write64(array.at, name.startsWith('r') ? BigInt(word) : value);
    else if (array) vcpu.write32(array.at, word);
    else if (name === 'pc') this.pc = value;
    else if (name === 'msr') exports.ppcSetMsr(env, word);
    else if (name === 'cr') exports.ppcSetCr(env, word);
    else if (name === 'fpscr') exports.ppcSetFpscr(env, word);
    else return this.writeSpr(name, word);
    if (name.startsWith('sr')) exports.ppcPostLoad(env);
    return true;
  }

  private spr(name: string): Spr | undefined {
    const wanted = name.toUpperCase();
    return this.sprs.find((each) => each.name === wanted);
  }

  private readSpr({ at, number, isCounter }: Spr): bigint {
    const { exports, env, vcpu } = this;
    if (isCounter) return unsigned(exports.ppcPmc(env, ((at as number) - E.PPC_PMC) / 4, 0));
    if (at === 'xer') return unsigned(exports.ppcXer(env));
    if (at === 'lr') return vcpu.get(PPC.lr);
    if (at === 'ctr') return vcpu.get(PPC.ctr);
    return at === 'helper' ? BigInt.asUintN(32, exports.helper_mfspr(env, BigInt(number))) : BigInt(vcpu.read32(at));
  }

  /** As mtspr of a supervisor would. */
  private writeSpr(name: string, word: number): boolean {
    const { exports, env, vcpu } = this;
    const wanted = name.toUpperCase();
    const spr = this.sprs.find((each) => each.name === wanted && each.supervisor === May.Write);
    if (!spr) return false;
    const value = (word & spr.mask) >>> 0;
    if (spr.at === 'xer') exports.ppcSetXer(env, value);
    else if (spr.at === 'lr') vcpu.set(PPC.lr, BigInt(value));
    else if (spr.at === 'ctr') vcpu.set(PPC.ctr, BigInt(value));
    else if (spr.isMonitor) exports.helper_mtpmu(env, BigInt(spr.number), BigInt(value));
    else if (spr.effect || spr.at === 'helper') exports.helper_mtspr(env, BigInt(spr.number), BigInt(value));
    else vcpu.write32(spr.at, value);
    return true;
  }

  // snapshots

  /** Of which model they are: not to be changed. */
  get pvr(): number {
    return this.config.pvr;
  }
  set pvr(_: number) {}
  get search(): number {
    return SEARCHES.indexOf(this.config.search);
  }
  set search(_: number) {}
  get alignment(): number {
    return ALIGNMENTS.indexOf(this.config.alignment);
  }
  set alignment(_: number) {}

  /** Its part of env, as it is, but for its configuration. */
  get user(): Uint8Array {
    return this.part(E.PPC_GPR, E.PPC_RESET_MSR);
  }
  get supervisor(): Uint8Array {
    return this.part(E.PPC_SRR0, E.PPC_MSR_MASK);
  }
  get registersOfModel(): Uint8Array {
    return this.part(E.PPC_PENDING, E.PPC_STATE_END);
  }
  get tlb(): Uint8Array {
    return this.part(E.PPC_TLB, E.PPC_TLB_END);
  }
  private part(from: number, to: number): Uint8Array {
    const { buffer, byteOffset } = this.vcpu.state;
    return new Uint8Array(buffer, byteOffset + from, to - from);
  }
  private postLoad(): void {
    this.exports.ppcPostLoad(this.env);
  }

  override tlbText(): string {
    const register = (name: string): number | undefined => {
      const value = this.readRegister(name);
      return value === undefined ? undefined : Number(value);
    };
    const entries = (this.vcpu.get(PPC.features) & X.FEATURE_SOFTWARE_TLB) === 0 ? undefined : this.tlb;
    return tlbText({ register, entries, sets: this.vcpu.get(PPC.tlbSets) });
  }

  override translateDebug(address: bigint): number | undefined {
    return this.vcpu.translateDebug(address);
  }
  override disassemble(bytes: Uint8Array, pc: bigint): ListedInsn | undefined {
    return (this.disassembler ??= ppcIsa.createDisassembler(this.config))(bytes, pc, this.vcpu.get(PPC.msr) & P.MSR_LE ? P.TBF_LE : 0);
  }

  /** `info registers`, in the layout of QEMU's. */
  override dumpState(fpu = true): string {
    const value = (name: string): string => (this.readRegister(name) ?? 0n).toString(16);
    const word = (name: string): string => value(name).padStart(8, '0');
    const rows = (title: string, prefix: string): string[] =>
      Array.from({ length: 8 }, (_, row) => {
        const cells = [0, 1, 2, 3].map((i) => value(`${prefix}${4 * row + i}`).padStart(16, '0'));
        return `${title}${String(4 * row).padStart(2, '0')} ${cells.join(' ')}`;
      });
    const fields = [...word('cr')].map((digit) => {
      const bits = Number.parseInt(digit, 16);
      return `${bits & 8 ? 'L' : bits & 4 ? 'G' : bits & 2 ? 'E' : '-'}${bits & 1 ? 'O' : ' '}`;
    });
    const reservation = BigInt.asUintN(32, this.vcpu.get(PPC.reserve)).toString(16).padStart(8, '0');
    return [
      `NIP ${word('pc')}   LR ${word('lr')} CTR ${word('ctr')} XER ${word('xer')} CPU#${this.cpuIndex}`,
      `MSR ${word('msr')} HID0 ${word('hid0')}`,
      `TB ${word('tbu')} ${word('tbl')} DECR ${this.readRegister('dec')}`,
      ...rows('GPR', 'r'),
      `CR ${word('cr')}  [ ${fields.join(' ')} ]     RES ${reservation}`,
      ...(fpu ? [...rows('FPR', 'f'), `FPSCR ${word('fpscr')}`] : []),
      ` SRR0 ${word('srr0')}  SRR1 ${word('srr1')}    PVR ${word('pvr')}`,
      `SPRG0 ${word('sprg0')} SPRG1 ${word('sprg1')}  SPRG2 ${word('sprg2')}  SPRG3 ${word('sprg3')}`,
      ` SDR1 ${word('sdr1')}   DAR ${word('dar')}  DSISR ${word('dsisr')}`,
    ].join('\n');
  }
}

/** Puts the configuration into the env, once, before the first reset. */
export function configure(vcpu: Vcpu, config: PpcConfig, busErrors = false): void {
  const family: Family = FAMILIES[config.family];
  vcpu.set(PPC.features, featuresOf(family, config) | (busErrors ? X.FEATURE_BUS_ERROR : 0));
  vcpu.set(PPC.msrMask, family.msr);
  vcpu.set(PPC.tlbSets, family.tlbSets);
  vcpu.set(PPC.pvr, config.pvr);
  vcpu.set(PPC.resetMsr, P.MSR_IP);
  vcpu.set(PPC.resetVector, BigInt(RESET_VECTOR));
}

/** Why what is to be loaded is not for this CPU. */
function otherModel({ config, pvr, search, alignment }: PpcCpu): string | undefined {
  if (pvr !== config.pvr || SEARCHES[search] !== config.search)
    return `the CPU is another one: its PVR is ${hex(pvr)}, here ${hex(config.pvr)}`;
  if (ALIGNMENTS[alignment] !== config.alignment) return `the CPU has 'alignment=${ALIGNMENTS[alignment]}', here '${config.alignment}'`;
  return undefined;
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const unsigned = (word: number): bigint => BigInt(word >>> 0);
const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

/** System V ABI, PowerPC supplement, 3-1. */
const ABI_NAMES: Readonly<Record<string, string>> = { sp: 'r1' };

/** Where `r5`, `f10`, `sr3` are; undefined: it is none of them. */
function arrayCell(name: string): { readonly at: number; readonly wide: boolean } | undefined {
  const match = /^(r|f|sr)(\d{1,2})$/.exec(name);
  if (match === null) return undefined;
  const n = Number(match[2]);
  if (match[1] === 'sr') return n < 16 ? { at: E.PPC_SR + 4 * n, wide: false } : undefined;
  return n < 32 ? { at: (match[1] === 'r' ? E.PPC_GPR : E.PPC_FPR) + 8 * n, wide: true } : undefined;
}
