/**
 * The guest program about the random blocks, in machine mode:
 *
 *   for each slot: poke memory, fill the window, set CSRs, load f and x, mret into the block;
 *   a trap is logged in the slot and its instruction skipped; the ecall at the block's end stores x, f, CSRs, window and pokes.
 *
 * While a block runs, mscratch (sscratch for a supervisor handler) holds the slot's address, so a block may use all registers.
 */
import { Assembler, type Label } from './assembler.js';
import { DONE, MEMORY, SLOT, WINDOW_SIZE } from './slot.js';

export interface ScaffoldOptions {
  readonly xlen: 32 | 64;
  /** Room for traps in a slot. */
  readonly traps: number;
  readonly slotCount: number;
  readonly fp: boolean;
  readonly window: boolean;
  readonly pokes: boolean;
  /** Set from the slot before a block, stored into it after. */
  readonly csrs: readonly number[];
  /**
   * Where to go on after a fetch fault: the block's end. Or, for blocks that visit lower modes for an instruction: after any trap there, the
   * address in x1, in M-mode.
   */
  readonly afterFetch: 'end' | 'x1';
  /** Some traps are delegated to a handler in S-mode. */
  readonly supervisor: boolean;
}

const CSR = {
  fcsr: 0x003,
  stvec: 0x105,
  sscratch: 0x140,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  sstatus: 0x100,
  sie: 0x104,
  mstatus: 0x300,
  mie: 0x304,
  mtvec: 0x305,
  mscratch: 0x340,
  mepc: 0x341,
  mcause: 0x342,
  mtval: 0x343,
  pmpcfg0: 0x3a0,
  pmpaddr0: 0x3b0,
} as const;

const MSTATUS_FS = 0x6000;
const MSTATUS_MPP = 0x1800;
const PMP_NAPOT_RWX = 0x1f;
/** Misaligned, access fault, page fault. */
const FETCH_FAULTS = [0, 1, 12];
const MPP_END = 13;
const BACKSTOP = 15;

// Registers of the scaffold outside of a block.
const [T0, T1, T2] = [5, 6, 7];
const [R28, R29, R30, SLOT_REG] = [28, 29, 30, 31];

/** Emits the scaffold; blocks follow behind it. Slots must lie at MEMORY.slots. */
export function emitScaffold(a: Assembler, options: ScaffoldOptions): void {
  new Scaffold(a, options).emit();
}

class Scaffold {
  private readonly next: Label = {};
  private readonly cursor: Label = {};
  private readonly machineHandler: Label = {};
  private readonly supervisorHandler: Label = {};
  private readonly supervisorEnd: Label = {};
  private readonly slots: Label = { at: MEMORY.slots };
  private readonly slotsEnd: Label;
  private readonly slotSize: number;

  constructor(
    private readonly a: Assembler,
    private readonly o: ScaffoldOptions,
  ) {
    this.slotSize = SLOT.size(o.traps);
    this.slotsEnd = { at: MEMORY.slots + o.slotCount * this.slotSize };
  }

  emit(): void {
    this.start();
    this.loop();
    this.a.align(4);
    this.machineTraps();
    if (this.o.supervisor) {
      this.a.align(4);
      this.supervisorTraps();
    }
    this.a.align(8);
    this.a.place(this.cursor);
    this.a.emit(0);
    this.a.emit(0);
  }

  private start(): void {
    const { a } = this;
    a.li(T0, MSTATUS_FS);
    a.csrrs(0, CSR.mstatus, T0);
    this.openPmp();
    a.la(T0, this.machineHandler);
    a.csrw(CSR.mtvec, T0);
    a.csrw(CSR.mie, 0);
    // No timer interrupt, ever.
    a.li(T0, MEMORY.mtimecmp);
    a.li(T1, -1);
    a.sw(T1, 0, T0);
    a.sw(T1, 4, T0);
    a.la(T0, this.cursor);
    a.la(T1, this.slots);
    a.sx(T1, 0, T0);
  }

  /** S- and U-mode may reach everything: through the last entry, so that the others are free for a kind. */
  private openPmp(): void {
    const { a } = this;
    a.li(T0, -1);
    if (a.xlen === 64) a.srli(T0, T0, 10); // bits 53:0: QEMU keeps those above, and a block may read it
    a.csrw(CSR.pmpaddr0 + BACKSTOP, T0);
    a.li(T0, PMP_NAPOT_RWX);
    a.slli(T0, T0, 24);
    if (a.xlen === 64) a.slli(T0, T0, 32);
    a.csrw(CSR.pmpcfg0 + (a.xlen === 64 ? 2 : 3), T0);
  }

  private loop(): void {
    const { a, o } = this;
    const finish: Label = {};
    a.place(this.next);
    a.la(T0, this.cursor);
    a.lx(SLOT_REG, 0, T0);
    a.la(T1, this.slotsEnd);
    a.beq(SLOT_REG, T1, finish);
    a.li(T1, this.slotSize);
    a.add(T1, T1, SLOT_REG);
    a.sx(T1, 0, T0);
    if (o.pokes) this.poke();
    if (o.window)
      this.copyWindow((offset) => {
        a.lx(T1, SLOT.window + offset, SLOT_REG);
        a.sx(T1, offset - WINDOW_SIZE / 2, T0);
      });
    a.lx(T0, SLOT.code, SLOT_REG);
    a.csrw(CSR.mepc, T0);
    a.csrw(CSR.mscratch, SLOT_REG);
    if (o.supervisor) {
      a.csrw(CSR.sscratch, SLOT_REG);
      a.la(T0, this.supervisorHandler);
      a.csrw(CSR.stvec, T0);
    }
    for (const [i, csr] of o.csrs.entries()) {
      a.lx(T0, SLOT.csrs + 8 * i, SLOT_REG);
      a.csrw(csr, T0);
    }
    if (o.pokes) a.sfenceVma();
    if (o.fp) {
      for (let i = 0; i < 32; i++) a.fld(i, SLOT.f + 8 * i, SLOT_REG);
      a.lx(T0, SLOT.fcsr, SLOT_REG);
      a.csrw(CSR.fcsr, T0);
    }
    a.lx(T0, SLOT.mstatus, SLOT_REG);
    a.csrw(CSR.mstatus, T0);
    for (let i = 1; i < 32; i++) a.lx(i, SLOT.x + 8 * i, SLOT_REG);
    a.mret();
    a.place(finish);
    a.la(T0, { at: MEMORY.done });
    a.li(T1, DONE);
    a.sw(T1, 0, T0);
    const forever = a.place({});
    a.wfi();
    a.j(forever);
  }

  private copyWindow(step: (offset: number) => void): void {
    this.a.la(T0, { at: MEMORY.windowMiddle });
    for (let offset = 0; offset < WINDOW_SIZE; offset += this.a.xlen / 8) step(offset);
  }

  /** Stores the poke list's values. */
  private poke(): void {
    this.eachPoke(() => {
      this.a.lx(R28, 8, T0);
      this.a.sx(R28, 0, T2);
    });
  }

  /** Takes back what the pokes' addresses hold now, and clears them. */
  private unpoke(): void {
    this.eachPoke(() => {
      this.a.lx(R28, 0, T2);
      this.a.sx(R28, 8, T0);
      this.a.sx(0, 0, T2);
    });
  }

  private eachPoke(body: () => void): void {
    const { a } = this;
    const done: Label = {};
    a.lx(T0, SLOT.pokes, SLOT_REG);
    a.lx(T1, SLOT.pokesEnd, SLOT_REG);
    const again = a.place({});
    a.beq(T0, T1, done);
    a.lx(T2, 0, T0);
    body();
    a.addi(T0, T0, 16);
    a.j(again);
    a.place(done);
  }

  private machineTraps(): void {
    const { a } = this;
    const end: Label = {};
    a.place(this.machineHandler);
    a.csrrw(SLOT_REG, CSR.mscratch, SLOT_REG);
    this.saveThree();
    a.csrr(R30, CSR.mepc);
    a.lx(R29, SLOT.end, SLOT_REG);
    a.beq(R30, R29, end);
    if (this.o.supervisor) {
      a.la(R29, this.supervisorEnd);
      a.beq(R30, R29, end);
    }
    this.logTrap(CSR.mcause, CSR.mtval, CSR.mstatus, CSR.mie);
    a.csrw(CSR.mepc, R30);
    this.restoreThree();
    a.csrrw(SLOT_REG, CSR.mscratch, SLOT_REG);
    a.mret();
    a.place(end);
    this.blockEnd();
  }

  private supervisorTraps(): void {
    const { a } = this;
    const end: Label = {};
    a.place(this.supervisorHandler);
    a.csrrw(SLOT_REG, CSR.sscratch, SLOT_REG);
    this.saveThree();
    a.csrr(R30, CSR.sepc);
    a.lx(R29, SLOT.end, SLOT_REG);
    a.beq(R30, R29, end);
    this.logTrap(CSR.scause, CSR.stval, CSR.sstatus, CSR.sie);
    a.csrw(CSR.sepc, R30);
    this.restoreThree();
    a.csrrw(SLOT_REG, CSR.sscratch, SLOT_REG);
    a.sret();
    a.place(end);
    this.restoreThree();
    a.csrrw(SLOT_REG, CSR.sscratch, SLOT_REG);
    a.place(this.supervisorEnd);
    a.ecall();
  }

  private saveThree(): void {
    for (const [i, r] of [R28, R29, R30].entries()) this.a.sx(r, SLOT.save + 8 * i, SLOT_REG);
  }
  private restoreThree(): void {
    for (const [i, r] of [R28, R29, R30].entries()) this.a.lx(r, SLOT.save + 8 * i, SLOT_REG);
  }

  /** R30 is the trap's pc; afterwards, where to go on. Traps beyond the slot's room overwrite the last. */
  private logTrap(cause: number, tval: number, status: number, enable: number): void {
    const { a, o } = this;
    const [inRoom, synchronous, skip, long, done]: Label[] = [{}, {}, {}, {}, {}];
    a.lx(R29, SLOT.trapCount, SLOT_REG);
    a.addi(R28, R29, 1);
    a.sx(R28, SLOT.trapCount, SLOT_REG);
    a.li(R28, o.traps);
    a.bltu(R29, R28, inRoom);
    a.addi(R29, R28, -1);
    a.place(inRoom);
    a.slli(R29, R29, 5);
    a.add(R29, R29, SLOT_REG);
    a.sx(R30, SLOT.traps + 8, R29);
    a.csrr(R28, tval);
    a.sx(R28, SLOT.traps + 16, R29);
    a.csrr(R28, status);
    a.sx(R28, SLOT.traps + 24, R29);
    a.csrr(R28, cause);
    a.sx(R28, SLOT.traps, R29);
    a.li(R29, 0);
    const interrupt: Label = {};
    a.blt(R28, R29, interrupt);
    a.j(synchronous);
    a.place(interrupt);
    a.csrw(enable, 0);
    a.j(done);
    a.place(synchronous);
    if (o.afterFetch === 'x1') {
      // MPP's upper bit becomes the sign: set for M alone.
      a.csrr(R29, CSR.mstatus);
      a.slli(R29, R29, a.xlen - MPP_END);
      a.blt(R29, 0, skip);
      a.addi(R30, 1, 0);
      a.li(R29, MSTATUS_MPP);
      a.csrrs(0, CSR.mstatus, R29);
      a.j(done);
    } else {
      for (const cause of FETCH_FAULTS) {
        const other: Label = {};
        a.li(R29, cause);
        a.bne(R28, R29, other);
        a.lx(R30, SLOT.end, SLOT_REG);
        a.j(done);
        a.place(other);
      }
    }
    a.place(skip);
    a.lhu(R28, 0, R30);
    a.andi(R28, R28, 3);
    a.addi(R30, R30, 2);
    a.addi(R28, R28, -3);
    a.bne(R28, 0, done);
    a.place(long);
    a.addi(R30, R30, 2);
    a.place(done);
  }

  /** The block is over: SLOT_REG and the save area are as at the handler's entry. */
  private blockEnd(): void {
    const { a, o } = this;
    a.csrr(R30, CSR.mstatus);
    a.sx(R30, SLOT.x, SLOT_REG);
    a.li(R29, MSTATUS_FS | MSTATUS_MPP);
    a.csrw(CSR.mstatus, R29);
    for (let i = 1; i < R28; i++) a.sx(i, SLOT.x + 8 * i, SLOT_REG);
    for (const [i, r] of [R28, R29, R30].entries()) {
      a.lx(T0, SLOT.save + 8 * i, SLOT_REG);
      a.sx(T0, SLOT.x + 8 * r, SLOT_REG);
    }
    // After the supervisor's end the slot's address is in sscratch's place and x31 came back with the swap, so mscratch has it in any case.
    a.csrr(T0, CSR.mscratch);
    a.sx(T0, SLOT.x + 8 * SLOT_REG, SLOT_REG);
    if (o.fp) {
      a.csrr(T0, CSR.fcsr);
      a.sx(T0, SLOT.fcsr, SLOT_REG);
      for (let i = 0; i < 32; i++) a.fsd(i, SLOT.f + 8 * i, SLOT_REG);
    }
    for (const [i, csr] of o.csrs.entries()) {
      a.csrr(T0, csr);
      a.sx(T0, SLOT.csrs + 8 * i, SLOT_REG);
    }
    if (o.window)
      this.copyWindow((offset) => {
        a.lx(T1, offset - WINDOW_SIZE / 2, T0);
        a.sx(T1, SLOT.window + offset, SLOT_REG);
      });
    if (o.pokes) this.unpoke();
    a.j(this.next);
  }
}
