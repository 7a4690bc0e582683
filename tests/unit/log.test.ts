/** `-d`: what docs/testing.md promises of each item, on the embedded guest. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createNodeHost, Machine, type LogItem } from '../../src/node/index.js';
import { Log } from '../../src/util/log.js';
import { describeTrap } from '../../src/target/riscv/trap-names.js';

const kernel = readFileSync(new URL('../../guests/embedded.elf', import.meta.url));

/** The log of a run to its end, or until it has `most` characters. */
async function logOf(items: LogItem[], most = Infinity): Promise<string> {
  const host = await createNodeHost({ backend: 'wasm', sync: true });
  let text = '';
  const sink = (part: string): void => {
    text += part;
    if (text.length >= most) machine.stop();
  };
  const log = { items, sink };
  const machine: Machine = Machine.create(
    { machine: 'virt', memory: '32M', bios: 'none', kernel, append: 'run=none', icount: 'shift=3', log },
    host,
  );
  const { reason, exitCode } = await machine.run();
  host.close();
  expect({ reason, exitCode }).toEqual({ reason: most === Infinity ? 'guest-shutdown' : 'stopped', exitCode: 0 });
  return text;
}

describe('translation', () => {
  let text: string;
  beforeAll(async () => {
    text = await logOf(['in_asm', 'op', 'op_opt', 'out_asm']);
  });
  it('shows guest code, IR, optimised IR and tci code of a block, in this order', () => {
    const block = text.slice(0, text.indexOf('----------------', 1));
    expect(block).toMatch(
      /IN: \n0x0*1000: {2}00000297 +auipc\tt0,0x0\n[^]*\nOP:\ninsn_start[^]*\nOP after optimization:\ninsn_start[^]*\nOUT: \[tci, size=\d+\]\n {2}-- guest addr 0x0000000000001000\n0: /,
    );
  });
  it('says nothing that was not asked for', () => {
    expect(text).not.toMatch(/^(Trace|hart) /m);
  });
});

it('int shows traps, with generated code at work', async () => {
  const traps = (await logOf(['int'])).trimEnd().split('\n');
  expect(traps.map((line) => line.replace(/0x[0-9a-f]{8,}/g, '0x'))).toEqual([
    'hart 0: interrupt 7 (machine timer interrupt), epc 0x, tval 0x',
    'hart 0: interrupt 3 (machine software interrupt), epc 0x, tval 0x',
    'hart 0: exception 2 (illegal instruction), epc 0x, tval 0x',
    'hart 0: exception 11 (environment call from M-mode), epc 0x, tval 0x',
  ]);
});

it('exec shows every block before it is run; cpu the registers that it finds', async () => {
  const text = await logOf(['exec', 'cpu'], 1_000_000);
  expect(text).toMatch(/^Trace 0: \[0000000000001000\/[0-9a-f]{8}\]\n pc +0000000000001000\n/);
  const traced = [...text.matchAll(/^Trace 0: \[([0-9a-f]+)\//gm)].map(([, pc]) => pc);
  const dumped = [...text.matchAll(/^ pc +([0-9a-f]+)$/gm)].map(([, pc]) => pc);
  expect(traced.length).toBeGreaterThan(100);
  expect(dumped).toEqual(traced);
});

it('traps of both widths in words', () => {
  expect(describeTrap(1, 32, 0x8000_0005n, -4n, 0n)).toBe(
    'hart 1: interrupt 5 (supervisor timer interrupt), epc 0xfffffffc, tval 0x00000000',
  );
  expect(describeTrap(0, 64, -0x8000_0000_0000_0000n + 9n, 0n, 0n)).toContain('interrupt 9 (supervisor external interrupt)');
  expect(describeTrap(0, 64, 24n, 0n, 0n)).toContain('exception 24 (reserved)');
});

it('cpu_reset shows the registers that a reset finds', async () => {
  const text = await logOf(['cpu_reset']);
  expect(text).toMatch(/^CPU Reset \(CPU 0\)\n pc +[0-9a-f]+\n/);
});

it('failures of wemu itself are told a few times each, however often a guest brings them about', () => {
  let text = '';
  const log = new Log((part) => (text += part));
  for (let n = 0; n < 1000; n++) log.failure('MMIO write failed at Uart.write', `MMIO write failed: offset ${n}`);
  for (let n = 0; n < 1000; n++) log.failure(`kind ${n}`, 'x');
  const lines = text.trimEnd().split('\n');
  expect(lines.slice(0, 11)).toEqual([
    ...Array.from({ length: 10 }, (_, n) => `MMIO write failed: offset ${n}`),
    'further messages like this are suppressed: MMIO write failed at Uart.write',
  ]);
  expect(lines.length).toBeLessThan(150);
});

it('trace events are on for one machine, and not for another of the same host', async () => {
  const host = await createNodeHost({ backend: 'tci' });
  const traced = (items: LogItem[]): { machine: Machine; events: Set<string> } => {
    const events = new Set<string>();
    const sink = (line: string): void => void events.add(line.slice(0, line.indexOf(' ')));
    const options = { machine: 'virt', memory: '32M', bios: 'none', kernel, append: 'run=none', log: { items, sink } } as const;
    return { machine: Machine.create(options, host), events };
  };
  const machines = [traced(['trace:serial_write', 'trace:riscv_trap']), traced(['trace:riscv_trap']), traced([])];
  machines[2].machine.control.logs.setTraceEvent('sifive_test_*', true);
  await Promise.all(machines.map(({ machine }) => machine.run()));
  expect(machines.map(({ events }) => [...events].sort())).toEqual([['riscv_trap', 'serial_write'], ['riscv_trap'], ['sifive_test_write']]);
  const enabled = ({ machine }: { machine: Machine }): string[] =>
    machine.control.logs
      .traceEvents()
      .flatMap(({ name, enabled }) => (enabled ? [name] : []))
      .sort();
  expect(machines.map(enabled)).toEqual([['riscv_trap', 'serial_write'], ['riscv_trap'], expect.arrayContaining(['sifive_test_write'])]);
  host.close();
});
