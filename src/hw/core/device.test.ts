import { describe, expect, it } from 'vitest';
import * as prop from '../../qom/property.js';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import { GuestError, OptionError, VmStateError } from '../../util/errors.js';
import { Fifo8 } from '../../util/fifo.js';
import { MemTxResult } from '../../memory/access.js';
import { TestMachine } from './testing.js';
import { CharBackend, RingBufferChardev, type Chardev } from '../../chardev/chardev.js';
import { defineDevice } from './device.js';
import { SysBusDevice } from './sysbus.js';
import { array, bool, fifo, u16, u32, u64, u8, vmState } from './vmstate.js';

class Finisher extends SysBusDevice {
  static override readonly type = defineDevice('test.finisher', SysBusDevice, Finisher, {
    description: 'test finisher',
    properties: [prop.uint32('exit-code'), prop.enumeration('mode', ['a', 'b']), prop.link('chardev', 'chardev'), prop.bool('odd')],
  });
  static readonly vmState = vmState<Finisher>('finisher', { version: 3, minVersion: 2 }, [
    u16('divisor', { since: 3 }),
    u8('ier'),
    array('levels', u32),
    fifo('rx'),
  ]);
  exitCode = 7;
  mode = 'a';
  odd = false;
  chardev: Chardev | undefined;
  divisor = 1;
  ier = 0;
  levels = [0, 0];
  readonly rx = new Fifo8(4);
  fired: bigint[] = [];
  readonly timeout = this.newTimer(() => this.fired.push(this.now));
  readonly irq = this.initIrq();
  private chr = new CharBackend();

  protected override realize(): void {
    this.initMmio(
      this.ioRegion('test.finisher', 0x1000, {
        accessSizes: [1, 4],
        read: (offset) => {
          if (offset === 8) throw new GuestError('odd read');
          return this.rx.pop();
        },
        write: (offset, value) => offset === 0 && this.finish(value),
      }),
    );
    this.chr = new CharBackend(this.chardev);
    this.chr.setHandlers({ canReceive: () => this.rx.free, receive: (bytes) => bytes.forEach((b) => this.rx.push(b)) });
  }
  override reset(): void {
    this.rx.clear();
    this.chr.acceptInput();
  }
  private finish(code: number): void {
    this.chr.writeByte(code);
    this.services.requests.shutdown('guest-shutdown', this.exitCode);
  }
}

/** Has no properties, but fields. */
class Plain extends SysBusDevice {
  static override readonly type = defineDevice('plain', SysBusDevice, Plain);
  mode = 'a';
}

describe('a device', () => {
  it('has properties with defaults, from text, and says what is wrong with others', () => {
    const machine = new TestMachine({ config: { globals: [{ driver: 'test.finisher', property: 'exit-code', value: '0x10' }] } });
    const device = machine.newDevice(Finisher, { mode: 'b' });
    expect([device.exitCode, device.mode]).toEqual([16, 'b']);
    // @ts-expect-error no such property
    expect(() => machine.newDevice(Finisher, { 'exit-cod': 1 })).toThrow(/exit-cod/);
    // @ts-expect-error a field, but no property
    expect(() => machine.newDevice(Finisher, { divisor: 1 })).toThrow(/divisor/);
    // @ts-expect-error not of this class
    expect(() => machine.newDevice(Plain, { mode: 'b' })).toThrow(/mode/);
    // @ts-expect-error no such value
    expect(() => machine.newDevice(Finisher, { 'exit-code': true })).toThrow(/exit-code/);
    expect(() => device.setProperty('exit-code', '5000000000')).toThrow(/exit-code.*'5000000000'.*0 to 4294967295/);
    expect(() => device.setProperty('mode', 'c')).toThrow(/one of a, b/);
    expect(() => device.setProperty('chardev', 'nope')).toThrow(/find value 'nope'/);
    expect(() => device.setProperty('exitcode', '1')).toThrow(OptionError);
    machine.realize(device);
    expect(() => device.setProperty('odd', 'on')).toThrow(/after it was realized/);
    expect(device.canonicalPath).toBe('/machine/unattached/device[0]');
  });

  it('answers accesses through the system address space, and its guest errors stay in the log', () => {
    const machine = new TestMachine();
    const char = new RingBufferChardev('c0');
    machine.backends.add('chardev', 'c0', char);
    const device = machine.addDevice(Finisher, { chardev: 'c0' });
    device.mmioMap(0, 0x4000);
    char.input(Uint8Array.of(1, 2, 3, 4, 5));
    expect(machine.addressSpace.read(0x4004, 1)).toBe(1);
    expect(machine.addressSpace.readTx(0x4004, 2)).toBe(MemTxResult.Error); // not an access size of it
    expect(machine.addressSpace.readTx(0x4008, 4)).toBe(MemTxResult.Ok);
    expect(machine.logged.join('')).toContain('odd read');
    expect(machine.addressSpace.write(0x4000, 4, 0x41)).toBe(MemTxResult.Ok);
    expect(char.readText()).toBe('A');
    expect(machine.runState.shutdownRequest).toEqual({ cause: 'guest-shutdown', exitCode: 7 });
    expect(machine.addressSpace.readTx(0x9000, 4)).toBe(MemTxResult.DecodeError);
    device.unrealizeDevice();
    expect(machine.addressSpace.readTx(0x4004, 1)).toBe(MemTxResult.DecodeError);
  });

  it('has timers of guest time, which stands while the VM is stopped', () => {
    const machine = new TestMachine();
    const device = machine.addDevice(Finisher);
    device.timeout.startNs(1000);
    machine.advance(999);
    expect(device.fired).toEqual([]);
    machine.vmStop();
    machine.advance(5000);
    expect(device.fired).toEqual([]);
    machine.vmStart();
    machine.advance(1);
    expect(device.fired).toEqual([1000n]);
  });

  it('saves and loads its table, older versions too, and refuses what does not fit', () => {
    const machine = new TestMachine();
    const a = machine.addDevice(Finisher);
    Object.assign(a, { divisor: 0x1234, ier: 5, levels: [1, 0xffff_ffff] });
    a.rx.push(9);
    const out = new ByteWriter();
    a.vmState!.save(a, out);
    const bytes = out.finish();
    const b = machine.addDevice(Finisher);
    b.vmState!.load(b, new ByteReader(bytes), 3);
    expect([b.divisor, b.ier, b.levels, [...b.rx.toArray()]]).toEqual([0x1234, 5, [1, 0xffff_ffff], [9]]);
    const c = machine.addDevice(Finisher);
    c.vmState!.load(c, new ByteReader(bytes.subarray(2)), 2); // version 2 had no divisor
    expect([c.divisor, c.ier]).toEqual([1, 5]);
    expect(() => c.vmState!.load(c, new ByteReader(bytes), 4)).toThrow(/version 4 cannot be loaded \(this build reads 2 to 3\)/);
    expect(() => c.vmState!.load(c, new ByteReader(bytes.subarray(0, 9)), 3)).toThrow(VmStateError);
  });
});

it('is not given the machine', () => {
  class Curious extends SysBusDevice {
    peek(): unknown {
      // @ts-expect-error the machine is not there
      return this.machine;
    }
    books(): unknown {
      // @ts-expect-error nor are its books
      return this.services.inventory.realized;
    }
  }
  expect(new Curious(new TestMachine().services).peek()).toBeUndefined();
});

it('has tables that the compiler holds against its class', () => {
  class Rows extends SysBusDevice {
    static override readonly type = defineDevice('rows', SysBusDevice, Rows, {
      properties: [
        prop.uint32('num-lines'),
        prop.uint32('lines', { field: 'numLines' }),
        // @ts-expect-error no such field
        prop.uint32('num-liens'),
        // @ts-expect-error no such field
        prop.uint32('lines', { field: 'liens' }),
        // @ts-expect-error not a number
        prop.uint32('label'),
        // @ts-expect-error not a text
        prop.enumeration('num-lines', ['1', '2']),
        // @ts-expect-error private
        prop.bool('hidden'),
      ],
    });
    static readonly table = () =>
      vmState<Rows>('rows', { version: 1 }, [
        u32('numLines'),
        array('levels', u32),
        array('ticks', u64),
        // @ts-expect-error no such field
        u32('numLiens'),
        // @ts-expect-error not a number
        u32('label'),
        // @ts-expect-error no FIFO
        fifo('levels'),
        // @ts-expect-error bigints
        array('ticks', u32),
        // @ts-expect-error private
        bool('hidden'),
      ]);
    numLines = 1;
    label = '';
    levels = new Uint32Array(2);
    ticks = [0n];
    private hidden = false;
    get isHidden(): boolean {
      return this.hidden;
    }
  }
  expect(Rows.table).toThrow("rows: two rows are of 'levels'");
});
