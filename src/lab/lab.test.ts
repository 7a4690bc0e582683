/** What the laboratory makes of its measurements; nothing is timed here. */
import { describe, expect, it } from 'vitest';
import { charts } from './charts.js';
import { Comparison, PEER } from './compare.js';
import { acrossEngines } from './engines.js';
import { LineReader, parseFailure, parseResult } from './guest-output.js';
import { htmlReport } from './html.js';
import { isMark, recordsOf, type Outcome } from './outcome.js';
import { digits, formatResults, makeResults, type Measured } from './report.js';
import { makeRows, withChecksumErrors, type Contestant, type RunRecord } from './results.js';
import { schedule, type Job } from './schedule.js';
import { runSession } from './session.js';
import { geometricMean, median, quantile, spread } from './statistics.js';
import { speeds, steadyState, type Sample } from './steady.js';
import { architectureOf, chooseWorkloads, guestOf, isBareMetal, workFor, WORKLOAD_NAMES } from './workloads.js';

const COUNTERS = { instructions: 0, translateMs: 1, generateMs: 2, compileMs: 3, modules: 4, regions: 5, codeBytes: 6, evictions: 0 };
const contestant = (name: string, kind: 'wemu' | 'peer', interpreter = false): Contestant => ({
  name,
  kind,
  interpreter,
  description: `${name}!`,
  how: name,
  version: '1',
});
const TCI = contestant('tci', 'wemu', true);
const OPT = contestant('region-opt', 'wemu');
const QEMU = contestant('qemu', 'peer');
const NEWER = contestant('qemu10', 'peer');
const WARM = contestant('region-warm', 'wemu');
const ALL = [TCI, OPT, QEMU, NEWER];

const run = (who: Contestant, workload: RunRecord['workload'], seconds: number, more: Partial<RunRecord> = {}): RunRecord => ({
  round: 1,
  contestant: who.name,
  workload,
  work: 100,
  checksum: 'c'.repeat(16),
  seconds,
  ...(who.kind === 'wemu' && { instructions: 1e9, cost: COUNTERS, peakMiB: 100 }),
  ...more,
});
const RUNS: RunRecord[] = [
  run(TCI, 'int', 1, { work: 10, instructions: 1e8, checksum: 'd'.repeat(16) }),
  run(OPT, 'int', 1, { samples: [[0, 0], [500, 4e8], [1000, 1e9]], steady: { mips: 1200, seconds: 0.5 } }),
  run(OPT, 'int', 3, { round: 2 }),
  run(QEMU, 'int', 4),
  run(NEWER, 'int', 5),
  run(OPT, 'chase', 2),
  run(QEMU, 'chase', 3),
  run(NEWER, 'chase', 1),
  run(OPT, 'nbody', 1),
  run(NEWER, 'nbody', 4),
  run(OPT, 'linux-int', 1),
  run(QEMU, 'linux-int', 16),
  run(OPT, 'syscall', 1),
  run(QEMU, 'syscall', 2),
  run(OPT, 'boot', 6, { work: 1, checksum: undefined }),
  run(QEMU, 'boot', 3, { work: 1, checksum: undefined }),
]; // prettier-ignore
const measured = (more: Partial<Measured> = {}): Measured => ({
  date: '2026-01-01T00:00:00.000Z',
  wemu: '0.1.0',
  host: { cpu: 'a <cpu>', cores: 2, memoryGiB: 24, system: 'Linux x64', runtime: 'Node 20', load: 0.1 },
  rounds: 2,
  share: 1,
  interrupted: false,
  contestants: ALL,
  workloads: ['int', 'chase', 'nbody', 'syscall', 'boot', 'linux-int'],
  runs: RUNS,
  skipped: {},
  ...more,
});

describe('statistics', () => {
  it('median and quantiles, whatever the order', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 1, 2, 3])).toBe(2.5);
    expect(quantile([5, 1, 3], 0.25)).toBe(2);
    expect(() => median([])).toThrow(RangeError);
    expect(spread([5, 1, 4])).toEqual({ median: 4, min: 1, max: 5, quartiles: [2.5, 4.5], count: 3 });
  });
  it('geometric mean: the mean of ratios is the ratio of means', () => {
    expect(geometricMean([1, 4, 16])).toBeCloseTo(4, 12);
    expect(geometricMean([1 / 2, 2])).toBeCloseTo(1, 12);
    expect(() => geometricMean([1, 0])).toThrow(RangeError);
    expect(() => geometricMean([])).toThrow(RangeError);
  });
});

describe('steady state', () => {
  /** 100 MIPS for `slow` samples, then 1000, with one lucky sample early on. */
  const series = (slow: number, count: number): Sample[] => {
    const samples: Sample[] = [[0, 0]];
    for (let i = 1; i <= count; i++) samples.push([50 * i, samples[i - 1][1] + (i > slow || i === 2 ? 50e6 : 5e6)]);
    return samples;
  };
  it('begins where three samples together are near the speed of the second half', () => {
    expect(steadyState(series(6, 30))).toEqual({ mips: 1000, seconds: 0.3 });
  });
  it('is not told of a run that is too short, or stands still', () => {
    expect(steadyState(series(2, 7))).toBeUndefined();
    expect(steadyState(Array.from({ length: 20 }, (_, i): Sample => [50 * i, 0]))).toBeUndefined();
  });
  it('speeds are of the time between samples; two at once are one', () => {
    expect(speeds([[0, 0], [10, 1e6], [10, 1e6], [30, 5e6]])).toEqual([{ seconds: 0.01, mips: 100 }, { seconds: 0.03, mips: 200 }]); // prettier-ignore
  });
});

describe('guest output', () => {
  it.each([
    ['  sha256    SHA-256 blocks                c4322bc26600ea79    4500.000       216', { name: 'sha256', checksum: 'c4322bc26600ea79', seconds: 4.5 }],
    ['  stream    a + 3 b, 768 KiB              0000000a7feb0000123456500.000    123456', { name: 'stream', checksum: '0000000a7feb0000', seconds: 123456.5 }],
    ['lab: pipe 411d6515e81e64cf 1500000000', { name: 'pipe', checksum: '411d6515e81e64cf', seconds: 1.5 }],
    ['  all                                                         5262.278       281', undefined],
    ['lab: ready', undefined],
    ['lab: real-gcc failed: status 1', undefined],
  ])('%s', (line, result) => expect(parseResult(line)).toEqual(result)); // prettier-ignore
  it('tells of a program that failed', () => {
    expect(parseFailure('lab: real-gcc failed: status 137\r')).toEqual({ name: 'real-gcc', why: 'status 137' });
    expect(parseFailure('lab: pipe 411d6515e81e64cf 1500000000')).toBeUndefined();
  });
  it('comes in pieces', () => {
    const lines: string[] = [];
    const reader = new LineReader((text) => lines.push(text));
    for (const piece of ['a\r', '\nb', 'c\n\nd']) reader.push(piece);
    expect(lines).toEqual(['a', 'bc', '']);
  });
});

describe('workloads', () => {
  const unknown = (name: string): never => {
    throw new Error(name);
  };
  it('are chosen by name and group, each once', () => {
    expect(chooseWorkloads(['memory', 'int', 'chase'], unknown).filter(isBareMetal)).toEqual([
      'int',
      'chase',
      'chasemem',
      'memcpy',
      'stream',
    ]);
    expect(chooseWorkloads(['all'], unknown)).toEqual(WORKLOAD_NAMES);
    expect(chooseWorkloads(['real'], unknown).map(guestOf)).toEqual(Array(16).fill('real'));
    expect(chooseWorkloads(['linux'], unknown).every((name) => guestOf(name) === 'linux')).toBe(true);
    expect(chooseWorkloads(['ppc'], unknown).map(guestOf)).toEqual(Array(14).fill('ppc'));
    expect(chooseWorkloads(['kernels', 'integer', 'float'], unknown).map(architectureOf)).not.toContain('ppc');
    expect(() => chooseWorkloads(['toString'], unknown)).toThrow('toString');
  });
  it('give an interpreter less to compute, and the same system calls', () => {
    expect(workFor('int', true) * 10).toBe(workFor('int', false));
    expect(workFor('chasemem', true)).toBe(workFor('chasemem', false));
    expect(workFor('pipe', true)).toBe(workFor('pipe', false));
    expect(workFor('fib', true, 0.0001)).toBe(1);
  });
});

describe('the schedule', () => {
  const jobs = schedule(['a', 'b'], ['int', 'fib', 'pipe', 'boot'], 2);
  it('begins with a trial of all kernels, then interleaves, and turns who is first', () => {
    expect(jobs.map(({ round, contestant: who, workloads }) => `${round}${who} ${workloads}`)).toEqual([
      '0a int,fib', '0b int,fib',
      '1a int', '1b int', '1a fib', '1b fib', '1a pipe,boot', '1b pipe,boot',
      '2b int', '2a int', '2b fib', '2a fib', '2b pipe,boot', '2a pipe,boot',
    ]); // prettier-ignore
  });
  it('gives real programs a boot of their own, and a round before for who keeps code', () => {
    const real = schedule(['region-warm', 'qemu'], ['pipe', 'real-lua', 'real-bc'], 1);
    expect(real.map(({ round, contestant: who, guest, workloads }) => `${round} ${who} ${guest} ${workloads}`)).toEqual([
      '0 region-warm real real-lua,real-bc',
      '1 region-warm linux pipe', '1 qemu linux pipe', '1 region-warm real real-lua,real-bc', '1 qemu real real-lua,real-bc',
    ]); // prettier-ignore
  });
  it('leaves out who has no processor for it', () => {
    const some = schedule(['a', 'b'], ['int', 'ppc-int', 'ppc-fib', 'pipe'], 1, (who, name) => who === 'a' || guestOf(name) === 'ppc');
    expect(some.map(({ round, contestant: who, guest, workloads }) => `${round}${who} ${guest} ${workloads}`)).toEqual([
      '0a bare-metal int', '0a ppc ppc-int,ppc-fib', '0b ppc ppc-int,ppc-fib',
      '1a bare-metal int', '1a ppc ppc-int', '1b ppc ppc-int', '1a ppc ppc-fib', '1b ppc ppc-fib', '1a linux pipe',
    ]); // prettier-ignore
  });
  it('that round is of the whole work', async () => {
    const asked: number[] = [];
    await runSession({
      jobs: schedule(['region-warm'], ['int', 'real-lua'], 0),
      work: () => 7,
      run: async ({ workloads }, work) => (asked.push(work(workloads[0])), { lines: [], seconds: 1 }),
    });
    expect(asked).toEqual([1, 7]);
  });
  it('tells of each workload of a boot when it is over', async () => {
    const said: [number, string][] = [];
    const boot: Job = { round: 1, contestant: 'x', guest: 'linux', workloads: ['boot', 'pipe', 'shell'] };
    await runSession({
      jobs: [boot, { ...boot, workloads: ['pipe'] }],
      work: () => 7,
      run: async (_, __, heard) => {
        ['lab: ready', 'noise', `lab: pipe ${'0'.repeat(16)} 1000000000`, 'lab: shell failed: oh'].forEach(heard);
        return { lines: [], seconds: 1 };
      },
      progress: (done, step) => said.push([done, step]),
    });
    expect(said).toEqual([
      [0, 'round 1: Linux (boot, pipe, shell), x'],
      [1 / 8, 'round 1: Linux, x: boot is over'], [2 / 8, 'round 1: Linux, x: pipe is over'], [3 / 8, 'round 1: Linux, x: shell is over'],
      [1 / 2, 'round 1: Linux (pipe), x'], [1, 'done'],
    ]); // prettier-ignore
  });
  it('tells what could be measured when it is cut short', async () => {
    let done = 0;
    const outcome: Outcome = { lines: [{ text: 'lab: ready', seconds: 5 }, { text: `lab: pipe ${'0'.repeat(16)} 1000000000`, seconds: 6 }], seconds: 7, error: 'interrupted' }; // prettier-ignore
    const linux = jobs.filter(({ guest }) => guest === 'linux');
    const records = await runSession({
      jobs: [{ ...linux[0], workloads: ['pipe', 'shell', 'boot'] }, linux[1]],
      work: () => 7,
      run: async () => (done++, outcome),
      isCancelled: () => done > 0,
    });
    expect(done).toBe(1);
    expect(records.map(({ workload, seconds, work }) => [workload, seconds, work])).toEqual([['pipe', 1, 7], ['boot', 5, 7]]); // prettier-ignore
  });
});

describe('records of a process', () => {
  const job: Job = { round: 1, contestant: 'x', guest: 'bare-metal', workloads: ['int'] };
  const ROW = `  int       integer mix                   ${'1'.repeat(16)}    1500.000      100`;
  const lines = (...texts: string[]) => texts.map((text, i) => ({ text, seconds: i + 1, peakMiB: 10 * (i + 1) }));
  it('a kernel takes the whole process', () => {
    const outcome = {
      lines: lines(ROW, 'all checks passed'),
      seconds: 2,
      peakMiB: 99,
      watched: { samples: [], marks: [], counters: { ...COUNTERS, instructions: 7 } },
    };
    expect(recordsOf(job, () => 10, outcome)).toMatchObject([
      { checksum: '1'.repeat(16), seconds: 2, guestSeconds: 1.5, instructions: 7, peakMiB: 99, cost: { modules: 4 } },
    ]);
    expect(recordsOf({ ...job, round: 0 }, () => 1, outcome)[0]).not.toHaveProperty('seconds');
  });
  it.each<[string, Outcome, string]>([
    ['crashes', { lines: [], seconds: 1, error: 'status 1: oh' }, 'status 1: oh'],
    ['says nothing', { lines: [], seconds: 1 }, 'did not come to its end: it said nothing'],
    ['fails its checks', { lines: lines(ROW, '1 checks FAILED'), seconds: 1 }, 'did not come to its end: 1 checks FAILED'],
    ['runs something else', { lines: lines('all checks passed'), seconds: 1 }, 'the guest printed no result'],
  ])('one that %s is an error', (_, outcome, error) => {
    const [record] = recordsOf(job, () => 1, outcome);
    expect(record.error).toContain(error);
    expect(record.seconds).toBeUndefined();
  });
  it('programs under Linux take their own time, and cost what was made since the line before', () => {
    const pipe = `lab: pipe ${'2'.repeat(16)} 3000000000`;
    const marks = [
      { line: 'lab: ready', ms: 0, counters: { ...COUNTERS, instructions: 1000 } },
      { line: pipe, ms: 0, counters: { ...COUNTERS, instructions: 1700, modules: 9 } },
    ];
    const linux: Job = { ...job, guest: 'linux', workloads: ['pipe', 'shell', 'boot'] };
    const outcome = {
      lines: lines('lab: ready', pipe),
      seconds: 60,
      error: 'no end after 60 s',
      watched: { samples: [], marks, counters: COUNTERS },
    };
    expect(recordsOf(linux, () => 1, outcome)).toMatchObject([
      { workload: 'pipe', seconds: 3, instructions: 700, cost: { modules: 5 }, peakMiB: 20 },
      { workload: 'shell', error: 'no end after 60 s' },
      { workload: 'boot', seconds: 1, instructions: 1000, peakMiB: 10 },
    ]);
    expect(marks.map(({ line }) => isMark(line))).toEqual([true, true]);
  });
});

describe('records of real programs', () => {
  const at = (text: string, seconds: number, machine: number, all: number) => ({
    text,
    seconds,
    peakMiB: 10 * seconds,
    cpu: { machine, all },
  });
  const result = (name: string) => `lab: ${name} ${'3'.repeat(16)} 2000000000`;
  const job: Job = { round: 1, contestant: 'x', guest: 'real', workloads: ['real-perl', 'real-gcc', 'real-bc', 'real-git'] };
  const outcome: Outcome = {
    lines: [
      at('lab: ready', 5, 4, 6),
      at(result('real-perl'), 8, 6.5, 10),
      at('gcc: no such file', 9, 7, 11),
      at('lab: real-gcc failed: status 1', 10, 8, 12),
      at(result('real-bc'), 11, 8.5, 13),
    ],
    seconds: 12,
  };
  it('take the time and the CPU since the line before, be it of a failure', () => {
    expect(recordsOf(job, () => 1, outcome)).toEqual([
      expect.objectContaining({ workload: 'real-perl', checksum: '3'.repeat(16), seconds: 3, guestSeconds: 2, cpuSeconds: 2.5, allCpuSeconds: 4, peakMiB: 80 }),
      expect.objectContaining({ workload: 'real-gcc', error: 'status 1: gcc: no such file' }),
      expect.objectContaining({ workload: 'real-bc', seconds: 1, cpuSeconds: 0.5, allCpuSeconds: 1 }),
      expect.objectContaining({ workload: 'real-git', error: 'the guest printed no result' }),
    ]); // prettier-ignore
  });
  it('have no CPU time where the host tells none', () => {
    const lines = outcome.lines.map(({ cpu: _, ...line }) => line);
    const [perl] = recordsOf(job, () => 1, { ...outcome, lines });
    expect(perl).toMatchObject({ seconds: 3 });
    expect(perl).not.toHaveProperty('cpuSeconds');
  });
});

describe('results of real programs', () => {
  const cpu = (who: Contestant, workload: RunRecord['workload'], cpuSeconds: number | undefined, allCpuSeconds?: number) =>
    run(who, workload, 9, { cpuSeconds, allCpuSeconds });
  const real = (runs: RunRecord[], warm?: string) =>
    makeResults(measured({ contestants: [OPT, WARM, QEMU, NEWER], workloads: ['real-lua', 'real-bc'], runs, warm }));
  // The better peer is told row by row, and by each measure for itself.
  const RUNS = [
    cpu(OPT, 'real-lua', 1, 2), cpu(WARM, 'real-lua', 0.5, 1), cpu(QEMU, 'real-lua', 2, 2.5), cpu(NEWER, 'real-lua', 4, 4),
    cpu(OPT, 'real-bc', 2, 8), cpu(WARM, 'real-bc', 2, 2), cpu(QEMU, 'real-bc', 3, 4), cpu(NEWER, 'real-bc', 1, 5),
  ]; // prettier-ignore
  it('are speeds by the CPU time of the machine’s thread, and of all', () => {
    const { vsQemu, ratios } = real(RUNS, 'region-warm');
    expect(vsQemu.real).toEqual({
      cold: { geomean: expect.closeTo(1, 12), min: 0.5, minWorkload: 'real-bc', allThreads: expect.closeTo((1.25 * 0.5) ** 0.5, 12) },
      warm: { geomean: expect.closeTo(2 ** 0.5, 12), min: 0.5, minWorkload: 'real-bc', allThreads: expect.closeTo(5 ** 0.5, 12) },
    });
    expect(ratios.find(({ a, b }) => a === 'region-opt' && b === 'qemu')!.workloads).toEqual({ 'real-lua': 2, 'real-bc': 1.5 });
    expect(vsQemu.reasons).not.toHaveProperty('real.cold');
  });
  it('are null with a reason', () => {
    expect(real(RUNS).vsQemu.real.warm).toEqual({ geomean: null, min: null, minWorkload: null, allThreads: null });
    expect(real(RUNS).vsQemu.reasons).toMatchObject({ 'real.warm': 'no strategy with a warm code cache took part' });
    expect(real([]).vsQemu.reasons).toMatchObject({ 'real.cold': 'no real program was measured on both sides' });
    const untold = real([cpu(OPT, 'real-lua', undefined), cpu(QEMU, 'real-lua', undefined)]).vsQemu;
    expect(untold.reasons).toMatchObject({ 'real.cold': 'CPU time was not told on both sides (this host has no /proc)' });
  });
  it('compare an interpreter, which has less work, by its rate', () => {
    const rows = makeRows([OPT, TCI], ['real-lua'], [
      run(OPT, 'real-lua', 9, { cpuSeconds: 2 }),
      run(TCI, 'real-lua', 9, { cpuSeconds: 4, work: 10, instructions: 1e8, checksum: 'd'.repeat(16) }),
    ]); // prettier-ignore
    const ratio = new Comparison([OPT, TCI], rows).ratio('region-opt', 'tci');
    expect(ratio.real).toBeCloseTo(20, 9);
    expect(ratio.realAllThreads).toBeNull();
  });
  it('are rows, means and charts of the report', () => {
    const results = real(RUNS, 'region-warm');
    const text = formatResults(results);
    expect(text).toMatch(/^real-lua +region-opt +9\.00 \(9\.00\.\.9\.00\) +1\.00 +2\.00 /m);
    expect(text).toMatch(/^geomean real +1\.73 /m);
    expect(text).toMatch(/^ {2}all threads +0\.791 /m);
    expect(text).toContain(
      '  real, cold, speed     1.00, all threads 0.791; least 0.500 real-bc\n  real, warm, speed     1.41, all threads 2.24; least 0.500 real-bc',
    );
    expect(charts(results).map(({ title }) => title).slice(0, 2)).toEqual(['Real programs', 'Real programs, all threads']); // prettier-ignore
  });
});

describe('results on PowerPC', () => {
  const results = makeResults(
    measured({
      workloads: ['int', 'ppc-int', 'ppc-fib', 'ppc-chase', 'ppc-nbody'],
      runs: [
        run(OPT, 'int', 1), run(QEMU, 'int', 8), run(NEWER, 'int', 9),
        run(OPT, 'ppc-int', 1), run(QEMU, 'ppc-int', 4), run(NEWER, 'ppc-int', 2),
        run(OPT, 'ppc-fib', 1), run(QEMU, 'ppc-fib', 8), run(NEWER, 'ppc-fib', 9),
        run(OPT, 'ppc-chase', 2), run(QEMU, 'ppc-chase', 1),
        run(OPT, 'ppc-nbody', 1), run(QEMU, 'ppc-nbody', 20),
      ],
    }),
  ); // prettier-ignore
  it('are told by kind, and apart from the others', () => {
    expect(results.vsQemu.ppc).toEqual({
      integer: { geomean: expect.closeTo(4, 12) },
      memory: { geomean: 0.5 },
      float: { geomean: expect.closeTo(20, 12) },
      min: 0.5,
      minWorkload: 'ppc-chase',
    });
    expect(results.vsQemu.compute).toMatchObject({ geomean: expect.closeTo(8, 12), min: 8, memory: null, float: null });
    expect(results.ratios.find(({ a, b }) => a === 'region-opt' && b === PEER)).toMatchObject({
      compute: expect.closeTo(8, 12),
      ppc: expect.closeTo(160 ** (1 / 4), 12),
    });
  });
  it('are lines, means and a chart of the report', () => {
    const text = formatResults(results);
    expect(text).toContain('PowerPC, speed        integer 4.00, memory 0.500, float 20.0; least 0.500 ppc-chase');
    expect(text).toMatch(/^ {2}on PowerPC .* 3\.56$/m);
    expect(charts(results).map(({ title }) => title)).toContain('Kernels on PowerPC');
  });
  it('are null with a reason', () => {
    const { ppc, reasons } = makeResults(measured()).vsQemu;
    expect(ppc).toMatchObject({ integer: { geomean: null }, min: null, minWorkload: null });
    expect(reasons).toMatchObject({ 'ppc.float': 'no such kernel was measured on both sides' });
  });
});

describe('results', () => {
  const results = makeResults(measured());
  it('have the ratios to QEMU at the top, against the better peer row by row', () => {
    expect(Object.keys(JSON.parse(JSON.stringify(results)) as object)[0]).toBe('vsQemu');
    const { compute, system, boot, subject, peers, reasons } = results.vsQemu;
    expect(subject).toBe('region-opt');
    expect(peers).toEqual(['qemu', 'qemu10']);
    // int: 4/2, chase: 1/2, nbody: 4/1, linux-int: 16/1
    expect(compute.geomean).toBeCloseTo(64 ** (1 / 4), 12);
    expect(compute.bareMetal).toBeCloseTo(4 ** (1 / 3), 12);
    expect(compute.integer).toBeCloseTo(32 ** (1 / 2), 12);
    expect(compute).toMatchObject({ min: 0.5, minWorkload: 'chase', memory: 0.5, float: 4, programs: expect.closeTo(16, 12) });
    expect(system).toMatchObject({ geomean: 2, min: 2 });
    expect(boot).toEqual({ cold: 2, warm: null });
    expect(reasons).toMatchObject({ 'boot.warm': 'no strategy with a warm code cache took part' });
    expect(Object.keys(reasons)).toEqual(['boot.warm', 'real.cold', 'real.warm', 'ppc.integer', 'ppc.memory', 'ppc.float']);
  });
  it('say why there is nothing to compare with', () => {
    const alone = makeResults(measured({ contestants: [TCI, OPT], runs: RUNS.filter(({ contestant: who }) => !who.startsWith('qemu')) }));
    const { vsQemu } = alone;
    expect(vsQemu.compute.geomean).toBeNull();
    expect(vsQemu.reasons).toMatchObject({ compute: 'no peer took part', system: 'no peer took part', 'boot.cold': 'no peer took part' });
    expect(formatResults(alone)).toContain('No peer took part: nothing to compare with.');
  });
  it('compare rates where the work differs, and count a peer by wemu', () => {
    const rows = makeRows(ALL, ['int'], RUNS);
    const comparison = new Comparison(ALL, rows);
    expect(comparison.row('int', 'qemu')!.mips!.median).toBe(250);
    const ratio = comparison.ratio('region-opt', 'tci');
    expect(ratio.workloads.int).toBeCloseTo(20 / 3, 9);
    expect(ratio.compute).toBeCloseTo(20 / 3, 9);
    expect(ratio.memory).toBeNull();
    expect(comparison.row('int', PEER)!.contestant).toBe('qemu');
  });
  it('compare an interpreter alone with a peer by their work', () => {
    const rows = makeRows([TCI, QEMU], ['int'], [run(TCI, 'int', 1, { work: 10 }), run(QEMU, 'int', 4, { instructions: undefined })]);
    expect(new Comparison([TCI, QEMU], rows).ratio('tci', 'qemu').workloads.int).toBeCloseTo(4 * 10 / 100, 9); // prettier-ignore
  });
  it('tell every contestant of a checksum that is not everybody’s, and nobody else', () => {
    const wrong = [
      run(OPT, 'int', 1),
      run(QEMU, 'int', 1, { checksum: 'e'.repeat(16) }),
      run(TCI, 'int', 1, { work: 10, checksum: 'f'.repeat(16) }),
    ];
    const checked = withChecksumErrors(wrong);
    expect(checked[0].error).toBe(`checksums differ: ${'c'.repeat(16)} (region-opt), ${'e'.repeat(16)} (qemu)`);
    expect(checked[2].error).toBeUndefined();
    const { failures, rows } = makeResults(measured({ contestants: [TCI, OPT, QEMU], workloads: ['int'], runs: wrong }));
    expect(failures).toHaveLength(2);
    expect(rows.find(({ contestant: who }) => who === 'region-opt')).toMatchObject({ runs: 0, seconds: null });
  });
  it('as text: a row a contestant, ratios with means, and what failed', () => {
    const text = formatResults(
      makeResults(
        measured({
          runs: [...RUNS, { round: 1, contestant: 'tci', workload: 'chase', work: 1, error: 'boom' }],
          skipped: { shell: 'no shell' },
        }),
      ),
    );
    expect(text).toMatch(/^int +tci +1\.00 \(1\.00\.\.1\.00\) +- +- +100/m);
    expect(text).toMatch(/^ +region-opt +2\.00 \(1\.00\.\.3\.00\) +- +- +667 +1200 +0\.500/m);
    expect(text).toMatch(/^geomean kernels .*2\.83$/m);
    expect(text).toMatch(/^ {2}bare metal .*1\.59$/m);
    expect(text).toContain('boot, time            cold 2.00, warm - (no strategy with a warm code cache took part)');
    expect(text).not.toMatch(/PowerPC, speed|real, cold/);
    expect(text).toContain('not measured: shell: no shell\nERROR chase, tci: boom');
  });
  it('three digits', () => expect([digits(1234.5), digits(0.01234), digits(undefined)]).toEqual(['1235', '0.0123', '-']));
});

describe('the report', () => {
  it('is one file with a chart for everything, and nothing of it is markup', async () => {
    const html = await htmlReport(makeResults(measured()), async (spec) => `<svg>${Object.keys(spec).length}</svg>`);
    expect(html).toContain('a &#60;cpu&#62;');
    expect(html).not.toMatch(/<script|<link|src=|https?:/);
    expect(html.match(/<h2>[^<]*/g)).toEqual(
      ['Kernels', 'Linux', 'Ratios', 'Warm-up', 'What code costs and gains', 'Memory', 'Contestants', 'Numbers'].map(
        (title) => `<h2>${title}`,
      ),
    );
  });
  it('needs no measurement to be one', () => {
    expect(charts(makeResults(measured({ runs: [] })))).toEqual([]);
    expect(formatResults(makeResults(measured({ runs: [], contestants: [], workloads: [] })))).toContain('wemu 0.1.0');
  });
});

describe('several engines', () => {
  const of = (runtime: string, runs: readonly RunRecord[], more: Partial<Measured> = {}) => {
    const all = measured({ contestants: [OPT, QEMU], workloads: ['int', 'chase'], runs, ...more });
    return makeResults({ ...all, host: { ...all.host, runtime } });
  };
  const node = of('Node 20.20.2 (V8 11.3)', [run(OPT, 'int', 2), run(OPT, 'chase', 4), run(QEMU, 'int', 1)]);

  it('are compared with the first, by the same work', () => {
    const results = acrossEngines([node, of('Firefox 153', [run(OPT, 'int', 4), run(OPT, 'chase', 2)])]);
    expect(results.contestants.map(({ name }) => name)).toEqual(['Node 20', 'Firefox 153']);
    expect(results.ratios).toMatchObject([{ a: 'Firefox 153', b: 'Node 20', workloads: { int: 0.5, chase: 2 }, kernels: 1 }]);
    expect(results.failures).toEqual([]);
    const text = formatResults(results);
    expect(text).toContain('Firefox 153/Node 20');
    expect(text).not.toContain('against');
  });

  it('must agree in their checksums', () => {
    const results = acrossEngines([node, of('Firefox 153', [run(OPT, 'int', 4, { checksum: 'e'.repeat(16) })])]);
    expect(results.failures.join()).toMatch(/int, Firefox 153: checksums differ/);
  });

  it('are refused where they cannot be compared', () => {
    expect(() => acrossEngines([node, of('Node 20.9.0', [])])).toThrow('two of the files are of Node 20');
    expect(() => acrossEngines([node, of('Chromium 156', [], { share: 0.1 })])).toThrow('other amounts of work');
  });
});
