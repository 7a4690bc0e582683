/** What `help` lists. */
import { describe, expect, it } from 'vitest';
import { wemu } from '../support/session.js';

const creatable = (...args: string[]): string[] =>
  [...wemu([...args, '-device', 'help']).stdout.matchAll(/^name "([^"]+)"/gm)].map(([, name]) => name);

describe('-device help', () => {
  it("lists the devices of the machine's instruction set, and of all without a machine", () => {
    const virt = creatable('-M', 'virt');
    const cpiom = creatable('-M', 'cpiom');
    expect(virt).toContain('virtio-rng-device');
    expect(cpiom).not.toContain('virtio-rng-device');
    expect(creatable()).toEqual(expect.arrayContaining([...virt, ...cpiom]));
  });
});
