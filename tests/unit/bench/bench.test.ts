/** What the benchmarks make of their measurements; nothing is timed here. */
import { describe, expect, it } from 'vitest';
import { bootMeasurement } from '../../../bench/boot.js';
import { parseKernelTable, scaleFor } from '../../../bench/guest-table.js';
import { htmlReport } from '../../../bench/html.js';
import { compareChecksums, measure } from '../../../bench/kernels.js';
import { runChild } from '../../../bench/process.js';
import { buildReport, digits, formatReport, type Measured } from '../../../bench/report.js';
import { geometricMean, median, spread } from '../../../bench/statistics.js';
import { strategyNames } from '../../../bench/strategies.js';

const TABLE = [
  '',
  '  kernel                                          checksum          ms      MIPS',
  '  sha256    SHA-256 blocks                c4322bc26600ea79    4363.693       216',
  '  chase     pointer chase, 128 KiB        0000000000001dc4     134.405        76',
  '  stream    a + 3 b, 768 KiB              0000000a7feb0000123456789.350    123456',
  '  all                                                         5262.278       281',
  '',
  'all checks passed',
].join('\r\n');

describe('the table of the guest', () => {
  it('gives a row a kernel, without the sum', () => {
    expect(parseKernelTable(TABLE)).toEqual([
      { name: 'sha256', what: 'SHA-256 blocks', checksum: 'c4322bc26600ea79', ms: 4363.693, mips: 216 },
      { name: 'chase', what: 'pointer chase, 128 KiB', checksum: '0000000000001dc4', ms: 134.405, mips: 76 },
      { name: 'stream', what: 'a + 3 b, 768 KiB', checksum: '0000000a7feb0000', ms: 123456789.35, mips: 123456 },
    ]);
  });
  it('is refused when the guest did not come to its end', () => {
    expect(() => parseKernelTable(TABLE.replace('all checks passed', '1 checks FAILED'))).toThrow('did not come to its end');
  });
  it('must have the same checksums for everybody', () => {
    const rows = parseKernelTable(TABLE);
    const other = rows.map((row) => (row.name === 'chase' ? { ...row, checksum: 'f'.repeat(16) } : row));
    expect(() => compareChecksums([{ who: 'tci', rows }, { who: 'wasm', rows }])).not.toThrow(); // prettier-ignore
    expect(() => compareChecksums([{ who: 'tci', rows }, { who: 'wasm', rows: other }])).toThrow('kernel chase: checksum ffffffffffffffff with wasm'); // prettier-ignore
    expect(() => compareChecksums([{ who: 'tci', rows }, { who: 'wasm', rows: rows.slice(1) }])).toThrow('wasm ran chase, stream'); // prettier-ignore
  });
});

describe('statistics', () => {
  it('median, of odd and even counts, whatever the order', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });
  it('spread', () => {
    expect(spread([5, 1, 4])).toEqual({ median: 4, min: 1, max: 5, count: 3 });
  });
  it('geometric mean: the mean of ratios is the ratio of means', () => {
    expect(geometricMean([1, 4, 16])).toBeCloseTo(4, 12);
    expect(geometricMean([1 / 2, 2])).toBeCloseTo(1, 12);
    expect(() => geometricMean([1, 0])).toThrow(RangeError);
    expect(() => geometricMean([])).toThrow(RangeError);
  });
  it.each([
    [1000, 1000, 10, 10],
    [1000, 5000, 10, 2],
    [1000, 90, 10, 100],
    [1000, 160, 10, 50],
    [1000, 1e9, 10, 1],
    [1000, 0, 10, 1000],
  ])('a scale for %d ms where %d ms were taken at %d: %d', (target, ms, scale, expected) => {
    expect(scaleFor(target, ms, scale)).toBe(expected);
  });
});

it('QEMU gets its rate from the instructions that wemu counted for the same work', () => {
  const row = (ms: number, mips: number) => ({ name: 'x', what: '', checksum: '', ms, mips });
  const results = new Map([
    ['tci', [row(100, 50)]],
    ['wasm', [row(200, 300), row(300, 200), row(150, 400)]],
    ['qemu', [row(30, 2596), row(60, 2596), row(40, 2596)]],
  ]);
  const scales: Record<string, number> = { tci: 1, wasm: 10, qemu: 10 };
  const measured = measure([{ name: 'tci' }, { name: 'wasm' }, { name: 'qemu' }], results, ({ name }) => scales[name]);
  expect(measured.tci).toEqual({ scale: 1, ms: spread([100]), mips: spread([50]) });
  expect(measured.wasm.mips).toEqual({ median: 300, min: 200, max: 400, count: 3 });
  expect(measured.qemu.mips).toEqual({ median: 1500, min: 1000, max: 2000, count: 3 }); // 60,000 k instructions in 40, 60, 30 ms
});

const one = (value: number) => spread([value]);
const kernel = (name: string, tci: number, wasm: number, qemu: number) => ({
  name,
  what: `${name} <&>`,
  measurements: {
    tci: { scale: 1, ms: one(1), mips: one(tci) },
    wasm: { scale: 10, ms: one(1), mips: one(wasm) },
    qemu: { scale: 10, ms: one(1), mips: one(qemu) },
  },
});
const MEASURED: Measured = {
  date: '2030-01-02T03:04:05.000Z',
  host: { cpu: 'A <CPU>', cores: 2, memoryGiB: 4, system: 'Linux x64', node: '20', v8: '11', qemu: 'QEMU 7', load: 0.1 },
  rounds: 1,
  contestants: ['tci', 'wasm', 'qemu'],
  kernels: [kernel('a', 10, 100, 50), kernel('b', 10, 1000, 2000)],
  boot: {
    tci: bootMeasurement([{ seconds: 8, peakMiB: undefined }]),
    wasm: bootMeasurement([{ seconds: 4, peakMiB: 300 }, { seconds: 5, peakMiB: 310 }, { seconds: 3, peakMiB: undefined }]),
    qemu: bootMeasurement([{ seconds: 2, peakMiB: 200 }]),
  }, // prettier-ignore
};

describe('the report', () => {
  const report = buildReport(MEASURED);
  it('has ratios of speed, above 1 for the faster one, and their geometric means', () => {
    expect(report.ratios.map(({ a, b }) => `${a}/${b}`)).toEqual(['wasm/tci', 'tci/qemu', 'wasm/qemu']);
    expect(report.ratios[0]).toMatchObject({ kernels: { a: 10, b: 100 }, boot: 2 });
    expect(report.ratios[0].geometricMean).toBeCloseTo(Math.sqrt(1000), 9);
    expect(report.ratios[2]).toMatchObject({ kernels: { a: 2, b: 0.5 }, boot: 0.5 });
    expect(report.ratios[2].geometricMean).toBeCloseTo(1, 12);
  });
  it('does without QEMU, a boot, or kernels', () => {
    const alone = buildReport({ ...MEASURED, contestants: ['wasm'], boot: undefined });
    expect(alone.ratios).toEqual([]);
    expect(formatReport(alone)).not.toContain('Linux:');
    const boot = buildReport({ ...MEASURED, kernels: [] });
    expect(boot.ratios[0].geometricMean).toBeUndefined();
    expect(formatReport(boot)).not.toContain('MIPS');
  });
  it('says as text what it was measured on, and every number with its range', () => {
    const text = formatReport(report);
    expect(text).toContain('A <CPU>, 2 cores, 4 GiB, Linux x64');
    expect(text).toMatch(/^geometric mean {2,}31\.6 +0\.0316 +1\.00$/m);
    expect(text).toMatch(/^seconds +8\.00 \(8\.00\.\.8\.00\) +4\.00 \(3\.00\.\.5\.00\)/m);
    expect(text).toMatch(/^peak RSS, MiB +- +305 \(300\.\.310\) +200 \(200\.\.200\)$/m);
  });
  it('is one HTML page with charts, that loads nothing', async () => {
    const html = await htmlReport(report);
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(html).toContain('A &#60;CPU&#62;');
    expect(html).not.toMatch(/<script|<link|src=|@import|href=/);
  });
  it('digits', () => {
    expect([123.4, 12.34, 0.01234, undefined, NaN].map(digits)).toEqual(['123', '12.3', '0.0123', '-', '-']);
  });
});

describe('a child process', () => {
  const node = (script: string, options = {}) => runChild(process.execPath, ['-e', script], options);
  it('is timed to a text in its output, and its memory is seen', async () => {
    const run = await node("console.log('now'); setTimeout(() => console.log('end'), 400)", { until: 'now' });
    expect(run.output).toBe('now\nend\n');
    const whole = await node("console.log('now'); setTimeout(() => console.log('end'), 400)");
    expect(whole.seconds).toBeGreaterThan(0.4);
    if (process.platform === 'linux') expect(run.peakMiB).toBeGreaterThan(10);
  });
  it.each([
    ["process.stderr.write('oh\\n'); process.exit(3)", 15_000, /status 3: oh$/],
    ['setInterval(() => {}, 1000)', 300, /no end after 0\.3 s/],
  ])('that fails is an error of one line: %s', async (script, timeoutMs, message) => {
    await expect(node(script, { timeoutMs })).rejects.toThrow(message);
  });
  it('that is not there is one, too', async () => {
    await expect(runChild('/no/such/program', [])).rejects.toThrow('cannot run /no/such/program');
  });
});

it('strategies are known names', () => {
  expect(strategyNames(['tci,wasm', 'wasm'])).toEqual(['tci', 'wasm']);
  expect(() => strategyNames(['fast'])).toThrow("unknown strategy 'fast'");
});
