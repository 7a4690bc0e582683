/** Each target for a while, and the decoder against binutils. `npm run fuzz -- --seconds 60` for a longer one: scripts/fuzz.js. */
import { expect, it } from 'vitest';
import { RVX_C } from '../assembly/target/riscv/shared/riscv.js';
import { hasExtension } from '../src/target/riscv/config.js';
import { formatInsn } from '../src/target/riscv/disas.js';
import { SeededRandom } from '../src/util/random.js';
import { normalize, objdump, UNKNOWN_TO_OBJDUMP } from '../tests/support/objdump.js';
import { describeWith } from '../tests/support/tools.js';
import { fuzz, type Target } from './target.js';
import { codeStoreTarget, persistentCodeTarget } from './targets/code-cache.js';
import { monitorTarget, qmpTarget } from './targets/control.js';
import { DECODERS, decoderTarget, sizeOf } from './targets/decoder.js';
import { blkTarget, consoleTarget, fwCfgTarget, rngTarget } from './targets/devices.js';
import { dtbTarget, elfTarget, imageTarget, symbolsTarget } from './targets/images.js';
import { lineTableTarget } from './targets/line-table.js';
import { optionsTarget } from './targets/options.js';
import { pciTarget } from './targets/pci.js';
import { replayTarget } from './targets/replay.js';
import { snapshotTarget } from './targets/snapshot.js';
import { controlWireTarget, gdbWireTarget } from './targets/wires.js';

const TARGETS: readonly Target[] = [
  ...[elfTarget, imageTarget, dtbTarget, symbolsTarget, fwCfgTarget, rngTarget, consoleTarget, blkTarget, pciTarget],
  ...[
    codeStoreTarget,
    persistentCodeTarget,
    decoderTarget,
    optionsTarget,
    snapshotTarget,
    replayTarget,
    monitorTarget,
    qmpTarget,
    controlWireTarget,
    gdbWireTarget,
    lineTableTarget,
  ],
];

/** Of each target. */
const SECONDS = Number(process.env['WEMU_FUZZ_SECONDS'] ?? 2);
/** `npm test` is to say the same of the same tree; `npm run fuzz` begins somewhere else each time. */
const SEED = Number(process.env['WEMU_SEED'] ?? 1);
const TIMEOUT = SECONDS * 1000 + 120_000;

it.each(TARGETS.map((target) => [target.name, target] as const))('%s', async (_name, target) => {
  const inputs = await fuzz(target, { seconds: SECONDS, seed: SEED });
  expect(inputs).toBeGreaterThan(target.seeds().length);
}, TIMEOUT); // prettier-ignore

const BATCH = 5000;

/** Where binutils 2.40 says something else, and the manual is with us (RISC-V unprivileged specification). */
const KNOWN: readonly { readonly why: string; readonly is: (word: number, size: number, xlen: number) => boolean }[] = [
  { why: 'reserved fields of fence and fence.i are ignored (2.7)', is: (word, size) => size === 4 && (word & 0x607f) === 0x0f },
  { why: 'hints print by another name (table 16.8): rd = x0', is: (word, size) => size === 2 && (word & 3) !== 0 && (word & 0xf80) === 0 },
  { why: 'c.addi16sp of 0 is reserved', is: (word, size) => size === 2 && word === 0x6101 },
  { why: 'csrrw x0, cycle, x0 is what assemblers make of unimp', is: (word) => word === 0xc000_1073 },
  { why: 'c.addi of 0 is one, too', is: (word, size) => size === 2 && (word & 0xf07f) === 1 },
  { why: 'auipc to x0 is lpad', is: (word, size) => size === 4 && (word & 0xfff) === 0x017 },
  { why: 'c.slli of 0', is: (word, size) => size === 2 && (word & 0xf07f) === 2 },
  { why: 'c.srli and c.srai of 0', is: (word, size) => size === 2 && (word & 0xf87f) === 0x8001 },
  {
    why: 'counts of 32 are no shifts of RV32 either in 32 bits',
    is: (word, size, xlen) => xlen === 32 && size === 4 && (word & 0x0200_307f) === 0x0200_1013,
  },
  {
    why: 'counts of 32 and more are no shifts of RV32',
    is: (word, size, xlen) => xlen === 32 && size === 2 && (word & 0x1000) !== 0 && ((word & 0xe003) === 2 || (word & 0xe803) === 0x8001),
  },
];
/** CSRs have more names there. */
const plain = (text: string | undefined): string | undefined =>
  text && normalize(text).replace(/^(csrr[wsc]?i? \w+,|csr[wsc]i? )([a-z]\w*|0x[0-9a-f]+)(?=$|,)/, '$1CSR');

/** Binutils 2.40 has C, and neither Zcmp nor Zcmt in its place. */
const WITH_C = DECODERS.filter(({ config }) => hasExtension(config, RVX_C));

describeWith('riscv64-linux-gnu-objdump', 'the decoder and objdump', () => {
  it.each(WITH_C.map((each) => [each.config.xlen, each] as const))('say the same of any word, RV%i', (xlen, { decoder }) => {
    // A batch takes a second or less.
    for (let seed = SEED; seed < SEED + SECONDS; seed++) {
      const random = new SeededRandom(seed);
      const words = Array.from({ length: BATCH }, () => {
        const raw = random.next();
        const size = sizeOf(raw);
        return { word: size === 2 ? raw & 0xffff : (raw & 0x1f) === 0x1f ? raw & ~0x10 : raw, size };
      }).map(({ word, size }) => ({ word: word >>> 0, size }));
      const texts = objdump(words, xlen, xlen === 64 ? 'lp64d' : 'ilp32d');
      expect(texts.length).toBe(BATCH);
      const differences: string[] = [];
      let end = 0n;
      words.forEach(({ word, size }, i) => {
        const pc = end;
        end += BigInt(size);
        const row = decoder.decode(word);
        const ours = row && formatInsn(decoder, word, pc);
        const theirs = /^(\.[24]byte|unimp)/.test(texts[i]) ? undefined : texts[i];
        if (KNOWN.some(({ is }) => is(word, size, xlen)) || UNKNOWN_TO_OBJDUMP.test(row?.name ?? '')) return;
        // It wants 0 in the rounding mode of conversions that are exact; any will do (20.7).
        if (row?.format.syntax.includes('exactrm') && (word & 0x7000) !== 0) return;
        if (plain(ours) !== plain(theirs))
          differences.push(`${word.toString(16)} at ${pc.toString(16)}: '${ours}', objdump '${theirs}'`);
      });
      expect(differences, `WEMU_SEED=${seed}`).toEqual([]);
    }
  }, TIMEOUT); // prettier-ignore
});
