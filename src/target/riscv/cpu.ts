/**
 * A RISC-V hart as a device: its engine is a vCPU of the accelerator, its state the env in linear memory. Inputs: GPIO 0..15 are
 * the interrupts of that number in mip (privileged ISA manual, "Machine Interrupt (mip and mie) Registers").
 */
import * as X from '../../../assembly/target/riscv/shared/riscv.js';
import { ENV } from '../../accel/tcg/env.js';
import { TcgError } from '../../accel/tcg/errors.js';
import type { Vcpu, VcpuHooks } from '../../accel/tcg/vcpu.js';
import { ExitReason, type CoreDescription, type ListedInsn, type Mapping } from '../../hw/core/cpu.js';
import { EngineCpu } from '../../hw/core/engine-cpu.js';
import type { Timer } from '../../hw/core/clock.js';
import { bool, struct, u64, vmState } from '../../hw/core/vmstate.js';
import { defineType, type TypeInfo } from '../../qom/object.js';
import { uint64 } from '../../qom/property.js';
import type { MachineState } from '../../hw/core/machine.js';
import { hasExtension, isaExtensions, isaString, mmuType, type CpuConfig } from './config.js';
import { describeTrap, EXCEPTION_NAMES, trapName } from './trap-names.js';
import { RiscvSemihosting } from './semihosting.js';
import { DUMPED_CSRS, LISTED_CSRS } from './cpu-registers.js';
import type { GdbDescription } from '../../hw/core/gdb-registers.js';
import { CSR_NUMBERS } from './csr-names.js';
import { HART } from './env.js';
import { HART_STATE } from './hart-state.js';
import type { Disassembler } from '../target.js';
import { F_NAMES, X_NAMES } from './disas.js';
import { riscvIsa } from './index.js';
import { mappingsOf, mappingsText } from './mappings.js';
import { coreDescription } from './core-file.js';
import { gdbDescription } from './gdb.js';
import { hex, traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({
  riscv_trap: (hart: number, isAsync: boolean, cause: bigint, epc: bigint, tval: bigint, text: string) =>
    `hart:${hart}, async:${isAsync ? 1 : 0}, cause:${hex(cause, 16)}, epc:${hex(epc)}, tval:${hex(tval)}, desc=${text}`,
});

/** What assembly/target/riscv/access/index.ts gives beside helpers. */
interface RiscvExports {
  riscvInit(env: number): void;
  riscvReset(env: number): void;
  riscvPostLoad(env: number): void;
  riscvUpdateMip(env: number, mask: number, value: number): void;
  riscvUpdateRnmi(env: number, level: number): void;
  riscvOverflowDistance(env: number): number;
  riscvSettleOverflows(env: number): void;
  riscvTimerTick(env: number, now: bigint): void;
  riscvHasWork(env: number): number;
  riscvCsrExists(env: number, csr: number): number;
  riscvCsrRead(env: number, csr: number): bigint;
  riscvCsrWrite(env: number, csr: number, value: bigint): void;
}

/** What assembly/target/riscv/host.ts asks for. */
interface RiscvImports extends Record<string, (...args: never[]) => unknown> {
  rdtime(): bigint;
  entropy(): number;
  timerUpdate(): void;
  logTrap(cause: bigint, epc: bigint, tval: bigint): void;
  imsicTop(supervisor: number, claim: number): number;
  imsicRead(supervisor: number, select: number): bigint;
  imsicWrite(supervisor: number, select: number, value: bigint): void;
  criticalError(cause: bigint, epc: bigint): void;
}

/** An interrupt file of an IMSIC, as the hart sees it through its CSRs (AIA, "Incoming MSI Controller"). */
export interface InterruptFile {
  /** mtopei or stopei; `claim`: what it shows is pending no longer. */
  top(claim: boolean): number;
  /** A register by its number behind miselect or siselect, 0x70 to 0xff: `width` bits of it. */
  read(select: number, width: 32 | 64): bigint;
  write(select: number, value: bigint, width: 32 | 64): void;
}

/** Where `time` comes from: the board's mtimer. */
export interface TimeSource {
  time(): bigint;
  /** When mtime reaches `target`: ns of the virtual clock. */
  deadline(target: bigint): bigint;
  /** mtime was set. */
  onTimeSet(listener: () => void): void;
}

/** How the device tree describes a hart (Linux, Documentation/devicetree/bindings/riscv/{cpus,extensions}.yaml). */
export interface HartDescription {
  readonly xlen: 32 | 64;
  /** `rv64imafdc_zicbom_...` */
  readonly isa: string;
  /** Single-letter and multi-letter extensions in canonical order: `riscv,isa-extensions`. */
  readonly extensions: readonly string[];
  /** `riscv,sv57`, ...; undefined: no MMU. */
  readonly mmuType?: string;
  /** Bytes; undefined: the extension is off. */
  readonly cbomBlockSize?: number;
  readonly cbozBlockSize?: number;
  readonly cbopBlockSize?: number;
  /** Programmable event counters (mhpmcounter3...) as a bit mask; undefined: no `pmu` node. */
  readonly pmuMask?: number;
}

const CACHE_BLOCK = 64;
/** hpmcounter3 to 18, as in QEMU. */
const PMU_MASK = 0x7fff8;
const MIP_LINES = 16;
/** Of an ecall in U-mode, with Linux's convention: the number in a7, arguments from a0 on. */
const CAUSE_U_ECALL = 8n;
const S_MODE = 1;
const RESERVED_MODE = 2;
const NO_RESERVATION = -1n;

export class RiscvCpu extends EngineCpu {
  static override readonly type: TypeInfo = defineType('riscv-cpu', EngineCpu, RiscvCpu, {
    description: 'RISC-V hart',
    category: 'cpu',
    properties: [uint64('resetvec', { field: 'resetVector', description: 'pc after reset' })],
  });

  static readonly vmState = vmState<RiscvCpu>('cpu', { version: 2, postLoad: (cpu) => cpu.postLoad() }, [
    u64('pc'),
    bool('halted'),
    struct('vcpu', HART_STATE),
  ]);

  readonly description: HartDescription;
  resetVector: bigint;
  /** The last run was of its host's, not of guest code. */
  private served = false;
  override readonly vcpu: Vcpu;
  private readonly exports: RiscvExports;
  private readonly stimer: Timer;
  private gdbRegisters: GdbDescription | undefined;
  private timeSource: TimeSource | undefined;
  /** Of M-mode and of S-mode. */
  private imsic: readonly [InterruptFile, InterruptFile] | undefined;
  private readonly semihosting: RiscvSemihosting | undefined;

  /** For who looks at code. */
  private disassembler: Disassembler | undefined;

  constructor(
    private readonly machine: MachineState,
    readonly config: CpuConfig,
    readonly hartid: number,
    resetVector: bigint | number,
  ) {
    super(machine.services);
    this.resetVector = BigInt(resetVector);
    this.description = describe(config);
    const hooks: VcpuHooks = {
      trapEvent: TRACE.riscv_trap.name,
      dumpState: (fpu) => this.dumpState(fpu),
      memoryWritten: () => this.endReservation(),
      imports: {
        rdtime: () => this.timeSource?.time() ?? 0n,
        entropy: () => new DataView(machine.randomBytes(2).buffer).getUint16(0),
        timerUpdate: () => this.updateStimer(),
        logTrap: (cause: bigint, epc: bigint, tval: bigint) => {
          if (cause === CAUSE_U_ECALL)
            this.onSyscall?.(
              this.x(17),
              [10, 11, 12, 13, 14, 15].map((i) => this.x(i)),
            );
          if (machine.log.traces) this.traceTrap(cause, epc, tval);
          if (machine.log.has('int')) machine.log.mask('int', describeTrap(this.hartid, config.xlen, cause, epc, tval));
        },
        imsicTop: (supervisor: number, claim: number) => this.imsic![supervisor].top(claim !== 0),
        imsicRead: (supervisor: number, select: number) => this.imsic![supervisor].read(select, config.xlen),
        imsicWrite: (supervisor: number, select: number, value: bigint) => this.imsic![supervisor].write(select, value, config.xlen),
        criticalError: (cause: bigint, epc: bigint) => {
          const what = describeTrap(this.hartid, config.xlen, cause, epc, 0n);
          machine.log.write(`wemu: critical error, a trap in M-mode's trap handler: ${what}\n`);
          machine.requestShutdown('guest-panic', 1);
        },
      } satisfies RiscvImports,
    };
    if (machine.accelerator === undefined) throw new TcgError('a RISC-V CPU needs an accelerator');
    this.vcpu = machine.accelerator.createVcpu(riscvIsa.name, config, hooks) as Vcpu;
    this.exports = this.vcpu.runtime.allExports as unknown as RiscvExports;
    this.stimer = this.newTimer(() => this.updateStimer());
    this.initGpioIn(MIP_LINES, (n, level) => this.driveLine(1 << n, level));
    this.initGpioIn(1, (_, level) => this.driveRnmi(level), 'rnmi');
    this.configure();
    const { semihosting, addressSpace } = machine;
    this.semihosting = semihosting && new RiscvSemihosting(semihosting, this.vcpu, addressSpace, config.xlen);
  }

  /** Models are types in QEMU. */
  override get typeName(): string {
    return `${this.config.model}-riscv-cpu`;
  }

  override get targetName(): string {
    return `riscv${this.config.xlen}`;
  }
  override get exceptionTaken(): { readonly code: number; readonly name: string } {
    const cause = BigInt.asUintN(this.config.xlen, this.vcpu.get(this.vcpu.get(HART.priv) === S_MODE ? HART.scause : HART.mcause));
    return { code: Number(BigInt.asUintN(this.config.xlen - 1, cause)), name: trapName(this.config.xlen, cause) };
  }
  override get exceptionNames(): ReadonlyMap<number, string> {
    return EXCEPTION_NAMES;
  }

  private traceTrap(cause: bigint, epc: bigint, tval: bigint): void {
    const { xlen } = this.config;
    const [all, from, value] = [cause, epc, tval].map((each) => BigInt.asUintN(xlen, each));
    const code = BigInt.asUintN(xlen - 1, all);
    this.trace(TRACE.riscv_trap, this.hartid, code !== all, code, from, value, trapName(xlen, all));
  }

  /** Puts the configuration into the env, once. */
  private configure(): void {
    const { config, vcpu } = this;
    vcpu.set(HART.xlen, config.xlen);
    const [e0, e1, e2, e3] = config.extensions.map((word) => BigInt(word >>> 0));
    vcpu.set(HART.ext, e0 | (e1 << 32n), 0);
    vcpu.set(HART.ext, e2 | (e3 << 32n), 1);
    vcpu.set(HART.maxSatpMode, config.satpMode);
    vcpu.set(HART.pmpCount, config.pmpCount);
    vcpu.set(HART.privVersion, config.privVersion);
    vcpu.set(HART.mhartid, BigInt(this.hartid));
    vcpu.set(HART.mvendorid, BigInt(config.mvendorid));
    vcpu.set(HART.marchid, BigInt(config.marchid));
    vcpu.set(HART.mimpid, BigInt(config.mimpid));
    vcpu.set(HART.resetVec, this.resetVector);
    this.exports.riscvInit(this.env);
  }

  override reset(): void {
    const { vcpu } = this;
    this.semihosting?.drop();
    for (let i = 0; i < 32; i++) {
      vcpu.set(HART.x, 0n, i);
      vcpu.set(HART.f, 0n, i);
    }
    vcpu.set(HART.resetVec, this.resetVector);
    this.exports.riscvReset(this.env);
    this.updateStimer();
  }

  // running

  override run(budget: number, contended = false): ExitReason {
    const { semihosting, vcpu } = this;
    this.served = semihosting?.isBusy === true;
    const watched = vcpu.get(HART.overflowing) !== 0;
    const limit = watched ? Math.min(budget, this.exports.riscvOverflowDistance(this.env)) : budget;
    const reason: ExitReason = this.served ? ExitReason.Semihosting : vcpu.exec(limit, contended);
    if (watched) this.exports.riscvSettleOverflows(this.env);
    if (reason !== ExitReason.Semihosting) return reason;
    const from = this.pc;
    semihosting?.step();
    if (semihosting?.isBusy === false) this.onHostcall?.(from, this.pc);
    return vcpu.isSingleStepping && semihosting?.isBusy === false ? ExitReason.Debug : reason;
  }
  override get budgetUsed(): number {
    return this.served ? 0 : this.vcpu.used;
  }
  override hasWork(): boolean {
    return this.exports.riscvHasWork(this.env) !== 0;
  }
  private driveLine(mask: number, level: number): void {
    this.exports.riscvUpdateMip(this.env, mask, level ? mask : 0);
    if (level) this.interrupted();
  }
  private driveRnmi(level: number): void {
    this.exports.riscvUpdateRnmi(this.env, level ? 1 : 0);
    if (level) this.interrupted();
  }
  override endReservation(): void {
    this.vcpu.set(HART.loadRes, NO_RESERVATION);
  }

  /** Gives the hart its IMSIC. */
  setImsic(machine: InterruptFile, supervisor: InterruptFile): void {
    this.imsic = [machine, supervisor];
    this.vcpu.set(HART.imsic, 1);
  }

  // time

  setTimeSource(source: TimeSource): void {
    this.timeSource = source;
    source.onTimeSet(() => this.updateStimer());
  }

  /**
   * Drives STIP and arms the timer of stimecmp, both by one look at the clock: a target between two looks would be lost. Time may also have gone
   * back: STIP falls. Without Sstc a late tick does nothing.
   */
  private updateStimer(): void {
    const target = this.vcpu.get(HART.stimecmp);
    this.stimer.del();
    if (this.timeSource === undefined || !hasExtension(this.config, X.RVX_SSTC)) return;
    const now = this.timeSource.time();
    this.exports.riscvTimerTick(this.env, now);
    if (target > now) this.stimer.modNs(this.timeSource.deadline(target));
    else this.interrupted();
  }

  override get gdb(): GdbDescription {
    const { config } = this;
    const flen = !this.hasFp ? 0 : hasExtension(config, X.RVX_D) ? 64 : 32;
    const hasCsr = (csr: number): boolean => this.exports.riscvCsrExists(this.env, csr) !== 0;
    return (this.gdbRegisters ??= gdbDescription({ xlen: config.xlen, flen, hasMmu: this.description.mmuType !== undefined, hasCsr }));
  }

  // registers

  override get pc(): bigint {
    return this.vcpu.get(ENV.pc);
  }
  override set pc(value: bigint) {
    this.vcpu.set(ENV.pc, BigInt.asUintN(this.config.xlen, value));
  }

  override registers(): [name: string, value: bigint][] {
    const list: [string, bigint][] = [['pc', this.pc]];
    for (let i = 0; i < 32; i++) list.push([`x${i}`, this.x(i)]);
    if (this.hasFp) for (let i = 0; i < 32; i++) list.push([`f${i}`, this.vcpu.get(HART.f, i)]);
    for (const [name, csr] of this.listed(LISTED_CSRS)) list.push([name, this.readCsr(csr)]);
    return list;
  }

  /** By name: pc, x5 or t0, f10 or fa0, any CSR. */
  override readRegister(name: string): bigint | undefined {
    if (name === 'pc') return this.pc;
    if (name === 'priv') return BigInt(this.vcpu.get(HART.priv));
    const x = registerNumber(name, 'x', X_NAMES);
    if (x >= 0) return this.x(x);
    const f = registerNumber(name, 'f', F_NAMES);
    if (f >= 0) return this.vcpu.get(HART.f, f);
    const csr = CSR_NUMBERS.get(name);
    return csr === undefined ? undefined : this.readCsr(csr);
  }

  override writeRegister(name: string, value: bigint): boolean {
    const x = registerNumber(name, 'x', X_NAMES);
    const f = registerNumber(name, 'f', F_NAMES);
    const csr = CSR_NUMBERS.get(name);
    if (name === 'pc') this.pc = value;
    else if (x >= 0) this.setX(x, value);
    else if (f >= 0) this.vcpu.set(HART.f, value, f);
    else if (csr !== undefined) this.exports.riscvCsrWrite(this.env, csr, value);
    else if (name === 'priv') this.setPrivilege(Number(value & 3n));
    else return false;
    return true;
  }

  /** The reserved mode is taken for S, as in QEMU. What is made from it is made anew. */
  private setPrivilege(mode: number): void {
    this.vcpu.set(HART.priv, mode === RESERVED_MODE ? S_MODE : mode);
    this.exports.riscvPostLoad(this.env);
  }

  override translateDebug(address: bigint): number | undefined {
    return this.vcpu.translateDebug(address);
  }

  override disassemble(bytes: Uint8Array, pc: bigint): ListedInsn | undefined {
    return (this.disassembler ??= riscvIsa.createDisassembler(this.config))(bytes, pc, 0);
  }
  override mappingsText(): string {
    const mappings = this.mappings();
    return mappings ? mappingsText(this.config.xlen, mappings) : 'No translation or protection\n';
  }
  override mappings(): Mapping[] | undefined {
    if (!hasExtension(this.config, X.RVX_S)) return undefined;
    const { dma } = this.machine.services;
    return mappingsOf(this.config.xlen, this.readCsr(CSR_NUMBERS.get('satp')!), (address, size) => dma.read(Number(address), size));
  }
  override coreDescription(): CoreDescription {
    return coreDescription(this.config, this.cpuIndex, this.pc, (i) => this.x(i));
  }

  /** `info registers`, in the layout of QEMU's. */
  override dumpState(fpu = true): string {
    const hex = (value: bigint, bits: number): string =>
      BigInt.asUintN(bits, value)
        .toString(16)
        .padStart(bits / 4, '0');
    const { xlen } = this.config;
    const lines = [['pc', this.pc] as const, ...this.listed(DUMPED_CSRS).map(([name, csr]) => [name, this.readCsr(csr)] as const)].map(
      ([name, value]) => ` ${name.padEnd(8)} ${hex(value, xlen)}`,
    );
    const table = (prefix: string, names: readonly string[], width: number, value: (i: number) => bigint): void => {
      for (let row = 0; row < 32; row += 4) {
        const cells = [0, 1, 2, 3].map((i) => `${`${prefix}${row + i}/${names[row + i]}`.padEnd(8)} ${hex(value(row + i), width)}`);
        lines.push(` ${cells.join(' ')}`);
      }
    };
    table('x', X_NAMES, xlen, (i) => this.x(i));
    if (fpu && this.hasFp) table('f', F_NAMES, 64, (i) => this.vcpu.get(HART.f, i));
    return lines.join('\n');
  }

  private get hasFp(): boolean {
    return hasExtension(this.config, X.RVX_F);
  }

  /** The CSRs of a list that this hart has (as far as its extensions decide). */
  private listed(names: readonly string[]): [name: string, csr: number][] {
    const missing = (name: string): boolean =>
      (/^(f|frm)/.test(name) && !this.hasFp) ||
      (/^(s|medeleg|mideleg)/.test(name) && !hasExtension(this.config, X.RVX_S)) ||
      (name === 'mstatush' && this.config.xlen === 64);
    return names.filter((name) => !missing(name)).map((name) => [name, CSR_NUMBERS.get(name)!]);
  }

  private readCsr(csr: number): bigint {
    return BigInt.asUintN(this.config.xlen, this.exports.riscvCsrRead(this.env, csr));
  }
  private x(i: number): bigint {
    return i === 0 ? 0n : BigInt.asUintN(this.config.xlen, this.vcpu.get(HART.x, i));
  }
  /** RV32 registers are held sign-extended. */
  private setX(i: number, value: bigint): void {
    if (i !== 0) this.vcpu.set(HART.x, BigInt.asIntN(this.config.xlen, value), i);
  }

  // snapshots

  override unsavable(): string | undefined {
    return this.semihosting?.isBusy ? `hart ${this.hartid} is in the middle of a semihosting call` : undefined;
  }

  private postLoad(): void {
    this.semihosting?.drop();
    this.exports.riscvPostLoad(this.env);
  }
}

/** 5 for x5 or t0, -1 if it is none. */
function registerNumber(name: string, prefix: string, abiNames: readonly string[]): number {
  const match = new RegExp(`^${prefix}(\\d+)$`).exec(name);
  if (match !== null && Number(match[1]) < 32) return Number(match[1]);
  return name === 'fp' && prefix === 'x' ? 8 : abiNames.indexOf(name);
}

export function describe(config: CpuConfig): HartDescription {
  const block = (bit: number): number | undefined => (hasExtension(config, bit) ? CACHE_BLOCK : undefined);
  return {
    xlen: config.xlen,
    isa: isaString(config),
    extensions: isaExtensions(config),
    mmuType: mmuType(config),
    cbomBlockSize: block(X.RVX_ZICBOM),
    cbozBlockSize: block(X.RVX_ZICBOZ),
    cbopBlockSize: block(X.RVX_ZICBOP),
    pmuMask: hasExtension(config, X.RVX_ZIHPM) ? PMU_MASK : undefined,
  };
}
