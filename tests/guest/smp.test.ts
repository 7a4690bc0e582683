/** Several harts: what they do to each other bare-metal (harts/harts.c) and under Linux, in every engine; and that icount repeats it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeHost, Machine, type EngineOptions } from 'wemu/node';
import { buildInitramfs } from '../../src/node/guest/initramfs.js';
import { assemble, compile } from '../support/bare-metal.js';
import { describeGuest } from '../support/guest-files.js';
import { wemu } from '../support/session.js';
import { describeWith } from '../support/tools.js';

const BOOT = 120_000;
const SOAK_ROUNDS = process.env.WEMU_HARTS_ROUNDS;
const SOAK = 3_600_000;
const ENGINES = ['tci', 'tcg,thread=sync,threshold=1', 'tcg'] as const;
const source = (name: string): string => fileURLToPath(new URL(`harts/${name}`, import.meta.url));
const build = (...defines: string[]): Uint8Array => compile(source('harts.c'), source('link.ld'), defines);

/** The guest's time, and a hash of its memory and of four harts' registers. */
function digest(machine: Machine, ramSize: number): string {
  const hash = createHash('sha256').update(machine.readPhysical(0x8000_0000, ramSize));
  for (let cpu = 0; cpu < 4; cpu++) hash.update(JSON.stringify(Object.values(machine.readRegisters(cpu)).map(String)));
  return `${machine.state.clocks.virtualNow} ${hash.digest('hex')}`;
}

describeWith('riscv64-linux-gnu-gcc', 'bare-metal harts', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wemu-harts-'));
    for (const harts of [2, 3, 4]) writeFileSync(join(folder, `${harts}.elf`), build(`HARTS=${harts}`, 'ROUNDS=200'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (harts: number, accel: string, ...more: string[]) =>
    wemu(['-M', 'virt', '-smp', String(harts), '-bios', 'none', '-accel', accel, '-kernel', join(folder, `${harts}.elf`), ...more], {
      timeout: BOOT,
    });

  describe.each(ENGINES)('-accel %s', (accel) => {
    it.each([2, 3, 4])('%i of them: locks, messages, interrupts, reservations, patched code', (harts) => {
      const { status, stdout } = run(harts, accel);
      expect(stdout).toMatch(/^(.*: ok\n){13}$/);
      expect(status).toBe(0);
    });
  });

  // Locks and counters; messages of those who pause or reserve: who spins and does not say so loses a slice each time.
  it.skipIf(SOAK_ROUNDS === undefined).each([
    ['locks and counters', 0, 5],
    ['messages', 6, 8],
  ])(`two of them, ${SOAK_ROUNDS ?? 'WEMU_HARTS_ROUNDS'} rounds of %s`, { timeout: SOAK }, (_what, from, to) => {
    const path = join(folder, `soak${from}.elf`);
    writeFileSync(path, build('HARTS=2', `ROUNDS=${SOAK_ROUNDS}ul`, `FIRST=${from}`, `LAST=${to}`));
    const { status, stdout } = wemu(['-M', 'virt', '-smp', '2', '-bios', 'none', '-kernel', path], { timeout: SOAK });
    expect(stdout).toMatch(new RegExp(`^(.*: ok\n){${to - from}}$`));
    expect(status).toBe(0);
  });

  it('eight, of which four have nothing to do', () => {
    const { status, stdout } = run(4, 'tcg', '-smp', '8');
    expect(stdout).toMatch(/^(.*: ok\n){13}$/);
    expect(status).toBe(0);
  });

  it('are all reset, whichever of them asks for it', () => {
    // Each counts its starts, at 1 MiB. Hart 1 waits until all have started as often as it has; after the first time it resets the machine.
    const elf = assemble(`
.globl _start
_start: csrr t0, mhartid
 li t2, 0x80100000
 sh3add t1, t0, t2
 ld t3, (t1)
 addi t3, t3, 1
 sd t3, (t1)
 li t4, 1
 bne t0, t4, 3f
1: .irp hart, 0, 2, 3
 ld t4, 8 * \\hart(t2)
 bne t4, t3, 1b
 .endr
 li a0, 0x5555
 li t4, 1
 bne t3, t4, 2f
 li a0, 0x7777
2: li t4, 0x100000
 sw a0, (t4)
3: wfi
 j 3b`, 'rv64gc_zba'); // prettier-ignore
    const path = join(folder, 'reset.elf');
    writeFileSync(path, elf);
    const { status } = wemu(['-M', 'virt', '-smp', '4', '-bios', 'none', '-accel', 'tci', '-kernel', path], { timeout: BOOT });
    expect(status).toBe(0);
  });

  const final = async (engine: EngineOptions, elf: Uint8Array): Promise<string> => {
    const host = await createNodeHost(engine);
    try {
      const machine = Machine.create({ machine: 'virt', smp: 4, memory: '4M', bios: 'none', kernel: elf, icount: 'shift=3' }, host);
      await machine.run();
      return digest(machine, 4 << 20);
    } finally {
      host.close();
    }
  };
  it('with icount end alike in all engines, to the last register', async () => {
    const elf = build('HARTS=4', 'ROUNDS=50', 'TIMES');
    const first = await final({ backend: 'tci' }, elf);
    expect(await final({ backend: 'tci' }, elf)).toBe(first);
    expect(await final({ sync: true, hotThreshold: 1 }, elf)).toBe(first);
    expect(await final({}, elf)).toBe(first);
  });
});

/** `self` prints the CPU that it runs on: field 39 of proc_pid_stat(5). */
const SCRIPT = `
self() { taskset $1 sh -c 'cut -d" " -f39 /proc/self/stat'; }
online=/sys/devices/system/cpu/online
nproc
for mask in 1 2 4 8; do self $mask; done
echo 0 >/sys/devices/system/cpu/cpu2/online; cat $online; nproc
echo 1 >/sys/devices/system/cpu/cpu2/online; cat $online; self 4
for mask in 1 2 4 8; do (i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done; exec taskset $mask echo done) & done; wait
`;

await describeGuest('Linux on four harts', ['kernel', 'busybox', 'firmware'], ({ kernel, busybox, firmware }) => {
  it.each(['tci', 'tcg'])('has all of them: pinned tasks, a CPU taken off and put back; -accel %s', (accel) => {
    const { status, stdout, stderr } = wemu(['linux', '--smp', '4', '--accel', accel, '--', 'sh', '-c', SCRIPT], { timeout: BOOT });
    expect(stdout.split('\n')).toEqual([
      ...['4', '0', '1', '2', '3'],
      ...['0-1,3', '3', '0-3', '2'],
      ...['done', 'done', 'done', 'done', ''],
    ]);
    expect([status, stderr]).toEqual([0, '']);
  });

  it('boots alike with icount, to the last byte of memory, in tci and in generated code', { timeout: 10 * BOOT }, async () => {
    const command = ['sh', '-c', 'nproc; head -c 16 /dev/urandom | md5sum; cat /proc/uptime /proc/interrupts'];
    const initrd = buildInitramfs({ busybox: readFileSync(busybox), command });
    const run = async (engine: EngineOptions): Promise<{ output: string; end: string }> => {
      const host = await createNodeHost({ ...engine, seed: 7 });
      try {
        let output = '';
        const images = { bios: readFileSync(firmware), kernel: readFileSync(kernel), initrd, append: 'console=ttyS0' };
        const board = { machine: 'virt', smp: 4, memory: '256M', icount: 'shift=3', rtcBaseMs: Date.UTC(2026) } as const;
        const machine = Machine.create({ ...board, ...images, serial: (bytes) => (output += Buffer.from(bytes).toString('latin1')) }, host);
        await machine.run();
        return { output, end: digest(machine, 256 << 20) };
      } finally {
        host.close();
      }
    };
    const first = await run({ backend: 'tci' });
    expect(first.output).toContain('smp: Brought up 1 node, 4 CPUs');
    expect(first.output).toContain('reboot: Power down');
    expect(await run({})).toEqual(first);
  });
});
