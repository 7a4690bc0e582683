import { describe, expect, it } from 'vitest';
import { runChild } from './process.js';

const node = (script: string, options = { timeoutMs: 20_000 }) => runChild(process.execPath, ['-e', script], options);

describe('a child process', () => {
  it('tells lines, the report on descriptor 3, and its peak of memory', async () => {
    const run = await node("console.log('a\\nb'); require('fs').writeSync(3, '{}'); setTimeout(() => {}, 120)");
    expect(run).toMatchObject({ lines: [{ text: 'a' }, { text: 'b' }], report: '{}', error: undefined });
    expect(run.lines[0].seconds).toBeLessThanOrEqual(run.seconds);
    if (process.platform === 'linux') expect(run.peakMiB).toBeGreaterThan(1);
  });
  const BUSY = "const end = Date.now() + 300; while (Date.now() < end); console.log('busy'); setTimeout(() => console.log('idle'), 100)";
  it.runIf(process.platform === 'linux')(
    'tells the CPU time that it had taken at each line, of a program that it starts, too',
    async () => {
      const script = `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(BUSY)}], { stdio: 'inherit' })`;
      for (const run of [await node(BUSY), await node(script)]) {
        const [busy, idle] = run.lines.map(({ cpu }) => cpu!);
        expect(busy.machine).toBeGreaterThan(0.02); // others may have the processor
        expect(busy.all).toBeGreaterThanOrEqual(busy.machine - 0.02);
        expect(idle.machine - busy.machine).toBeLessThan(0.09);
        expect(run.peakMiB).toBeGreaterThan(1);
      }
    },
  );
  it.each([
    ['ends with a status', "console.error('first\\noh no'); process.exit(3)", 'status 3: oh no'],
    ['is killed', "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 10000)", 'ended by SIGTERM: it said nothing'],
  ])('that %s is an error', async (_, script, error) => expect((await node(script)).error).toBe(error));
  it('that does not end is ended', async () => {
    expect((await node('setInterval(() => {}, 1000)', { timeoutMs: 200 })).error).toBe('no end after 0.2 s');
  });
  it('that cannot be started is an error', async () => {
    expect((await runChild('/no/such/program', [], { timeoutMs: 1000 })).error).toMatch(/^cannot run \/no\/such\/program: /);
  });
  it('is ended when somebody interrupts', async () => {
    const abort = new AbortController();
    const run = runChild(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 20_000, signal: abort.signal });
    abort.abort();
    expect((await run).error).toBe('interrupted');
  });
});
