/** A guest that hits every device register at random, from guest code: nothing it does may throw in the host or hang it. */
import { expect, it } from 'vitest';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { assemble } from '../support/bare-metal.js';
import { describeWith } from '../support/tools.js';

/** Pairs of (start, size) for the guest, out of its way and out of what the reset vector loads. */
const TABLE = 0x8010_0000;
/** Entries of the table: the guest takes a random number's low bits for an index. */
const TABLE_ENTRIES = 64;

/** Seconds of the whole fuzz; WEMU_FUZZ_SECONDS for a longer one. */
const SECONDS = Number(process.env.WEMU_FUZZ_SECONDS ?? 10);
const ROUND_MS = 1000;
const MOST_LOG = 10_000;

const GUEST = `
  .option norvc
  .globl _start
_start:
  la    t0, trap
  csrw  mtvec, t0
  bnez  s0, 1f              # the seed; zero after a reset
  rdcycle s0
  ori   s0, s0, 1
1: li   s1, ${TABLE}
  csrsi mstatus, 8
loop:
  slli  t0, s0, 13          # xorshift64
  xor   s0, s0, t0
  srli  t0, s0, 7
  xor   s0, s0, t0
  slli  t0, s0, 17
  xor   s0, s0, t0
  andi  t0, s0, ${TABLE_ENTRIES - 1}
  slli  t0, t0, 4
  add   t0, t0, s1
  ld    a0, 0(t0)           # start
  ld    a1, 8(t0)           # size
  srli  t1, s0, 6
  srli  t2, s0, 40
  andi  t2, t2, 3
  beqz  t2, 2f
  andi  t1, t1, 0x1ff       # mostly near the beginning, where the registers are
2: remu t1, t1, a1
  add   a0, a0, t1
  srli  t2, s0, 42
  andi  t2, t2, 7
  beqz  t2, 3f
  andi  a0, a0, -8          # mostly aligned
3: li   t2, 0x2545f4914f6cdd1d
  mul   a2, s0, t2
  srli  t2, s0, 45
  andi  t2, t2, 3
  beqz  t2, 5f              # noise
  addi  t2, t2, -1
  beqz  t2, 4f
  andi  a2, a2, 63          # a small number
  j     5f
4: li   t2, 0xfffff         # an address in RAM, behind us
  and   a2, a2, t2
  li    t2, 0x80200000
  or    a2, a2, t2
5: srli t2, s0, 50
  andi  t2, t2, 7
  slli  t2, t2, 3
  la    t3, accesses
  add   t3, t3, t2
  jr    t3
accesses:
  sb    a2, 0(a0)
  j     next
  sh    a2, 0(a0)
  j     next
  sw    a2, 0(a0)
  j     next
  sd    a2, 0(a0)
  j     next
  lbu   a3, 0(a0)
  j     next
  lhu   a3, 0(a0)
  j     next
  lw    a3, 0(a0)
  j     next
  sw    a2, 0(a0)
  j     next
next:
  addi  s2, s2, 1
  andi  t2, s2, 255
  bnez  t2, loop
  li    t2, -1              # let interrupts come again
  csrw  mie, t2
  j     loop

  .balign 4
trap:
  csrr  t4, mcause
  bltz  t4, 6f
  csrr  t4, mepc            # skip the access
  addi  t4, t4, 4
  csrw  mepc, t4
  mret
6: csrw mie, zero           # no interrupt storm
  mret
`;

/** Register s2: accesses made. */
const ACCESSES = 'x18';

async function round(
  backend: 'tci' | 'wasm',
  elf: Uint8Array,
  seed: bigint,
  machineType: string,
): Promise<{ accesses: bigint; lagMs: number; log: string }> {
  let log = '';
  const host = await createNodeHost({ backend, sync: true, seed: 1 });
  const machine = Machine.create(
    {
      machine: machineType, memory: '64M', bios: 'none', kernel: elf, serial: () => {},
      // What is not masked are faults of ours: exceptions of devices and timers.
      log: { items: [], sink: (text) => void (log.length < MOST_LOG && (log += text)) },
      devices: machineType === 'virt' ? ['virtio-rng-device', 'virtio-serial-device'] : [],
    },
    host,
  ); // prettier-ignore
  const devices = machine.state.addressSpace.flatView().ranges.filter(({ region }) => region.kind === 'i/o' || region.kind === 'romd');
  expect(devices.length).toBeGreaterThan(machineType === 'virt' ? 12 : 2);
  const table = new BigUint64Array(2 * TABLE_ENTRIES);
  for (let i = 0; i < TABLE_ENTRIES; i++)
    table.set([BigInt(devices[i % devices.length].start), BigInt(devices[i % devices.length].size)], 2 * i);
  machine.writePhysical(TABLE, new Uint8Array(table.buffer));
  machine.writeRegister('x8', seed);

  // The host's event loop turns while the guest rages.
  let last = performance.now();
  let lagMs = 0;
  const pulse = setInterval(() => {
    const now = performance.now();
    lagMs = Math.max(lagMs, now - last);
    last = now;
    machine.writeSerial('x'); // and input comes
  }, 20);
  const end = setTimeout(() => machine.quit(), ROUND_MS);
  try {
    await machine.run();
  } finally {
    clearTimeout(end);
    clearInterval(pulse);
    host.close();
  }
  return { accesses: machine.readRegister(ACCESSES), lagMs, log };
}

describeWith('riscv64-linux-gnu-gcc', 'a hostile guest', () => {
  it.each([['tci', 'virt'], ['wasm', 'virt'], ['tci', 'spike']] as const)('survives in %s on %s', async (backend, machine) => {
    const elf = assemble(GUEST);
    let accesses = 0n;
    const until = performance.now() + (SECONDS * 1000) / (machine === 'virt' ? 2 : 6);
    for (let seed = 1n; performance.now() < until; seed++) {
      const result = await round(backend, elf, seed * 0x9e37_79b9_7f4a_7c15n & 0xffff_ffff_ffff_ffffn, machine);
      accesses += result.accesses;
      expect(result.log, `seed ${seed}`).toBe('');
      expect(result.lagMs, `the host's event loop waited, seed ${seed}`).toBeLessThan(2000);
    }
    expect(accesses).toBeGreaterThan(1000n);
  }, SECONDS * 1000 + 60_000); // prettier-ignore
});
