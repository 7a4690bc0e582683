/** Automation of a machine of this process, with a terminal of xterm's for the screenshot. */
import { readFileSync } from 'node:fs';
import xterm from '@xterm/headless';
import { expect, it } from 'vitest';
import { Automation, Console, guestOf } from '../../src/automation/index.js';
import { createNodeHost, Machine } from '../../src/node/index.js';

const ELF = readFileSync(new URL('../../guests/embedded.elf', import.meta.url));

it('works a machine of Node as one of a page', async () => {
  const host = await createNodeHost({ backend: 'tci' });
  const console = new Console();
  const machine = Machine.create({ machine: 'virt', memory: '64M', bios: 'none', kernel: ELF, append: 'run=fib', serial: console }, host);
  const guest = new Automation(guestOf(machine, console), {
    screen: new xterm.Terminal({ rows: 40, cols: 100, allowProposedApi: true, convertEol: true }),
  });
  try {
    const ended = machine.run();
    expect(await guest.waitFor(/model\s+\S+\s/)).toContain('riscv-virtio');
    expect((await guest.registers())['pc']).toBeGreaterThan(0n);
    expect(await guest.memory(0x8000_0000n, 4)).toEqual(machine.readPhysical(0x8000_0000, 4));
    await guest.waitFor('all checks passed');
    expect((await ended).reason).toBe('guest-shutdown');
    expect(await guest.screenshot()).toContain('all checks passed');
  } finally {
    guest.close();
    await machine.close();
    host.close();
  }
}, 60_000);
