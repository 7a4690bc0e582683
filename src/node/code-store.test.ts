import { execFile } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileCodeStore } from './code-store.js';

let parent: string;
let folder: string;
let told: string[];
const store = (build = 'build 1', max?: number) =>
  new FileCodeStore(folder, () => build, { tell: (line) => void told.push(line), maxFolder: max });
const payload = Uint8Array.from({ length: 1000 }, (_, i) => i);
/** What is there under a key: the index. */
const kept = (key: string, from = store()) => {
  const file = from.load(key);
  file?.close();
  return file?.index;
};
type Damage = readonly [what: string, damage: (file: Uint8Array) => Uint8Array];
const onlyFile = () => join(folder, readdirSync(folder)[0]);

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'wemu-store-'));
  folder = join(parent, 'cache', 'code');
  told = [];
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('the code store', () => {
  it('gives back what was saved under the same key by the same build', () => {
    expect(kept('key')).toBeUndefined();
    store().save('key', payload);
    expect(kept('key')).toEqual(payload);
    expect(kept('another')).toBeUndefined();
    expect(kept('key', store('build 2'))).toBeUndefined();
    expect(told).toEqual([]);
    expect([statSync(folder).mode & 0o777, statSync(onlyFile()).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  const flipped = [0, 8, 12, 16, 20, 51, 52, 500].map((at): Damage => [
    `flipped in byte ${at}`,
    (file) => file.map((byte, i) => (i === at ? byte ^ 4 : byte)),
  ]);
  it.each<Damage>([
    ['empty', () => new Uint8Array()],
    ['cut in its header', (file: Uint8Array) => file.subarray(0, 30)],
    ['cut', (file: Uint8Array) => file.subarray(0, file.length - 1)],
    ['longer than it says', (file: Uint8Array) => Buffer.concat([file, Buffer.of(0)])],
    ...flipped,
    ['of an absurd length', (file: Uint8Array) => file.map((byte, i) => (i >= 12 && i < 16 ? 0xff : byte))],
    ['too long', () => new Uint8Array((64 << 20) + 1000)],
  ])('ignores a file that is %s, says so, and replaces it', (_, damage) => {
    store().save('key', payload);
    const path = onlyFile();
    writeFileSync(path, damage(readFileSync(path)));
    expect(kept('key')).toBeUndefined();
    expect(told).toHaveLength(1);
    store().save('key', payload);
    expect(kept('key')).toEqual(payload);
  });

  const parts = [Uint8Array.of(1, 2, 3), new Uint8Array(), payload.subarray(5)];
  const saveParts = () => store().save('key', payload, parts.map((bytes) => ({ length: bytes.length, bytes: () => bytes }))); // prettier-ignore
  const places = [0, 3, 3].map((at, i) => ({ at, length: parts[i].length, crc: store().checksum(parts[i]) }));

  it('gives parts back, one by one, whatever happens to the file meanwhile', () => {
    saveParts();
    const file = store().load('key')!;
    store().save('key', payload);
    expect(file.index).toEqual(payload);
    expect(places.map((place) => file.read(place))).toEqual(parts);
    expect(file.read({ ...places[0], at: 1 })).toBeUndefined();
    for (const at of [3 + 995, 0x7fff_ffff, 0xffff_ffff]) expect(file.read({ at, length: 3, crc: 0 })).toBeUndefined();
    expect(file.read({ at: 0, length: 0xffff_ffff, crc: 0 })).toBeUndefined();
    file.close();
    file.close();
    expect(file.read(places[0])).toBeUndefined();
    expect(told).toEqual([]);
  });

  it('gives no part that is damaged, and those that are not', () => {
    saveParts();
    const path = onlyFile();
    writeFileSync(
      path,
      readFileSync(path).map((byte, i, { length }) => (i === length - 1 ? byte ^ 1 : byte)),
    );
    const file = store().load('key')!;
    expect(places.map((place) => file.read(place) !== undefined)).toEqual([true, true, false]);
    file.close();
  });

  it("ignores another key's file under its name", () => {
    store().save('key', payload);
    const path = onlyFile();
    renameSync(path, join(parent, 'kept'));
    store().save('another', payload);
    renameSync(join(parent, 'kept'), onlyFile());
    expect(kept('another')).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  it.skipIf(process.platform === 'win32')('uses nothing that others may have written', () => {
    store().save('key', payload);
    const path = onlyFile();
    const refused = (line: RegExp) => {
      told = [];
      expect(kept('key')).toBeUndefined();
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(line);
    };
    chmodSync(path, 0o660);
    refused(/may be written by others/);
    chmodSync(path, 0o600);
    chmodSync(folder, 0o777);
    refused(/may be written by others/);
    store().save('key', payload);
    expect(told).toHaveLength(2);
    chmodSync(folder, 0o700);
    renameSync(path, join(parent, 'elsewhere'));
    symlinkSync(join(parent, 'elsewhere'), path);
    refused(/ELOOP/);
    rmSync(path);
    renameSync(folder, join(parent, 'real'));
    symlinkSync(join(parent, 'real'), folder);
    refused(/is no folder/);
  });

  it('bounds the folder: what was used least recently goes', () => {
    for (const [i, key] of ['a', 'b', 'c'].entries()) {
      store().save(key, payload);
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).mtimeMs > 1e12) utimesSync(path, 1000 + i, 1000 + i);
      }
    }
    expect(kept('a')).toEqual(payload); // used now
    store('build 1', 3 * (payload.length + 52)).save('d', payload);
    expect(['a', 'b', 'c', 'd'].map((key) => kept(key) !== undefined)).toEqual([true, false, true, true]);
  });

  it('says why it cannot write, and goes on', () => {
    writeFileSync(join(parent, 'cache'), '');
    const one = store();
    one.save('key', payload);
    one.save('another', payload);
    expect(kept('key', one)).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(/ENOTDIR|EEXIST/)]);
  });

  it('shows other processes whole files only', async () => {
    const built = createRequire(import.meta.url)
      .resolve('wemu/node')
      .replace(/index\.js$/, 'code-store.js');
    const writer = (fill: number) =>
      promisify(execFile)(process.execPath, [
        '--input-type=module',
        '-e',
        `import { FileCodeStore } from ${JSON.stringify(built)};
         const store = new FileCodeStore(${JSON.stringify(folder)}, () => 'build 1');
         for (let i = 0; i < 40; i++) store.save('key', new Uint8Array(100000 + ${fill}).fill(${fill}));`,
      ]);
    let running = true;
    const writers = Promise.all([writer(1), writer(2)]).finally(() => (running = false));
    let seen = 0;
    while (running) {
      const bytes = kept('key');
      if (bytes) {
        seen++;
        expect([bytes.length, bytes.every((byte) => byte === bytes[0])]).toEqual([100000 + bytes[0], true]);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const { stderr } of await writers) expect(stderr).toBe('');
    expect([seen > 0, told, readdirSync(folder).length]).toEqual([true, [], 1]);
  });
});
