/** Files of the code cache: damage is noticed, and what a checksum does not notice ends in no exception and no endless loop. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeModule, encodeModule, splitChunks } from '../../src/accel/tcg/codegen/persistent-format.js';
import { FileCodeStore } from '../../src/node/code-store.js';
import { MemoryStore, run } from '../../tests/support/persistent-rig.js';
import type { Target } from '../target.js';

const KEY = 'key';
const PAYLOAD = Uint8Array.from({ length: 200 }, (_, i) => i * 7);

let folder: string | undefined;
/** A file of the cache as it is on the disk, header and all. */
function codeFile(): { readonly store: FileCodeStore; readonly path: string; readonly told: string[] } {
  if (folder === undefined) {
    const made = (folder = mkdtempSync(join(tmpdir(), 'wemu-fuzz-')));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    chmodSync(folder, 0o700);
  }
  const told: string[] = [];
  const store = new FileCodeStore(folder, () => 'build', { tell: (line) => told.push(line) });
  store.save(KEY, PAYLOAD);
  const [name] = readdirSync(folder).filter((each) => each.endsWith('.wemucode'));
  return { store, path: join(folder, name), told };
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export const codeStoreTarget: Target = {
  name: 'code-store',
  seeds: () => [Uint8Array.from(readFileSync(codeFile().path))],
  run(input) {
    const { store, path, told } = codeFile();
    const good = readFileSync(path);
    writeFileSync(path, input, { mode: 0o600 });
    const stored = store.load(KEY);
    stored?.close();
    const loaded = stored?.index;
    if (isSame(input, good)) {
      if (!loaded || !isSame(loaded, PAYLOAD)) throw new Error('a file that is right is not taken');
    } else if (loaded) throw new Error('a damaged file is taken');
    else if (told.length !== 1 || told[0].includes('\n')) throw new Error(`told ${JSON.stringify(told)}`);
  },
};

export const persistentCodeTarget: Target = {
  name: 'persistent-code',
  seeds() {
    const store = new MemoryStore();
    run(store, [0x00010137, 0x00108093, 0xfff10113, 0xfe011ce3, 0x10500073]); // lui x2,16; 1: addi x1,x1,1; addi x2,x2,-1; bnez x2,1b; wfi
    const file = Uint8Array.from(store.modules.flatMap(({ module }) => [...encodeModule(module)]));
    if (file.length === 0) throw new Error('no code was stored');
    return [file];
  },
  run(input) {
    try {
      for (const chunk of splitChunks(input as Uint8Array<ArrayBuffer>)) decodeModule(chunk);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // whoever reads files takes these for damage
    }
  },
};
