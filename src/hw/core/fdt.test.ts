import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { LoaderError } from '../../util/errors.js';
import { FdtTree } from './fdt.js';

function sample(): FdtTree {
  const tree = new FdtTree();
  tree.reserve(0x8000_0000, 0x20000);
  tree.root.u32('#address-cells', 2).string('compatible', 'riscv-virtio', 'simple');
  tree.node('/cpus/cpu@0').string('device_type', 'cpu').u32('reg', 0).flag('big');
  const intc = tree.node('/cpus/cpu@0/interrupt-controller');
  tree.node('/soc/serial@10000000').reg64('reg', 0x1000_0000, 0x100).cells('interrupts-extended', tree.phandle(intc), 10);
  return tree;
}

it('what was flattened is what is read back', () => {
  const blob = sample().flatten(0x1000);
  expect(blob.length).toBe(0x1000);
  const tree = FdtTree.parse(blob);
  expect(tree.reservations).toEqual([{ address: 0x8000_0000n, size: 0x20000n }]);
  expect(tree.root.getStrings('compatible')).toEqual(['riscv-virtio', 'simple']);
  expect(tree.find('/soc/serial')?.getCells('reg')).toEqual([0, 0x1000_0000, 0, 0x100]);
  expect(tree.find('/cpus/cpu@0')?.properties.get('big')).toHaveLength(0);
  expect(tree.newPhandle()).toBe(2);
  expect(tree.flatten(0x1000)).toEqual(blob);
});

it('fdtdump-like tools agree (dtc, where installed)', (context) => {
  let source: string;
  try {
    source = execFileSync('dtc', ['-I', 'dtb', '-O', 'dts', '-q'], { input: sample().flatten() }).toString();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return context.skip();
    throw error;
  }
  expect(source).toContain('interrupts-extended = <0x01 0x0a>');
});

it('property names have an end: a blob cannot make each of many properties cost its whole size', () => {
  const tree = new FdtTree();
  tree.root.flag('x'.repeat(300));
  expect(() => FdtTree.parse(tree.flatten())).toThrow(/a string does not end/);
});

it('a broken blob is refused with a reason, whatever is broken', () => {
  const good = sample().flatten();
  expect(() => FdtTree.parse(new Uint8Array(8))).toThrow(LoaderError);
  expect(() => FdtTree.parse(good.subarray(0, 100))).toThrow(/truncated: 100 of/);
  for (let at = 0; at < good.length; at++) {
    for (const value of [0, 0xff, 0x7f]) {
      const bad = good.slice();
      bad[at] = value;
      try {
        FdtTree.parse(bad);
      } catch (error) {
        expect(error).toBeInstanceOf(LoaderError);
      }
    }
  }
});
