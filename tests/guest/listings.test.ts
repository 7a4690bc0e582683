/** What `help` lists. */
import { describe, expect, it } from 'vitest';
import { wemu } from '../support/session.js';

const creatable = (...args: string[]): string[] =>
  [...wemu([...args, '-device', 'help']).stdout.matchAll(/^name "([^"]+)"/gm)].map(([, name]) => name);

it('-trace help: the events of all targets, whatever the machine', () => {
  const all = wemu(['-trace', 'help']).stdout;
  expect(all.split('\n')).toEqual(expect.arrayContaining(['cpiom_dma_copy', 'riscv_trap']));
  for (const machine of ['virt', 'cpiom']) expect(wemu(['-M', machine, '-trace', 'help']).stdout).toBe(all);
});

describe('-device help', () => {
  it('lists what a machine of either instruction set takes, and all without a machine', () => {
    const [virt, fortyP] = [creatable('-M', 'virt'), creatable('-M', '40p')];
    for (const list of [virt, fortyP]) expect(list).toEqual(expect.arrayContaining(['pci-testdev', 'virtio-rng-pci']));
    expect([virt, fortyP].map((list) => list.includes('isa-serial'))).toEqual([false, true]); // it wants a bus that virt has not
    expect(wemu(['-M', '40p', '-device', 'virtio-rng-pci,help']).stdout).toContain('disable-legacy');
    expect(creatable()).toEqual(expect.arrayContaining([...virt, ...fortyP]));
  });
});
