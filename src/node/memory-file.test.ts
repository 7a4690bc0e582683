/** `-mem-path`, and files of `memory-backend-file`, on this host. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine, type MachineOptions } from '../system/facade.js';
import { MiB } from '../util/size.js';
import { createNodeHost, type NodeHost } from './host.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-mem-path-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

let host: NodeHost;
beforeEach(async () => {
  host = await createNodeHost({ backend: 'tci' });
});
afterEach(() => host.close());

const RAM = 0x8000_0000;
/** The first bytes of 16 MiB of RAM. */
function ramOf(options: MachineOptions): number[] {
  const machine = Machine.create({ machine: 'virt', memory: 16 * MiB, bios: 'none', ...options }, host);
  machine.writePhysical(RAM + 4, Uint8Array.of(9));
  return [...machine.readPhysical(RAM, 5)];
}

describe('-mem-path', () => {
  it('is what RAM begins with, and is not written', () => {
    const bytes = new Uint8Array(16 * MiB);
    bytes.set([1, 2, 3, 4]);
    writeFileSync(path('full'), bytes);
    expect(ramOf({ memPath: path('full') })).toEqual([1, 2, 3, 4, 9]);
    expect(readFileSync(path('full'))[4]).toBe(0);
  });

  it.each(['absent', 'empty'])('makes a file that is %s', (name) => {
    if (name === 'empty') writeFileSync(path(name), '');
    expect(ramOf({ memPath: path(name) })).toEqual([0, 0, 0, 0, 9]);
    expect(statSync(path(name)).size).toBe(16 * MiB);
  });

  it('may be a folder, in which nothing is left', () => {
    expect(ramOf({ memPath: folder })).toEqual([0, 0, 0, 0, 9]);
  });

  it('is made for an object, too, with what comes before its part', () => {
    const object = `memory-backend-file,id=m,size=16M,offset=4K,mem-path=${path('object')}`;
    expect(ramOf({ machine: 'virt,memory-backend=m', objects: [object] })).toEqual([0, 0, 0, 0, 9]);
    expect(statSync(path('object')).size).toBe(16 * MiB + 4096);
  });

  it.each<[string, MachineOptions]>([
    ['-mem-path: riscv_virt_board.ram backing store size 0x1 is too small', { memPath: path('small') }],
    [`-mem-path: can't open backing store ${path('no/where')} for guest RAM: no such file`, { memPath: path('no/where') }],
    ["can't open backing store /dev/null for guest RAM", { memPath: '/dev/null' }],
    [
      "'-mem-path' can't be used together with '-machine memory-backend'",
      { memPath: path('never'), machine: 'virt,memory-backend=m', objects: ['memory-backend-ram,id=m,size=16M'] },
    ],
  ])('refuses: %s', (why, options) => {
    writeFileSync(path('small'), 'x');
    expect(() => ramOf(options)).toThrow(why);
    expect(existsSync(path('never'))).toBe(false);
  });
});
