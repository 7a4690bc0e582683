/**
 * Latencies: how late a guest sees its timer and its input, idle and while it computes, and what an idle guest's timer costs in CPU time.
 * Each row is of wemu and of every peer, one after the other: `npm run latency -- [--against COMMAND] [--seconds N]`. Needs riscv64-linux-gnu-gcc.
 */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const SOURCE = path('../../bench/latency.S');
const WEMU = `${process.execPath} ${path('../src/cli/main.js')}`;
/** Ticks of the guest's time a us. */
const TICKS_PER_US = 10;
/** Linux tells CPU time in these (man 5 proc). */
const MS_PER_JIFFY = 10;
/** What the longest period leaves of a quick run. */
const MIN_COUNT = 20;

interface Row {
  readonly name: string;
  readonly mode: 'TICK' | 'POLL' | 'ECHO';
  readonly load?: boolean;
  readonly periodUs: number;
}

const ROWS: readonly Row[] = [
  { name: 'timer, idle, 250 us', mode: 'TICK', periodUs: 250 },
  { name: 'timer, idle, 1 ms', mode: 'TICK', periodUs: 1000 },
  { name: 'timer, idle, 4 ms', mode: 'TICK', periodUs: 4000 },
  { name: 'timer, idle, 10 ms', mode: 'TICK', periodUs: 10_000 },
  { name: 'timer, busy, 1 ms', mode: 'TICK', load: true, periodUs: 1000 },
  { name: 'timer, busy, 10 ms', mode: 'TICK', load: true, periodUs: 10_000 },
  { name: 'STIP polled, 1 ms', mode: 'POLL', periodUs: 1000 },
  { name: 'STIP polled, 10 ms', mode: 'POLL', periodUs: 10_000 },
  { name: 'UART echo, idle', mode: 'ECHO', periodUs: 5300 },
  { name: 'UART echo, busy', mode: 'ECHO', load: true, periodUs: 5300 },
];

interface Result {
  /** Sorted. */
  readonly lateUs: readonly number[];
  /** CPU time of the process, as a share of the time measured. */
  readonly cpu: number;
}

/** A guest on an emulator, read as it goes. */
class Session {
  output = '';
  private changed = (): void => {};
  private readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;

  constructor(command: string, elf: string) {
    const [program, ...args] = command.split(' ');
    this.child = spawn(program, [...args, '-M', 'virt', '-cpu', 'rv64', '-m', '64', '-bios', 'none', '-nographic', '-kernel', elf]);
    this.child.stdout.on('data', (bytes: Buffer) => {
      this.output += bytes.toString('latin1');
      this.changed();
    });
    this.child.stdin.on('error', () => {}); // its end is heard of below
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', resolve);
    });
  }

  async until(done: () => boolean): Promise<void> {
    const over = this.ended.then((status) => {
      if (!done()) throw new Error(`the guest ended with status ${status}: ${this.output.slice(-200)}`);
    });
    while (!done()) await Promise.race([over, new Promise<void>((resolve) => (this.changed = resolve))]);
  }

  write(text: string): void {
    this.child.stdin.write(text);
  }

  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_JIFFY; // utime, stime
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

async function measure(command: string, elf: string, row: Row, count: number): Promise<Result> {
  const session = new Session(command, elf);
  try {
    await session.until(() => session.output.includes('<'));
    if (row.mode === 'ECHO') await sleep(500); // what starts with a guest has started
    const [cpuMs, startMs] = [session.cpuMs(), performance.now()];
    const lateUs: number[] = [];
    if (row.mode === 'ECHO') {
      for (let i = 0; i < count; i++) {
        await sleep((row.periodUs / 1000) * (0.5 + Math.random()));
        const length = session.output.length;
        const sent = performance.now();
        session.write('x');
        await session.until(() => session.output.length > length);
        lateUs.push((performance.now() - sent) * 1000);
      }
    } else await session.until(() => session.output.includes('>'));
    const cpu = (session.cpuMs() - cpuMs) / (performance.now() - startMs);
    if (row.mode === 'ECHO') session.write('q');
    await session.ended;
    if (row.mode !== 'ECHO') lateUs.push(...session.output.split('>')[1].trim().split('\n').map((ticks) => parseInt(ticks, 16) / TICKS_PER_US)); // prettier-ignore
    return { lateUs: lateUs.sort((a, b) => a - b), cpu };
  } finally {
    session.kill();
  }
}

function build(folder: string, row: Row, count: number): string {
  const elf = join(folder, 'guest.elf');
  const defines = [
    `-DMODE_${row.mode}=1`,
    `-DPERIOD=${row.periodUs * TICKS_PER_US}`,
    `-DCOUNT=${count}`,
    ...(row.load ? ['-DLOAD=1'] : []),
  ];
  const flags = [
    '-nostdlib',
    '-static',
    '-no-pie',
    '-march=rv64imac_zicsr',
    '-mabi=lp64',
    '-Wl,-N,-Ttext=0x80000000,--build-id=none,--no-warn-rwx-segments',
  ];
  const { status, stderr } = spawnSync('riscv64-linux-gnu-gcc', [...flags, ...defines, '-o', elf, SOURCE], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot build the guest: ${stderr}`);
  return elf;
}

const at = (sorted: readonly number[], part: number): string =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))].toFixed(0).padStart(8);

const program = new Command('latency')
  .option('--against <command...>', 'peers, as commands that take QEMU options')
  .option('--row <text>', 'rows whose name has this', '')
  .option('--seconds <n>', 'of each run', Number, 4)
  .parse();
const { against = ['qemu-system-riscv64'], row: wanted, seconds } = program.opts<{ against?: string[]; row: string; seconds: number }>();
const folder = mkdtempSync(join(tmpdir(), 'wemu-latency-'));
try {
  console.log(
    `${'row'.padEnd(22)}${'p50 us'.padStart(8)}${'p90'.padStart(8)}${'p99'.padStart(8)}${'most'.padStart(8)}${'CPU %'.padStart(8)}  of`,
  );
  for (const row of ROWS.filter(({ name }) => name.includes(wanted))) {
    const count = Math.max(MIN_COUNT, Math.floor((seconds * 1e6) / row.periodUs));
    const elf = build(folder, row, count);
    for (const command of [WEMU, ...against]) {
      const { lateUs, cpu } = await measure(command, elf, row, count);
      const cells = [0.5, 0.9, 0.99, 1].map((part) => at(lateUs, part)).join('');
      console.log(`${row.name.padEnd(22)}${cells}${(cpu * 100).toFixed(1).padStart(8)}  ${command === WEMU ? 'wemu' : command}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
