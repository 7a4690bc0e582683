/** What `help` lists. */
import { describe, expect, it } from 'vitest';
import { wemu } from '../support/session.js';

const creatable = (...args: string[]): string[] =>
  [...wemu([...args, '-device', 'help']).stdout.matchAll(/^name "([^"]+)"/gm)].map(([, name]) => name);

describe('-device help', () => {
  it('lists what a machine of either instruction set takes, and all without a machine', () => {
    const [virt, fortyP] = [creatable('-M', 'virt'), creatable('-M', '40p')];
    for (const list of [virt, fortyP]) expect(list).toEqual(expect.arrayContaining(['pci-testdev', 'virtio-rng-pci']));
    expect([virt, fortyP].map((list) => list.includes('isa-serial'))).toEqual([false, true]); // it wants a bus that virt has not
    expect(wemu(['-M', '40p', '-device', 'virtio-rng-pci,help']).stdout).toContain('disable-legacy');
    expect(creatable()).toEqual(expect.arrayContaining([...virt, ...fortyP]));
  });
});
