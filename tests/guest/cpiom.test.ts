/** The CPIOM's own firmware: its tests of the board, its partitions and workloads, and the board in snapshots, with debuggers and with bad flash files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { Session, wemu } from '../support/session.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-cpiom-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIZES = { 'mxfc-flash-data': 8 << 20, 'mxfc-eeprom': 64 << 10 } as const;
const drive = (id: string, file: string, more = ''): string[] => ['-drive', `if=none,id=${id},format=raw,file=${file}${more}`];
const run = (input: string, ...args: string[]) => wemu(['-M', 'cpiom', '-nographic', ...args], { input });
const OFF = 'off 3\r';

it.each(['tci', 'tcg,thread=sync,threshold=1'])('finds the board as the manual says it is: %s', (accel) => {
  const { status, stdout, stderr } = run(`pci\rrun\rinfo\rpeek 0x24000000\r${OFF}`, '-accel', accel);
  expect([status, stderr]).toEqual([3, '']);
  for (const name of ['tick', 'edc', 'protect', 'bus', 'flash', 'dma']) expect(stdout).toMatch(new RegExp(`^  ${name} .* ok\r$`, 'm'));
  expect(stdout).toContain('self-test: 0 failed');
  expect(stdout).toContain('00:01.0 1057:4d58 class 058000 command 01c2 fc000000 90000000 91000000 92000000');
  expect(stdout).toContain('machine checks: 2 violation, 1 refresh, 2 EDC, 1 bus');
  expect(stdout).toContain('24000000: nobody answers');
  // Partitions: two end, the one that reaches for the firmware's memory is stopped, and their sums do not depend on each other.
  expect(stdout).toMatch(
    /partition 2: exception 300 at 400000..., address 00001000: stopped|partition 2: exception 300 at 400000.., address 00001000: stopped/,
  );
  for (const end of ['partition 0: step 3, 1f73f580', 'partition 1: step 3, 55adeb01', 'partition 0: done', 'partition 1: done'])
    expect(stdout).toContain(end);
});

it('takes all that was typed before it listens, more than it has room for', () => {
  const words = Array.from({ length: 100 }, (_, n) => (0x1000 + 4 * n).toString(16));
  const { status, stdout } = run(words.map((word) => `peek 0x${word}\r`).join('') + OFF);
  expect(status).toBe(3);
  expect([...stdout.matchAll(/^0000(\w{4}): \w{8}\r$/gm)].map(([, word]) => word)).toEqual(words);
});

it('computes what riscv64 computes', () => {
  const rows = (text: string): Map<string, string> =>
    new Map([...text.matchAll(/^ {2}(\w+) .*? ([0-9a-f]{16}) /gm)].map(([, name, sum]) => [name, sum]));
  const [there, here] = [rows(wemu(['embedded', '--append', 'scale=1']).stdout), rows(run(`bench all\r${OFF}`).stdout)];
  expect(here.size).toBeGreaterThan(10);
  here.delete('memcpy'); // it sees the byte order
  for (const [name, sum] of here) expect([name, sum]).toEqual([name, there.get(name)]);
});

it('says of peek and poke what was wrong, and goes on', () => {
  const typed = ['peek 0x30000000', 'poke 0x30000000 1', 'peek 0x20050000', 'peek fffff000', 'peek 12q', 'poke 5', 'peek 0x100'];
  const { status, stdout } = run(typed.map((line) => `${line}\r`).join('') + OFF);
  expect(status).toBe(3);
  const answers = [...stdout.matchAll(/^cpiom> [^\n]*\n([^\n]+)/gm)].map(([, answer]) => answer.trim());
  const notNumber = 'A is a number, 0x for hexadecimal';
  expect(answers.slice(0, typed.length)).toEqual([
    '30000000: not mapped',
    '30000000: not mapped',
    '20050000: nobody answers',
    `peek A: ${notNumber}`,
    `peek A: ${notNumber}`,
    'poke A V: A and V are numbers, 0x for hexadecimal',
    expect.stringMatching(/^00000100: [0-9a-f]{8}$/),
  ]);
});

it('keeps data flash and EEPROM in files', () => {
  const files = Object.entries(SIZES).map(([id, size]) => {
    const file = join(folder, id);
    writeFileSync(file, new Uint8Array(size).fill(0x55));
    return [id, file] as const;
  });
  const { status } = run(`poke 0x91000010 0x12345678\r${OFF}`, ...files.flatMap(([id, file]) => drive(id, file)));
  expect(status).toBe(3);
  const [flash, eeprom] = files.map(([, file]) => readFileSync(file));
  expect(flash.readUInt32BE(4 * 0x40000)).toBe(0x51a5e000);
  expect(flash[5 * 0x40000]).toBe(0x55);
  expect(eeprom.readUInt32BE(0x10)).toBe(0x12345678);

  const before = readFileSync(files[0][1]);
  const { stdout } = run(OFF, ...drive(files[0][0], files[0][1], ',readonly=on'));
  expect(stdout).toMatch(/^ {2}flash .* FAILED/m);
  expect(readFileSync(files[0][1]).equals(before)).toBe(true);
});

it('starts from the code flash that a file keeps', () => {
  const file = join(folder, 'code');
  const image = new Uint8Array(64 << 20).fill(0xff);
  image.set(readFileSync('guests/cpiom.bin'), 63 << 20);
  writeFileSync(file, image);
  expect(run(OFF, ...drive('mxfc-flash-code', file))).toMatchObject({ status: 3, stderr: '' });
  expect(run(OFF, ...drive('mxfc-flash-code', file), '-bios', 'guests/cpiom.bin').stderr).toMatch(
    /^wemu: -bios: firmware is in the flash .*\n$/,
  );
});

it('says in one line what cannot be a flash', () => {
  const file = (name: string, size: number): string => (writeFileSync(join(folder, name), new Uint8Array(size)), join(folder, name));
  const refused = (...args: string[]) => expect(run('', ...args));
  refused(...drive('mxfc-flash-code', join(folder, 'nothing'))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^wemu: -drive id=mxfc-flash-code: cannot read '.*nothing': no such file\n$/) as string,
  });
  for (const size of [0, 1000, (8 << 20) + 1])
    refused(...drive('mxfc-flash-data', file('bad', size))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        new RegExp(`^wemu: -drive id=mxfc-flash-data: ${size} bytes are not the 8388608 of the part.*\n$`),
      ) as string,
    });
});

it('lets BARs go anywhere: what the board has wins, and all ones are nowhere', () => {
  const config = (register: number, value: number): string => `poke 0x20030000 ${0x80000800 + register}\rpoke 0x20030004 ${value}\r`;
  const swapped = 0x00000090; // 90000000, as PCI sees it
  const input =
    // BAR1 onto RAM, onto the interrupt controller, onto the code flash, all ones, and 0
    [0x00000018, 0x00000120, 0x000000fc, 0xffffffff, 0, swapped].map((value) => config(0x14, value)).join('') + `peek 0x20010064\r${OFF}`;
  expect(run(input)).toMatchObject({ status: 3 });
});

it('DMA that leads back to itself holds nobody', () => {
  const words = [0x1900000, 0x1910000, 64, 0x1a00000].map((value, n) => `poke ${0x1a00000 + 4 * n} ${value}\r`).join('');
  const { status, stdout } = run(
    `${words}poke 0x2004000c 0x1a00000\rpoke 0x20040010 3\rpeek 0x20040014\rpoke 0x20040010 0\rpeek 0x20040014\r${OFF}`,
  );
  expect(status).toBe(3);
  expect(stdout).toContain('20040014: 00000001');
  expect(stdout).toContain('20040014: 00000000');
});

/** Saves the board as `middle` while partitions run: at the line that says so, whatever else this host has to do. */
async function saveInTheMiddle(): Promise<string> {
  const host = await createNodeHost();
  try {
    let output = '';
    const machine = Machine.create(
      {
        machine: 'cpiom',
        bios: readFileSync('guests/cpiom.bin'),
        snapshots: folder,
        serial: (bytes) => {
          output += Buffer.from(bytes).toString('latin1');
          if (output.includes('partition 2: step 0')) void machine.stop();
        },
      },
      host,
    );
    machine.writeSerial('run\r');
    await machine.run();
    await machine.control.saveSnapshot('middle');
    return output;
  } finally {
    host.close();
  }
}

it('goes on from a snapshot in the middle of a schedule', { timeout: 300_000 }, async () => {
  const before = await saveInTheMiddle();
  expect(before).toContain('partition 2: step 0');
  expect(before).not.toContain('partition 1: done');
  const second = Session.pipes(['-M', 'cpiom', '-serial', 'stdio', '-monitor', 'none', '-snapshot-dir', folder, '-loadvm', 'middle']);
  await second.expect('partition 1: done', 30_000);
  await second.expect('cpiom> ', 30_000);
  second.send(OFF);
  expect(await second.ended(30_000)).toBe(3);
});
