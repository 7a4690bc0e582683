/** A hart's side of semihosting. Source: "RISC-V Semihosting": the operation is in a0, its parameter in a1, and the answer comes to a0. */
import { TLB_KIND_READ, TLB_KIND_WRITE } from '../../../assembly/shared/layout.js';
import { PAGE_BITS } from '../../../assembly/target/riscv/shared/traits.js';
import { ENV } from '../../accel/tcg/env.js';
import type { Vcpu } from '../../accel/tcg/vcpu.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { MemTxResult } from '../../memory/access.js';
import type { Semihosting } from '../../semihosting/semihosting.js';
import type { SemihostingGuest } from '../../semihosting/services.js';
import { HART } from './env.js';

const PAGE_SIZE = 1 << PAGE_BITS;

const [A0, A1] = [10, 11];
/** Bytes of the ebreak. */
const INSN_SIZE = 4;
const [U, S, M] = [1 << 0, 1 << 1, 1 << 3];

export class RiscvSemihosting implements SemihostingGuest {
  readonly wordSize: 4 | 8;
  /** The call that is being served: the hart stays at its ebreak. */
  private pending: Iterator<undefined, bigint> | undefined;

  constructor(
    private readonly semihosting: Semihosting,
    private readonly vcpu: Vcpu,
    private readonly memory: AddressSpace,
    private readonly xlen: 32 | 64,
  ) {
    this.wordSize = xlen === 32 ? 4 : 8;
    vcpu.set(HART.semihosting, M | S | (semihosting.config.userspace === true ? U : 0));
  }

  get isBusy(): boolean {
    return this.pending !== undefined;
  }

  /** Begins the call that the hart has come to, or goes on with it. */
  step(): void {
    const { vcpu, xlen } = this;
    const parameter = BigInt.asUintN(xlen, vcpu.get(HART.x, A1));
    this.pending ??= this.semihosting.call(this, Number(BigInt.asUintN(32, vcpu.get(HART.x, A0))), parameter);
    const { done, value } = this.pending.next();
    if (done !== true) return;
    this.pending = undefined;
    vcpu.set(HART.x, BigInt.asIntN(xlen, value), A0);
    vcpu.set(ENV.pc, BigInt.asUintN(xlen, vcpu.get(ENV.pc) + BigInt(INSN_SIZE)));
  }

  /** A call that has not been answered never will be. */
  drop(): void {
    const { pending } = this;
    this.pending = undefined;
    pending?.return?.();
  }

  read(address: bigint, into: Uint8Array): boolean {
    return this.pages(address, into.length, TLB_KIND_READ, (physical, from, to) => {
      return this.memory.readBytes(physical, into.subarray(from, to)) === MemTxResult.Ok;
    });
  }
  mayWrite(address: bigint, size: number): boolean {
    return this.pages(address, size, TLB_KIND_WRITE, () => true);
  }
  write(address: bigint, bytes: Uint8Array): boolean {
    if (!this.mayWrite(address, bytes.length)) return false;
    return this.pages(address, bytes.length, TLB_KIND_WRITE, (physical, from, to) => {
      return this.memory.writeBytes(physical, bytes.subarray(from, to)) === MemTxResult.Ok;
    });
  }

  /** Visits each page's part by its physical address; false at the first one that the hart may not access, or that `visit` says no to. */
  private pages(address: bigint, size: number, kind: number, visit: (physical: number, from: number, to: number) => boolean): boolean {
    for (let at = 0; at < size;) {
      const virtual = BigInt.asUintN(this.xlen, address + BigInt(at));
      const run = Math.min(size - at, PAGE_SIZE - Number(virtual % BigInt(PAGE_SIZE)));
      const physical = this.vcpu.probe(virtual, run, kind);
      if (physical === undefined || !visit(physical, at, at + run)) return false;
      at += run;
    }
    return true;
  }
}
