/** A target of the harness on QEMU: stopped where a run begins, saved, and for each run loaded, given its input and let go to its end, all by gdb's protocol. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSymbols } from '../src/hw/core/symbols.js';

const SNAPSHOT = 'start';
/** Of the disk that has the snapshot. */
const DISK = '256M';
const CONNECT_MS = 10_000;

const hex = (text: string): string => Buffer.from(text).toString('hex');

/** Packets of gdb's protocol. */
class Gdb {
  private text = '';
  private changed = (): void => {};

  constructor(private readonly socket: Socket) {
    socket.setNoDelay(true).on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1');
      this.changed();
    });
  }
  send(packet: string): void {
    const sum = [...packet].reduce((all, c) => (all + c.charCodeAt(0)) & 0xff, 0);
    this.socket.write(`$${packet}#${sum.toString(16).padStart(2, '0')}`);
  }
  async receive(): Promise<string> {
    for (;;) {
      const match = /^[^$]*\$([^#]*)#..?/.exec(this.text);
      if (match && this.text.length >= match[0].length) {
        this.text = this.text.slice(match[0].length);
        this.socket.write('+');
        return match[1];
      }
      await new Promise<void>((resolve) => (this.changed = resolve));
    }
  }
  async ask(packet: string): Promise<string> {
    this.send(packet);
    return this.receive();
  }
  /** A command of QEMU's monitor; what it says. */
  async monitor(command: string): Promise<string> {
    this.send(`qRcmd,${hex(command)}`);
    for (let said = ''; ;) {
      const packet = await this.receive();
      if (packet === 'OK') return said;
      said += Buffer.from(packet.slice(1), 'hex').toString();
    }
  }
}

export class QemuRuns {
  private constructor(
    private readonly qemu: ChildProcess,
    private readonly folder: string,
    private readonly gdb: Gdb,
    /** What puts the input and its length in. */
    private readonly packets: readonly string[],
  ) {}

  /** Undefined: there is no such QEMU, or no qemu-img. */
  static async start(command: string, kernel: string, input: Uint8Array): Promise<QemuRuns | undefined> {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-loadvm-'));
    const disk = join(folder, 'disk.qcow2');
    if (spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', disk, DISK]).status !== 0 || spawnSync(command, ['--version']).status !== 0) {
      rmSync(folder, { recursive: true });
      return undefined;
    }
    const path = join(folder, 'gdb');
    const args = ['-M', 'virt', '-bios', 'none', '-kernel', kernel, '-display', 'none', '-nodefaults', '-S', '-icount', 'shift=3'];
    const qemu = spawn(command, [...args, '-drive', `if=none,id=d,file=${disk},format=qcow2`, '-gdb', `unix:${path},server=on,wait=off`], {
      stdio: 'inherit',
    });
    const gdb = new Gdb(await connected(path));
    const symbols = readSymbols(kernel, readFileSync(kernel));
    const address = (name: string): string => symbols.find(name)!.address.toString(16);
    await gdb.ask('?');
    await gdb.ask('qXfer:features:read:target.xml:0,ffb'); // only who has seen this may write one register
    const stopAt = async (name: string): Promise<void> => {
      await gdb.ask(`Z0,${address(name)},4`);
      await gdb.ask('c');
      await gdb.ask(`z0,${address(name)},4`);
    };
    await stopAt('handle');
    const said = await gdb.monitor(`savevm ${SNAPSHOT}`);
    if (said !== '') throw new Error(`QEMU: savevm: ${said}`);
    await gdb.ask(`Z0,${address('handled')},4`);
    const length = Buffer.alloc(8);
    length.writeUInt32LE(input.length);
    // a1
    const packets = [
      `M${address('input')},${input.length.toString(16)}:${Buffer.from(input).toString('hex')}`,
      `Pb=${length.toString('hex')}`,
    ];
    return new QemuRuns(qemu, folder, gdb, packets);
  }

  /** Runs a second. */
  async rate(seconds: number): Promise<number> {
    const start = performance.now();
    let runs = 0;
    for (; performance.now() - start < 1000 * seconds; runs++) {
      await this.gdb.monitor(`loadvm ${SNAPSHOT}`);
      for (const packet of this.packets) if ((await this.gdb.ask(packet)) !== 'OK') throw new Error(`QEMU: ${packet}`);
      await this.gdb.ask('c');
    }
    return (1000 * runs) / (performance.now() - start);
  }

  async end(): Promise<void> {
    const exited = once(this.qemu, 'exit');
    this.qemu.kill();
    await exited;
    rmSync(this.folder, { recursive: true });
  }
}

/** The server may not be there yet. */
async function connected(path: string): Promise<Socket> {
  for (const end = performance.now() + CONNECT_MS; ;) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
