/** `-gustave`: the harness on the command line. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Session, wemu } from '../support/session.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-gustave-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [seeds, crashes] = [join(folder, 'seeds'), join(folder, 'crashes')];
mkdirSync(seeds);
copyFileSync('examples/gustave/seeds/message', join(seeds, 'message'));

const VIRT = ['-M', 'virt', '-m', '16M', '-bios', 'none', '-kernel', 'guests/gustave.elf'];
const CONFIG = 'examples/gustave/virt.json';
const gustave = (options: string, more: readonly string[] = [], input?: string | Uint8Array) =>
  wemu([...VIRT, '-gustave', `${CONFIG},${options}`, ...more], { input });
const SUMMARY = (runs: number, crashes: number, hangs: number): RegExp =>
  new RegExp(
    `^${runs} runs in \\d+\\.\\d\\d s \\(\\d+ a second, \\d+ instructions each\\), \\d+ edges, \\d+ inputs, ${crashes} crashes, ${hangs} hangs\\n$`,
  );
/** A message with a row below zero. */
const BAD = Uint8Array.from([...'GU\x02S\x02'].map((c) => c.charCodeAt(0)).concat(1, 2, 'R'.charCodeAt(0), 3, 0xff, 0, 7, 0, 0));

it('runs the inputs of a folder, or of standard input', () => {
  expect(gustave(`inputs=${seeds}`)).toEqual({ status: 0, stderr: '', stdout: expect.stringMatching(SUMMARY(1, 0, 0)) as string });
  expect(gustave('inputs=-', [], readFileSync(join(seeds, 'message')))).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(SUMMARY(1, 0, 0)) as string,
  });
});

it('keeps what crashes, by its digest, and says so by its status', () => {
  const { status, stdout, stderr } = gustave(`inputs=-,crashes=${crashes}`, ['-accel', 'tci'], BAD);
  expect([status, stderr]).toEqual([2, '']);
  const [line, summary] = stdout.split(/(?<=\n)/);
  expect(summary).toMatch(SUMMARY(1, 1, 0));
  const [name] = readdirSync(crashes);
  expect(name).toMatch(/^crash-[\da-f]{16}$/);
  expect(line).toMatch(
    new RegExp(`^crash ${join(crashes, name)}: standard input: store to where nothing is to be written, at 0x8000.... <handle>\\n$`),
  );
  expect(Buffer.compare(readFileSync(join(crashes, name)), BAD)).toBe(0);
});

it('finds the mistake by changing what it has, the same each time', () => {
  const run = (): string => {
    const { status, stdout } = gustave(`inputs=${seeds},crashes=${crashes},mutate=20000,seed=3`);
    expect(status).toBe(2);
    return stdout.replace(/in .* a second/, '');
  };
  const first = run();
  expect(first).toMatch(/^crash .*: change \d+ of seed 3: store to where/);
  expect(run()).toBe(first);
});

it("fuzzes the CPIOM's firmware at its prompt", () => {
  const file = join(folder, 'line');
  writeFileSync(file, 'nothing');
  const { status, stdout } = wemu(['-M', 'cpiom', '-symbols', 'guests/cpiom.elf', '-gustave', 'examples/gustave/cpiom.json,inputs=-'], {
    input: 'nothing',
  });
  expect([status, stdout]).toEqual([0, expect.stringMatching(SUMMARY(1, 0, 0))]);
});

it('is driven by lines', async () => {
  const session = Session.pipes([...VIRT, '-gustave', `${CONFIG},driver=on`]);
  await session.expect('gustave 1 map 65536 limit 256\n', 30_000);
  session.send('run 4755\n');
  await session.expect(/ok \d+ \S+ at .* <handled>\n/, 10_000);
  session.send(`run ${Buffer.from(BAD).toString('hex')}\n`);
  await session.expect(/crash \d+ \S+ store to where/, 10_000);
  session.send('quit\n');
  expect(await session.ended(10_000)).toBe(0);
});

const file = (name: string, text: string): string => (writeFileSync(join(folder, name), text), join(folder, name));
it.each<[string, string[], RegExp]>([
  ['no file', ['none.json,mutate=1'], /-gustave: cannot read 'none.json': no such file/],
  ['no JSON', [`${file('no.json', '{')},mutate=1`], /-gustave .*no\.json: no JSON: /],
  [
    'a wrong key',
    [`${file('key.json', '{"snapshot": {"at": 1, "hits": 2}}')},mutate=1`],
    /-gustave .*key\.json: snapshot: unknown option 'hits' \(expected one of at, type\)/,
  ],
  ['nothing to run', [CONFIG], /-gustave .*: there are no inputs \(expected inputs=FOLDER, inputs=-, mutate=RUNS or driver=on\)/],
  ['a driver with inputs', [`${CONFIG},driver=on,mutate=5`], /who drives brings the inputs/],
  ['a wrong parameter', [`${CONFIG},mutat=5`], /invalid parameter 'mutat'/],
  ['no folder', [`${CONFIG},inputs=${join(folder, 'x')}`], /-gustave inputs: cannot read folder '.*x': no such file/],
  ['an empty folder', [`${CONFIG},inputs=${mkdtempSync(join(folder, 'empty-'))}`], /folder '.*' has no files/],
  ['the terminal', [`${CONFIG},mutate=1`, '-serial', 'stdio'], /-gustave: standard input and output are the harness's/],
  [
    'a symbol',
    [`${file('symbol.json', '{"snapshot": {"at": "handel"}, "input": {"address": 0, "limit": 1}, "end": {}}')},mutate=1`],
    /snapshot: at: there is no symbol 'handel'; did you mean 'handle'\?/,
  ],
  [
    'a replay',
    [`${CONFIG},mutate=1`, '-icount', `shift=3,rr=record,rrfile=${join(folder, 'log')}`],
    /a run that is recorded or replayed does not go back/,
  ],
])('says in one line what is wrong: %s', (_, [options, ...more], says) => {
  const { status, stdout, stderr } = wemu([...VIRT, '-gustave', options, ...more]);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(/^wemu: [^\n]+\n$/);
});
