import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { Session, wemu } from '../support/session.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-states-'));
afterAll(() => rmSync(folder, { recursive: true }));

// lui a0, 0x100; lui a1, 5; addi a1, a1, 0x555; sw a1, 0(a0); j .
const POWER_OFF = join(folder, 'off.bin');
writeFileSync(POWER_OFF, Uint32Array.of(0x0010_0537, 0x0000_55b7, 0x5555_8593, 0x00b5_2023, 0x0000_006f));
const ARGS = ['-M', 'virt', '-m', '16M', '-accel', 'tci', '-bios', POWER_OFF, '-serial', 'null', '-monitor', 'stdio'];
let session: Session | undefined;
afterEach(() => session?.kill());
/** The monitor's lines, without prompts and echoes. */
const monitor = (args: readonly string[], ...lines: string[]) => {
  const { status, stdout, stderr } = wemu([...ARGS, ...args], { input: lines.map((line) => `${line}\n`).join('') });
  return { status, stderr, said: stdout.split('\r\n').filter((line) => line !== '' && !/^\(wemu\)|^wemu /.test(line)) };
};

it('-S: the guest waits for the monitor', () => {
  const lines = ['info status', 'stop', 'info status', 'quit'];
  expect(monitor(['-S'], ...lines)).toEqual({
    status: 0,
    stderr: '',
    said: ['VM status: paused (prelaunch)', 'VM status: paused (prelaunch)'],
  });
  expect(monitor(['-S'], 'cont')).toEqual({ status: 0, stderr: '', said: [] }); // powers off
});

it('-no-shutdown: stopped, and only a reset leads on', async () => {
  session = Session.pipes([...ARGS, '-no-shutdown']);
  for (let tries = 0; tries < 100 && !session.output.includes('(shutdown)'); tries++) {
    session.send('info status\n');
    await session.expect(/VM status: .*\r\n/, 10_000);
  }
  session.send('cont\n');
  await session.expect('Resetting the Virtual Machine is required', 10_000);
  session.send('system_reset\n');
  await session.expect('(wemu) ', 10_000);
  await new Promise((resolve) => setTimeout(resolve, 50)); // the main loop's turn
  session.send('info status\n');
  await session.expect('VM status: paused (prelaunch)', 10_000);
  session.send('quit\n');
  expect(await session.ended(10_000)).toBe(0);
});

it('-no-shutdown: who quits then ends as the guest would have', async () => {
  const fail = join(folder, 'fail.bin');
  writeFileSync(fail, Uint32Array.of(0x0010_0537, 0x0003_35b7, 0x3335_8593, 0x00b5_2023, 0x0000_006f));
  session = Session.pipes([...ARGS, '-bios', fail, '-no-shutdown']);
  for (let tries = 0; tries < 100 && !session.output.includes('(shutdown)'); tries++) {
    session.send('info status\n');
    await session.expect(/VM status: .*\r\n/, 10_000);
  }
  session.send('quit\n');
  expect(await session.ended(10_000)).toBe(3);
});

it('-D: %d is the number of the process', () => {
  expect(monitor(['-d', 'in_asm', '-D', join(folder, 'log-%d')]).status).toBe(0);
  expect(readdirSync(folder).filter((name) => /^log-\d+$/.test(name))).toHaveLength(1);
  expect(monitor(['-d', 'in_asm', '-D', 'log-%s']).stderr).toMatch(/^wemu: -D: Bad logfile template: log-%s \(expected [^\n]*\)\n$/);
});

it('-preconfig is refused', () => {
  expect(monitor(['-preconfig']).stderr).toBe(
    'wemu: not built yet: starting before the machine is made (-S starts it paused) (-preconfig)\n',
  );
});

it('-readconfig: options from a file', () => {
  const config = join(folder, 'machine.cfg');
  writeFileSync(
    config,
    '[memory]\n  size = "32M"\n[object "r0"]\n  qom-type = "rng-builtin"\n[device "d0"]\n  driver = "virtio-rng-device"\n  rng = "r0"\n',
  );
  const { status, said } = monitor(['-S', '-readconfig', config], 'qom-list /objects', 'qom-list /machine/peripheral', 'quit');
  expect(status).toBe(0);
  expect(said.join('\n')).toMatch(/r0 \(child<rng-builtin>\)[^]*d0 \(child<virtio-rng-device>\)/);
  expect(monitor(['-readconfig', '/nonexistent']).stderr).toBe("wemu: -readconfig: cannot read '/nonexistent': no such file\n");
  writeFileSync(config, '[device]\n  driver = "virtio-rgn-device"\n');
  expect(monitor(['-readconfig', config]).stderr).toContain("did you mean 'virtio-rng-device'");
});
