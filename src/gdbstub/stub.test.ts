import { afterEach, describe, expect, it } from 'vitest';
import { Chardev } from '../chardev/chardev.js';
import { MuxChardev } from '../chardev/mux.js';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { Machine, type MachineOptions } from '../system/facade.js';
import { SeededRandom } from '../util/random.js';
import { textOf } from '../util/text.js';
import { bytesOf, encodePacket, MAX_PACKET, toHex } from './packet.js';
import { GdbStub, type GdbStubOptions } from './stub.js';

const CODE = 0x8000_0000;
// prettier-ignore
const PROGRAM = [
  0x00001517, // 80000000 auipc a0, 1
  0x00150593, //        4 addi a1, a0, 1
  0x00b53023, //        8 sd a1, 0(a0)
  0x00053603, //        c ld a2, 0(a0)
  0x0000006f, //       10 j .
];
const POWER_OFF = [0x00100537, 0x000055b7, 0x55558593, 0x00b52023, 0x0000006f]; // lui a0,0x100; lui a1,5; addi a1,a1,0x555; sw a1,0(a0); j .

const CTRL_C = Uint8Array.of(3);

/** A debugger's end of the link. */
class Link extends Chardev {
  output = '';
  constructor() {
    super('gdb', 'test', false);
  }
  override write(bytes: Uint8Array): void {
    this.output += textOf(bytes);
  }
  take(): string {
    const { output } = this;
    this.output = '';
    return output;
  }
}

let host: NodeHost;
let machine: Machine;
let link: Link;
afterEach(async () => {
  await machine.close();
  host.close();
});

async function connect(options: MachineOptions = {}, { monitor }: GdbStubOptions = {}, code = PROGRAM, isMux = false): Promise<GdbStub> {
  host = await createNodeHost({ backend: 'tci' });
  machine = Machine.create(
    { machine: 'virt', memory: '16M', bios: new Uint8Array(Uint32Array.from(code).buffer), startPaused: true, ...options },
    host,
  );
  link = new Link();
  const chardev = isMux ? new MuxChardev(link, { escapes: false, quit: () => {} }) : link;
  const stub = new GdbStub(machine.control, chardev, { monitor });
  link.opened();
  for (const cpu of machine.state.cpus) cpu.pc = BigInt(CODE);
  return stub;
}

const send = (data: string): void => link.input(packet(data));

/** The data of the packets in a text of the stub. */
function packetsIn(text: string): string[] {
  return [...text.matchAll(/\$([^#]*)#(..)/gs)].map(([, data, sum]) => {
    const total = [...data].reduce((all, each) => all + each.charCodeAt(0), 0);
    expect(sum).toBe((total & 255).toString(16).padStart(2, '0'));
    return data.replace(/\}(.)/gs, (_, each: string) => String.fromCharCode(each.charCodeAt(0) ^ 0x20));
  });
}

/** The answer to a packet, acknowledged. */
async function ask(data: string): Promise<string> {
  link.take();
  send(data);
  await until(() => link.output.includes('#'));
  const text = link.take();
  const packets = packetsIn(text);
  expect(packets.length).toBe(1);
  if (text[0] === '+') link.input(bytesOf('+'));
  return packets[0];
}

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 2000 && !isSo(); n++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(isSo()).toBe(true);
}

/** What comes back at once for bytes that have a turn of the event loop to themselves. */
async function say(bytes: string | Uint8Array): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 2));
  link.take();
  link.input(typeof bytes === 'string' ? bytesOf(bytes) : bytes);
  return link.take();
}
const packet = (data: string): Uint8Array => encodePacket(bytesOf(data));

/** Sends what lets the machine run, and waits until it tells that it has stopped. */
async function stopAfter(data: string): Promise<string> {
  link.take();
  send(data);
  if (!machine.loop.isActive) void machine.run();
  await until(() => packetsIn(link.output).length > 0);
  return packetsIn(link.output)[0];
}

describe('a debugger', () => {
  it('is told what there is, before it says that it knows of processes, and after', async () => {
    await connect();
    expect(await ask('?')).toBe('T05thread:01;');
    expect([await ask('qC'), await ask('qfThreadInfo'), await ask('qsThreadInfo')]).toEqual(['QC01', 'm01', 'l']);
    expect(await ask('qSupported:multiprocess+;swbreak+')).toBe(
      `PacketSize=${MAX_PACKET.toString(16)};qXfer:features:read+;qXfer:threads:read+;qXfer:memory-map:read+;vContSupported+;multiprocess+;QStartNoAckMode+`,
    );
    expect(await ask('?')).toBe('T05thread:p01.01;');
    expect([await ask('qC'), await ask('qfThreadInfo'), await ask('qAttached'), await ask('qAttached:1')]).toEqual([
      'QCp01.01',
      'mp01.01',
      '1',
      '1',
    ]);
    expect([await ask('vMustReplyEmpty'), await ask('qTStatus'), await ask('vCont?'), await ask('!')]).toEqual([
      '',
      '',
      'vCont;c;C;s;S',
      'OK',
    ]);
    expect([await ask('bs'), await ask('bc')]).toEqual(['E22', 'E22']);
  });

  it('reads descriptions piece by piece', async () => {
    await connect({ cpu: 'rv64' });
    const read = async (annex: string): Promise<string> => {
      let text = '';
      for (;;) {
        const piece = await ask(`qXfer:features:read:${annex}:${text.length.toString(16)},40`);
        text += piece.slice(1);
        if (piece[0] === 'l') return text;
        expect([piece[0], piece.length]).toEqual(['m', 0x41]);
      }
    };
    const target = await read('target.xml');
    expect(target).toContain('<architecture>riscv:rv64</architecture>');
    const annexes = [...target.matchAll(/href="([^"]+)"/g)].map(([, annex]) => annex);
    expect(annexes).toEqual(['riscv-64bit-cpu.xml', 'riscv-64bit-fpu.xml', 'riscv-64bit-virtual.xml', 'riscv-csr.xml']);
    const registers: string[] = [];
    for (const annex of annexes) registers.push(await read(annex));
    const numbers = new Map(
      [...registers.join('').matchAll(/<reg name="(\w+)" bitsize="64" regnum="(\d+)"/g)].map(([, name, n]) => [name, Number(n)]),
    );
    // As QEMU 10.0 numbers them.
    expect(
      ['zero', 'fp', 't6', 'pc', 'ft0', 'ft11', 'priv', 'fflags', 'sstatus', 'mstatus', 'satp', 'pmpaddr0', 'cycle'].map((name) =>
        numbers.get(name),
      ),
    ).toEqual([0, 8, 31, 32, 33, 64, 65, 67, 322, 834, 450, 1010, 3138]);
    expect(await ask('qXfer:features:read:nosuch.xml:0,40')).toBe('E00');
    expect(await ask('qXfer:features:read:target.xml:99999,40')).toBe('E00');
    expect(await ask('qXfer:threads:read::0,1000')).toContain('<thread id="01" core="0">CPU#0 [running]</thread>');
    expect(await ask('qXfer:memory-map:read::0,1000')).toContain('<memory type="ram" start="0x0" length="0xffffffffffffffff"/>');
  });

  it('sees the memory map of a CPU without an MMU, and registers of 32 bits', async () => {
    await connect({ cpu: 'rv32,mmu=off' });
    expect(await ask('qXfer:features:read:target.xml:0,1000')).toContain('riscv:rv32');
    const map = await ask('qXfer:memory-map:read::0,4000');
    expect(map).toContain('<memory type="rom" start="0x1000" length="0xf000"/>');
    expect(map).toContain('<memory type="ram" start="0x80000000" length="0x1000000"/>');
    expect(await ask('P5=ddccbbaa')).toBe('OK');
    expect([await ask('p5'), machine.readRegister('t0')]).toEqual(['ddccbbaa', 0xaabb_ccddn]);
    expect((await ask('g')).length).toBe(33 * 8);
  });

  it('reads and writes registers', async () => {
    await connect();
    expect(await ask('p20')).toBe('0000008000000000');
    expect([await ask('Pa=0807060504030201'), machine.readRegister('a0')]).toEqual(['OK', 0x0102_0304_0506_0708n]);
    const all = await ask('g');
    expect(all.length).toBe(33 * 16);
    expect(all.slice(16 * 10, 16 * 11)).toBe('0807060504030201');
    expect(await ask(`G${all.slice(0, 16 * 5)}1100000000000000`)).toBe('OK');
    expect([machine.readRegister('t0'), machine.readRegister('a0')]).toEqual([0x11n, 0x0102_0304_0506_0708n]);
    expect([await ask('P41=0100000000000000'), await ask('p41'), machine.readRegister('priv')]).toEqual(['OK', '0100000000000000', 1n]);
    expect([await ask('P182=2a00000000000000'), machine.readRegister('sscratch')]).toEqual(['OK', 42n]); // 66 + 0x140
    expect([await ask('pffff'), await ask('p'), await ask('P5=00'), await ask('Pffff=00'), await ask('P5=zz')]).toEqual([
      'E14',
      'E22',
      'E22',
      'E22',
      'E22',
    ]);
  });

  it('reads and writes memory: RAM, ROM, and by physical addresses devices', async () => {
    await connect();
    expect(await ask(`m${CODE.toString(16)},4`)).toBe('17150000');
    expect(await ask('M80001000,4:01020304')).toBe('OK');
    expect(await ask('X80001004,5:\x05}\x03#}*')).toBe('E22'); // of another length
    expect(await ask('X80001004,4:\x05}#$')).toBe('OK');
    expect(await ask('m80001000,8')).toBe(`0102030405${toHex(bytesOf('}#$'))}`);
    expect([await ask('M1000,2:1234'), await ask('m1000,2')]).toEqual(['OK', '1234']); // a patched ROM
    expect([await ask('m0,4'), await ask('M0,1:00'), await ask('M10000000,1:41'), await ask('mffffffffffffffff,8')]).toEqual([
      'E14',
      'E14',
      'E14',
      'E14',
    ]);
    expect([
      await ask('m80000000,99999'),
      await ask('m80000000'),
      await ask('mxyz,1'),
      await ask('M80000000,2:00'),
      await ask('M80000000,1:0'),
    ]).toEqual(Array(5).fill('E22'));
    expect([
      await ask('qqemu.PhyMemMode'),
      await ask('Qqemu.PhyMemMode:1'),
      await ask('qqemu.PhyMemMode'),
      await ask('Qqemu.PhyMemMode:7'),
    ]).toEqual(['0', 'OK', '1', 'E22']);
    expect([await ask('M10000007,1:5a'), await ask('m10000007,1')]).toEqual(['OK', '5a']); // the UART's scratch register
  });

  it('stops at breakpoints and watchpoints, and steps', async () => {
    await connect();
    expect([await ask('Z0,80000004,4'), await ask('Z1,80000010,4'), await ask('Z2,80001000,8')]).toEqual(['OK', 'OK', 'OK']);
    expect(await stopAfter('vCont;c:p1.-1')).toBe('T05thread:01;');
    expect(await ask('p20')).toBe('0400008000000000');
    expect(await stopAfter('s')).toBe('T05thread:01;');
    expect(await stopAfter('c')).toBe('T05thread:01;watch:80001000;');
    expect([await ask('p20'), await ask('m80001000,8')]).toEqual(['0800008000000000', '0000000000000000']);
    expect([await ask('z2,80001000,8'), await ask('z2,80001000,8'), await ask('Z3,80001000,1')]).toEqual(['OK', 'E22', 'OK']);
    expect(await stopAfter('c')).toBe('T05thread:01;rwatch:80001000;');
    expect([await ask('z3,80001000,1'), await ask('Z4,80001000,1')]).toEqual(['OK', 'OK']);
    expect(await stopAfter('c')).toBe('T05thread:01;awatch:80001000;');
    expect(await ask('z4,80001000,1')).toBe('OK');
    expect(await stopAfter('C05')).toBe('T05thread:01;');
    expect(await ask('p20')).toBe('1000008000000000');
    expect([await ask('Z5,0,4'), await ask('Z2,80001000,0'), await ask('Z0,zz,4'), await ask('Z2,ffffffffffffffff,2')]).toEqual([
      '',
      'E22',
      'E22',
      'E22',
    ]);
    expect(await ask('?')).toBe('T05thread:01;'); // takes all out
    expect(await ask('z1,80000010,4')).toBe('E22');
  });

  it('interrupts a machine that runs, and hears of a stop only when it waits for one', async () => {
    await connect();
    expect(await say(packet('c80000010'))).toBe('+');
    const run = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([machine.runState, link.take()]).toEqual(['running', '']);
    expect(packetsIn(await say(CTRL_C))).toEqual(['T02thread:01;']);
    expect(machine.runState).toBe('paused');
    machine.resume();
    await machine.pause();
    expect(link.take()).toBe('');
    expect(await say(CTRL_C)).toBe(''); // nothing runs
    await say(packet('vCont;c'));
    expect(packetsIn(await say(packet('vCtrlC')))).toEqual(['T02thread:01;', 'OK']);
    machine.quit();
    await run;
  });

  it('steps one thread, and lets others run or stand still', async () => {
    await connect({ smp: 2 });
    await ask('qSupported:multiprocess+');
    expect([await ask('qfThreadInfo'), await ask('Tp1.2'), await ask('Tp1.3'), await ask('T9')]).toEqual([
      'mp01.01,p01.02',
      'OK',
      'E22',
      'E22',
    ]);
    expect(await ask('qThreadExtraInfo,p1.2')).toBe(toHex(bytesOf('CPU#1 [running]')));
    expect(await stopAfter('vCont;s:p1.2')).toBe('T05thread:p01.02;');
    expect([machine.readRegister('pc', 0), machine.readRegister('pc', 1)]).toEqual([BigInt(CODE), BigInt(CODE + 4)]);
    expect([
      await ask('Hgp1.1'),
      await ask('p20'),
      await ask('Hgp1.2'),
      await ask('p20'),
      await ask('Hgp0.0'),
      await ask('Hgp1.7'),
    ]).toEqual(['OK', '0000008000000000', 'OK', '0400008000000000', 'OK', 'E22']);
    expect(await ask('Z1,80000010,4')).toBe('OK');
    expect(await stopAfter('vCont;c:p1.1')).toBe('T05thread:p01.01;');
    expect([machine.readRegister('pc', 0), machine.readRegister('pc', 1)]).toEqual([BigInt(CODE + 16), BigInt(CODE + 4)]);
    expect([await ask('vCont;s:p5.1'), await ask('vCont;x'), await ask('vCont;'), await ask('vCont;c:zz')]).toEqual([
      'E22',
      'E22',
      'E22',
      'E22',
    ]);
  });

  it('sets what a step leaves out', async () => {
    await connect();
    expect([await ask('qqemu.sstepbits'), await ask('qqemu.sstep'), await ask('Qqemu.sstep=5'), await ask('qqemu.sstep')]).toEqual([
      'ENABLE=1,NOIRQ=2,NOTIMER=4',
      '0x7',
      'OK',
      '0x5',
    ]);
    expect([await ask('Qqemu.sstep=8'), await ask('Qqemu.sstep=x'), await ask('qqemu.Supported')]).toEqual([
      'E22',
      'E22',
      'sstepbits;sstep;PhyMemMode',
    ]);
  });

  it('talks to the monitor, a line a packet', async () => {
    await connect({}, { monitor: (line) => `you said ${line}\nand more` });
    const hex = (text: string): string => `O${toHex(bytesOf(text))}`;
    expect(packetsIn(await say(packet(`qRcmd,${toHex(bytesOf('info x'))}`)))).toEqual([hex('you said info x\r\n'), hex('and more'), 'OK']);
    expect(await ask('qRcmd,zz')).toBe('E22');
  });

  it('waits for a monitor that takes its time', async () => {
    let finish = (_text: string): void => {};
    await connect({}, { monitor: () => new Promise((resolve) => (finish = resolve)) });
    expect(await say(`${textOf(packet('qRcmd,00'))}${textOf(packet('qC'))}`)).toBe('+');
    finish('done\n');
    await until(() => packetsIn(link.output).length === 3);
    expect(packetsIn(link.take())).toEqual([`O${toHex(bytesOf('done\r\n'))}`, 'OK', 'QC01']);
  });

  it('leaves: the machine goes on, and nothing that was set stays', async () => {
    await connect();
    await ask('qSupported:multiprocess+');
    await ask('Z0,80000010,4');
    expect([await ask('D'), await ask('D;2')]).toEqual(['E22', 'E22']);
    const run = machine.run();
    expect(await ask('D;1')).toBe('OK');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(machine.runState).toBe('running');
    machine.quit();
    await run;
  });

  it('goes without a word: the machine and its breakpoints stay, and the next one clears them', async () => {
    await connect();
    await ask('Z0,80000008,4');
    link.closed();
    machine.resume();
    const run = machine.run();
    for (let n = 0; machine.runState !== 'debug'; n++) {
      expect(n).toBeLessThan(1000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    link.opened();
    expect(link.take()).not.toContain('$');
    expect([await ask('p20'), await ask('?'), await ask('z0,80000008,4')]).toEqual(['0800008000000000', 'T05thread:01;', 'E22']);
    machine.quit();
    await run;
  });

  it('kills', async () => {
    await connect();
    const run = machine.run();
    send('k');
    expect((await run).reason).toBe('host-qmp-quit');
  });

  it('hears of the end, if it waits', async () => {
    const stub = await connect({}, {}, POWER_OFF);
    await say(packet('c'));
    const { exitCode } = await machine.run();
    expect(link.take()).toBe('');
    stub.exited(exitCode);
    expect(link.take()).toBe('$W00#b7');
  });
});

describe('whatever comes', () => {
  it('asks again for what was damaged, and sends again what was', async () => {
    await connect();
    expect([await say('$?#00'), await say('$?#zz')]).toEqual(['-', '-']);
    expect(await ask('qC')).toBe('QC01');
    await say(packet('qC'));
    expect(packetsIn(await say('--'))).toEqual(['QC01', 'QC01']);
    expect(await say('+-')).toBe('');
    expect(await ask('QStartNoAckMode')).toBe('OK');
    expect(await say(packet('qC'))).toBe('$QC01#f5');
  });

  it('reads runs and escapes, a packet in the middle of another, and garbage', async () => {
    await connect();
    const raw = (data: string): string =>
      `$${data}#${([...data].reduce((sum, c) => sum + c.charCodeAt(0), 0) & 255).toString(16).padStart(2, '0')}`;
    expect(packetsIn(await say(raw('m80*"0,4')))).toEqual(['17150000']); // 8, six times 0, and 0
    expect(packetsIn(await say(raw('m80000000},4')))).toEqual(['E22']); // an escaped comma is none
    expect(packetsIn(await say('$m8000$qC#b4'))).toEqual(['QC01']);
    expect(await say('hello\r\n#00{}*~')).toBe('');
    expect(packetsIn(await say(raw('*~')))).toEqual(['']); // nothing to repeat
    expect(await say(raw('q*\x10'))).toBe(''); // less than none
    expect(await ask('qC')).toBe('QC01');
  });

  it('skips a packet that is too long, in whatever way', async () => {
    await connect();
    for (let n = 0; n < 40; n++) await say(`${n === 0 ? '$' : ''}${'a'.repeat(MAX_PACKET / 16)}`);
    await until(() => link.queued === 0);
    expect(await say('#00')).toBe('');
    await say(`$a${'*~'.repeat(3000)}#00`);
    await until(() => link.queued === 0);
    expect(await ask('qC')).toBe('QC01');
  });

  it('answers no more than the link takes', async () => {
    await connect();
    await ask('QStartNoAckMode');
    let sent = 0;
    link.write = (bytes) => {
      sent += bytes.length;
      link.congested(true);
    };
    const flood = encodePacket(bytesOf('m80000000,ffff'));
    for (let n = 0; n < 2000; n++) link.input(flood);
    expect(sent).toBeLessThan(1 << 20);
  });

  it.each([false, true])('leaves time for others when all is asked at once, on a mux: %s', async (isMux) => {
    await connect({}, {}, PROGRAM, isMux);
    await ask('QStartNoAckMode');
    let answers = 0;
    link.write = () => void answers++;
    const flood = bytesOf(textOf(encodePacket(bytesOf('m80000000,ffff'))).repeat(200));
    const start = performance.now();
    link.input(flood);
    expect([performance.now() - start < 1000, answers < 200]).toEqual([true, true]);
    let turns = 0;
    while (answers < 200) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turns++;
    }
    expect(turns).toBeGreaterThan(3);
  });

  it('neither throws nor hangs, whatever packets say', async () => {
    await connect({ smp: 2 }, { monitor: () => '' });
    const random = new SeededRandom(1);
    const words = [
      ...[
        'c',
        'C',
        's',
        'S',
        'D',
        'g',
        'G',
        'Hc',
        'Hg',
        'm',
        'M',
        'X',
        'p',
        'P',
        'T',
        'Z',
        'z',
        'vCont;',
        'vAttach;',
        'vFile:',
        'qXfer:features:read:',
      ],
      ...[
        'qThreadExtraInfo,',
        'qRcmd,',
        'Qqemu.sstep=',
        'Qqemu.PhyMemMode:',
        '0',
        '1',
        '-1',
        'ffffffffffffffff',
        '80000000',
        '4',
        ',',
        ';',
        ':',
        '=',
        'p',
        '.',
      ],
      ...['target.xml', 'zz', '\x00', '\xff', '80001000', '40', 'c', 's', 'p1.1', 'p0.0', 'p-1.-1'],
    ];
    for (let n = 0; n < 2000; n++) {
      const count = 1 + (random.bytes(1)[0] % 6);
      const text = Array.from(random.bytes(count), (byte) => words[byte % words.length]).join('');
      const before = performance.now();
      send(text);
      expect(performance.now() - before, `packet ${n}: ${text}`).toBeLessThan(2000);
      if (n % 20 === 0) await until(() => link.queued === 0);
    }
    await until(() => link.queued === 0);
    expect(packetsIn(await say(packet('qC'))).at(-1)).toMatch(/^QC/);
  });
});
