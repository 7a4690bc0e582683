/**
 * Guests that make the host work while they retire little or nothing: none of them may keep its event loop waiting, or it would hear no signal, no
 * monitor and no input. Each is fast at first, so that slices are measured out by what it then no longer does. What counts is CPU time of
 * this thread; the aim is 50 ms (npm run soak holds it), the bound here leaves room for a slow machine.
 */
import { expect, it } from 'vitest';
import { PauseProbe } from '../../bench/pauses.js';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { assemble } from '../support/bare-metal.js';
import { describeWith } from '../support/tools.js';

const RUN_MS = 500;
const MOST_MS = 150;
/** From the request to the end of `run`. */
const QUIT_MS = 1000;

const FAST_ROUNDS = 100_000;
const FAST_INSNS = 62 * FAST_ROUNDS;
const FAST = `
  .option norvc
  .globl _start
_start:
  li    s11, ${FAST_ROUNDS}
1:.rept 30
  addi  a0, a0, 1
  xor   a1, a1, a0
  .endr
  addi  s11, s11, -1
  bnez  s11, 1b
  la    t0, trap
  csrw  mtvec, t0
`;
const SKIP = 'trap: csrr t0, mepc; addi t0, t0, 4; csrw mepc, t0; mret';
const STOP = 'trap: j trap';

/** What comes then, endlessly: code, and what is at the trap vector. */
const KINDS: Readonly<Record<string, readonly [code: string, vector: string]>> = {
  'load from nowhere at the trap vector': ['j trap', 'trap: lw a0, 0(zero); j trap'],
  'illegal instruction at the trap vector': ['j trap', 'trap: .word 0xffffffff'],
  'ecall at the trap vector': ['ecall', 'trap: ecall'],
  'trap vector that is not memory': ['li t0, 0x40000000; csrw mtvec, t0; ecall', STOP],
  'loads from nowhere, skipped': ['2: lw a0, 0(zero); j 2b', SKIP],
  'timer interrupt whose vector faults': [
    'li t1, 0x2004000; sd zero, 0(t1); li t0, 0x80; csrw mie, t0; csrsi mstatus, 8; 2: j 2b',
    'trap: lw a0, 0(zero)',
  ],
  'code on pages that PMP splits': [
    'la t0, trap; srli t0, t0, 2; addi t1, t0, 1; csrw pmpaddr14, t0; csrw pmpaddr15, t1; li t2, 0x8f00000000000000; csrs pmpcfg2, t2; 2: .rept 30; lw a0, 0(sp); .endr; j 2b',
    STOP,
  ],
  'code that writes itself': ['la t1, 3f; 2: lw t2, 0(t1); sw t2, 0(t1); j 3f; .balign 4096; 3: nop; j 2b', STOP],
  'loads and stores over the end of a page': ['li t1, 0x80400ffd; 2: .rept 40; ld a0, 0(t1); sd a0, 0(t1); .endr; j 2b', STOP],
  'division in an odd rounding mode': [
    'li t0, 0x6000; csrs mstatus, t0; li t0, 3; csrw frm, t0; li t1, 0x3ff123456789abcd; fmv.d.x fa0, t1; 2: .rept 40; fdiv.d fa1, fa0, fa1; fsqrt.d fa2, fa0; .endr; j 2b',
    STOP,
  ],
  'TLB flushes': ['2: .rept 40; sfence.vma; .endr; j 2b', STOP],
  'reads of time': ['2: .rept 40; csrr a0, time; .endr; j 2b', STOP],
  'writes of PMP': ['2: .rept 40; csrw pmpaddr3, a0; csrw pmpcfg0, zero; .endr; j 2b', STOP],
  'changes of the address space': [
    'li t1, 0x8000100000080400; li t2, 0x8000200000080400; 2: .rept 20; csrw satp, t1; csrw satp, t2; .endr; j 2b',
    STOP,
  ],
  'changes of privilege': ['la t1, 2f; 2: csrw mepc, t1; mret', STOP],
  'page walks of five levels, one a load': [
    // Entry 0 of the table leads back to it, at every level; the others are leaves: more pages than the TLB holds.
    `li t0, 0x80500000; li t1, 0x201400cf; li t2, 512; 3: sd t1, 0(t0); addi t0, t0, 8; addi t2, t2, -1; bnez t2, 3b
     li t0, 0x80500000; li t1, 0x20140001; sd t1, 0(t0); li t1, -1; csrw pmpaddr0, t1; li t1, 0x1f; csrw pmpcfg0, t1
     li t1, 0xa000000000080500; csrw satp, t1; li t1, 0x20800; csrs mstatus, t1; li t3, 0x1000
     2: mv t0, zero; li t2, 500; 4: lw a0, 0(t0); add t0, t0, t3; addi t2, t2, -1; bnez t2, 4b; j 2b`,
    SKIP,
  ],
  'wfi that ends at once': ['li t0, 8; csrw mie, t0; li t1, 0x2000000; li t2, 1; sw t2, 0(t1); 2: wfi; j 2b', STOP],
  'register reads': ['li t1, 0x10000000; 2: .rept 40; lbu a0, 5(t1); .endr; j 2b', STOP],
  'output without end': ['li t1, 0x10000000; 2: sb a0, 0(t1); j 2b', STOP],
  'alarms of the RTC in the past': [
    'li t1, 0x101000; li t2, 1; sw t2, 0x10(t1); 2: sw zero, 0xc(t1); sw zero, 8(t1); sw t2, 0x1c(t1); j 2b',
    STOP,
  ],
  'priorities and enables of the PLIC': ['li t1, 0xc000000; li t2, 0xc002000; 2: sw a0, 40(t1); addi a0, a0, 1; sw a0, 0(t2); j 2b', STOP],
  'timers of the CLINT': ['li t1, 0x2004000; li t2, 0x200bff8; 2: ld a0, 0(t2); sd a0, 0(t1); sd zero, 0(t2); j 2b', STOP],
  'fw_cfg DMA of 4 GiB': [
    `la t0, dma; li t1, 0x10100010; slli t2, t0, 32; srli t2, t2, 32; .option arch, +zbb; rev8 t2, t2
     2: li t3, 0x02000000; sw t3, 0(t0); sd t2, 0(t1); j 2b; .balign 16; dma: .word 0x02000000, 0xffffffff, 0, 0x00000082`,
    STOP,
  ],
};

async function longestPause(elf: Uint8Array, backend: 'tci' | 'wasm'): Promise<{ pauseMs: number; quitMs: number }> {
  const host = await createNodeHost({ backend, sync: true, seed: 1 });
  const machine = Machine.create({ machine: 'virt', memory: '128M', bios: 'none', kernel: elf, serial: () => {} }, host);
  const probe = new PauseProbe(() => ({}));
  let quitAt = 0;
  try {
    probe.start();
    const slow = setInterval(() => {
      if (machine.cpu().instructionCount < FAST_INSNS) return;
      clearInterval(slow);
      setTimeout(() => {
        quitAt = performance.now();
        machine.quit();
      }, RUN_MS);
    }, 10);
    await machine.run();
    return { pauseMs: probe.take().cpuMs, quitMs: performance.now() - quitAt };
  } finally {
    probe.stop();
    host.close();
  }
}

describeWith('riscv64-linux-gnu-gcc', 'the event loop has its turns, in spite of', () => {
  it.each(Object.entries(KINDS))(
    '%s',
    async (_, [code, vector]) => {
      const elf = assemble(`${FAST}${code}\n.balign 4\n${vector}\n`, 'rv64gc_zba_zbb');
      for (const backend of ['tci', 'wasm'] as const) {
        const { pauseMs, quitMs } = await longestPause(elf, backend);
        expect(pauseMs, `ms of CPU time at a stretch, in ${backend}`).toBeLessThan(MOST_MS);
        expect(quitMs, `ms until it ended, in ${backend}`).toBeLessThan(QUIT_MS);
      }
    },
    30_000,
  );
});
