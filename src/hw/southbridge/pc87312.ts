/**
 * National PC87312, a Super I/O chip: three configuration registers that turn its ports on and move them. Its keyboard controller is apart, as on the
 * boards that have it. Source: PC87312 data sheet, chapter 2. Its floppy and IDE controllers, and moving or turning off ports, are not built.
 */
import { uint32, uint8 } from '../../qom/property.js';
import { NullChardev, type Chardev } from '../../chardev/chardev.js';
import { defineDevice } from '../core/device.js';
import { registerMap, rw } from '../core/registers.js';
import { bool, u8, vmState } from '../core/vmstate.js';
import { ParallelIsa } from '../char/parallel.js';
import { SerialIsa } from '../char/serial-isa.js';
import { I8042 } from '../input/i8042.js';
import { IsaDevice } from '../isa/isa-bus.js';

const REGISTERS = 3;
/** The first read of the index after a reset: who it is. */
const ID = 0x88;
/** FER, FAR and PTR by the strap pins (`config`). */
const STRAPS: readonly (readonly [number, number, number])[] = Array.from({ length: 16 }, (_, config) => [
  config < 12 ? 0x4f : 0x0f,
  0x10,
  0,
]);
const FER_PARALLEL = 0x01;
const FER_UART1 = 0x02;
const FER_UART2 = 0x04;
/** Of the parallel port, by FAR bits 1 and 0; PTR can say interrupt 7 in place of 5. */
const PARALLEL_PLACES = [
  { iobase: 0x378, irq: 5 },
  { iobase: 0x3bc, irq: 7 },
  { iobase: 0x278, irq: 5 },
] as const;
const PTR_IRQ7 = 0x08;
/** COM3 and COM4, by FAR bits 7 and 6. */
const FAR_PLACES = [
  [0x3e8, 0x2e8],
  [0x338, 0x238],
  [0x2e8, 0x2e0],
  [0x220, 0x228],
] as const;

export class Pc87312 extends IsaDevice {
  static override readonly type = defineDevice('pc87312', IsaDevice, Pc87312, {
    description: 'National Semiconductor PC87312 Super I/O',
    properties: [uint32('iobase'), uint8('config')],
  });
  static readonly vmState = vmState<Pc87312>('pc87312', { version: 1 }, [
    ...[u8('index', { most: 31 }), bool('tellsId'), u8('fer'), u8('far'), u8('ptr')],
  ]);
  static readonly registers = registerMap<Pc87312>('pc87312_io', [
    rw(0, 'INDEX', { read: (s) => s.readIndex(), readEffects: true, write: (s, value) => void (s.index = value & 31) }),
    rw(1, 'DATA', { read: (s) => s.data(), write: (s, value) => s.setData(value) }),
  ]);

  iobase = 0x398;
  config = 1;
  index = 0;
  tellsId = true;
  fer = 0;
  far = 0;
  ptr = 0;
  /** Of the board, for the UARTs and the parallel port; set before it is realized. */
  chardevs: readonly (Chardev | undefined)[] = [];
  printer: Chardev | undefined;

  protected override realize(): void {
    this.straps();
    this.mapRegisters('pc87312', this.iobase, [[0, 2]], Pc87312.registers);
    const place = PARALLEL_PLACES[this.far & 3];
    if (this.fer & FER_PARALLEL && place) {
      const port = this.newPart(ParallelIsa, 'parallel0');
      [port.index, port.iobase, port.irq] = [0, place.iobase, this.ptr & PTR_IRQ7 ? 7 : place.irq];
      port.chardev = this.printer ?? new NullChardev('parallel0');
      this.realizePart(port);
    }
    for (const [n, enable] of [FER_UART1, FER_UART2].entries()) {
      if (!(this.fer & enable)) continue;
      const port = this.newPart(SerialIsa, `serial${n}`);
      [port.index, port.iobase, port.irq] = [n, ...this.placeOf(n)];
      port.chardev = this.chardevs[n];
      this.realizePart(port);
    }
    this.realizePart(this.newPart(I8042, 'i8042'));
  }

  override reset(): void {
    this.index = 0;
    this.tellsId = true;
    this.straps();
  }

  private straps(): void {
    [this.fer, this.far, this.ptr] = STRAPS[this.config & 15];
  }

  /** Port and interrupt of a UART: FAR bits 3 and 2, or 5 and 4. */
  private placeOf(n: number): [number, number] {
    const choice = (this.far >> (n === 0 ? 2 : 4)) & 3;
    const pair = FAR_PLACES[this.far >> 6];
    const port = [0x3f8, 0x2f8, pair[0], pair[1]][choice];
    return [port, choice % 2 === 0 ? 4 : 3];
  }

  private readIndex(): number {
    if (!this.tellsId) return this.index;
    this.tellsId = false;
    return ID;
  }
  private data(): number {
    return [this.fer, this.far, this.ptr][this.index] ?? 0;
  }
  private setData(value: number): void {
    if (this.index >= REGISTERS) return this.guestError(`there is no register ${this.index}`);
    const old = [this.fer, this.far][this.index];
    if (this.index === 0) this.fer = value;
    else if (this.index === 1) this.far = value;
    else this.ptr = value;
    // As QEMU's, which says so.
    if (old !== undefined && old !== value) this.unimplemented('moving ports, or turning them off, is not built');
  }
}
