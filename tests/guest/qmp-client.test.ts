/** QMP by a client that is not ours: the QEMU project's Python package, where it is installed (`pip install qemu.qmp`; WEMU_PYTHON names a Python). */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CLI } from '../support/session.js';

const PYTHON = process.env.WEMU_PYTHON ?? 'python3';
const SCRIPT = fileURLToPath(new URL('qmp-client.py', import.meta.url));
const isThere = spawnSync(PYTHON, ['-c', 'import qemu.qmp']).status === 0;

it.skipIf(!isThere)(`is driven by qemu.qmp${isThere ? '' : ' (skipped: no Python package qemu.qmp)'}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-client-'));
  const socket = join(folder, 'qmp');
  const guest = ['-M', 'virt', '-S', '-accel', 'tci', '-bios', 'none', '-m', '16', '-nodefaults', '-device', 'virtio-serial-device,id=vs'];
  const child = spawn(process.execPath, [CLI, ...guest, '-snapshot-dir', folder, '-qmp', `unix:${socket},server=on,wait=off`]);
  try {
    const ended = new Promise((resolve) => child.on('exit', resolve));
    while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 50));
    const { stdout, stderr } = spawnSync(PYTHON, [SCRIPT, socket], { encoding: 'utf8', timeout: 60_000 });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([
      ['query-status', { status: 'prelaunch', running: false }],
      ['cont', {}],
      ['RESUME', {}],
      ['stop', {}],
      ['STOP', {}],
      ['query-status', { status: 'paused', running: false }],
      ['device_add', {}],
      ['qom-get', 5],
      ['device_del', {}],
      ['DEVICE_DELETED', { device: 'p1' }],
      ['snapshot-save', {}],
      ['JOB_STATUS_CHANGE', { id: 'j', status: 'concluded' }],
      ['query-jobs', [['j', 'concluded', null]]],
      ['job-dismiss', {}],
      ['human-monitor-command', 'VM status: paused\r\n'],
      ['CommandNotFound', 'The command nosuch has not been found'],
      ['quit', {}],
    ]);
    expect(await ended).toBe(0);
    expect(existsSync(join(folder, 't.wemusnap'))).toBe(true);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});
