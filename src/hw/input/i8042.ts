/**
 * The keyboard controller of a PC, with a keyboard and a mouse that nobody touches: they answer what they are asked. Sources: 8042 keyboard controller and
 * PS/2 keyboard and mouse chapters of the IBM PS/2 Hardware Interface Technical Reference. Translation to scan code set 1 would be of keys, which are none.
 */
import { uint8 } from '../../qom/property.js';
import { Fifo8 } from '../../util/fifo.js';
import { defineDevice } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { bool, fifo, struct, u8, vmState } from '../core/vmstate.js';
import { IsaDevice } from '../isa/isa-bus.js';
import { Ps2Device, Ps2Keyboard, Ps2Mouse } from './ps2.js';

const DATA = 0x60;
const COMMAND = 0x64;

// Status
const OUTPUT_FULL = 0x01;
const SYSTEM = 0x04;
const LAST_WAS_COMMAND = 0x08;
const UNLOCKED = 0x10;
const OF_MOUSE = 0x20;
// Command byte
const KEYBOARD_INTERRUPT = 0x01;
const MOUSE_INTERRUPT = 0x02;
const SYSTEM_FLAG = 0x04;
const KEYBOARD_OFF = 0x10;
const MOUSE_OFF = 0x20;
// Output port
const NOT_RESET = 0x01;
const A20 = 0x02;

/** Commands with an operand, which comes through DATA next. */
const enum Expects {
  Nothing = 0,
  CommandByte = 0x60,
  OutputPort = 0xd1,
  KeyboardOutput = 0xd2,
  MouseOutput = 0xd3,
  MouseByte = 0xd4,
}

export class I8042 extends IsaDevice {
  static override readonly type = defineDevice('i8042', IsaDevice, I8042, {
    description: 'PC keyboard controller',
    category: 'input',
    properties: [uint8('kbd-irq'), uint8('mouse-irq')],
  });
  static readonly vmState = vmState<I8042>('pckbd', { version: 1 }, [
    ...[u8('commandByte'), u8('expects'), u8('outputPort'), bool('wasCommand'), fifo('own'), fifo('ownMouse')],
    ...[struct('keyboard', Ps2Device.vmState), struct('mouse', Ps2Device.vmState)],
  ]);

  static readonly dataRegister = registerMap<I8042>('pckbd_kbd_data', [
    rw(0, 'DATA', { read: (s) => s.take(), readEffects: true, write: (s, value) => s.operand(value) }),
  ]);
  static readonly commandRegister = registerMap<I8042>('pckbd_kbd_command', [
    ro(0, 'STATUS', { read: (s) => s.status }),
    wo(0, 'COMMAND', { write: (s, value) => s.command(value) }),
  ]);

  kbdIrq = 1;
  mouseIrq = 12;
  commandByte = 0;
  expects = Expects.Nothing;
  outputPort = 0;
  wasCommand = false;
  /** What the controller itself has to say, and what it says as if it were the mouse. */
  readonly own = new Fifo8(16);
  readonly ownMouse = new Fifo8(16);
  readonly keyboard = new Ps2Keyboard(() => this.update());
  readonly mouse = new Ps2Mouse(() => this.update());
  private lines!: { keyboard: IrqLine; mouse: IrqLine };
  private a20!: IrqLine;

  protected override realize(): void {
    this.lines = { keyboard: this.isaIrq(this.kbdIrq, 'keyboard'), mouse: this.isaIrq(this.mouseIrq, 'mouse') };
    [this.a20] = this.initGpioOut(1, 'a20');
    this.mapRegisters('i8042-data', DATA, [[0, 1]], I8042.dataRegister);
    this.mapRegisters('i8042-cmd', COMMAND, [[0, 1]], I8042.commandRegister);
  }

  override reset(): void {
    this.commandByte = KEYBOARD_INTERRUPT | MOUSE_INTERRUPT;
    this.expects = Expects.Nothing;
    this.outputPort = NOT_RESET | A20;
    this.wasCommand = true;
    this.own.clear();
    this.ownMouse.clear();
    this.keyboard.reset();
    this.mouse.reset();
    this.a20.raise();
    this.update();
  }

  /** Whose byte DATA reads as next. */
  private get source(): { readonly bytes: Fifo8; readonly ofMouse: boolean } | undefined {
    if (!this.own.isEmpty) return { bytes: this.own, ofMouse: false };
    if (!this.ownMouse.isEmpty) return { bytes: this.ownMouse, ofMouse: true };
    if (!(this.commandByte & KEYBOARD_OFF) && !this.keyboard.queue.isEmpty) return { bytes: this.keyboard.queue, ofMouse: false };
    if (!(this.commandByte & MOUSE_OFF) && !this.mouse.queue.isEmpty) return { bytes: this.mouse.queue, ofMouse: true };
    return undefined;
  }

  private get status(): number {
    const { source } = this;
    return (
      UNLOCKED |
      (source ? OUTPUT_FULL : 0) |
      (source?.ofMouse ? OF_MOUSE : 0) |
      (this.commandByte & SYSTEM_FLAG ? SYSTEM : 0) |
      (this.wasCommand ? LAST_WAS_COMMAND : 0)
    );
  }

  private update(): void {
    const { source, commandByte } = this;
    this.lines.keyboard.set(source?.ofMouse === false && (commandByte & KEYBOARD_INTERRUPT) !== 0);
    this.lines.mouse.set(source?.ofMouse === true && (commandByte & MOUSE_INTERRUPT) !== 0);
  }

  private take(): number {
    const value = this.source?.bytes.pop() ?? 0;
    // An edge for each byte.
    this.lines.keyboard.lower();
    this.lines.mouse.lower();
    this.update();
    return value;
  }

  private answer(value: number): void {
    this.own.push(value);
  }

  private command(value: number): void {
    this.wasCommand = true;
    switch (value) {
      case 0x20:
        this.answer(this.commandByte);
        break;
      case Expects.CommandByte:
      case Expects.OutputPort:
      case Expects.KeyboardOutput:
      case Expects.MouseOutput:
      case Expects.MouseByte:
        this.expects = value;
        break;
      case 0xa7:
        this.commandByte |= MOUSE_OFF;
        break;
      case 0xa8:
        this.commandByte &= ~MOUSE_OFF;
        break;
      case 0xa9: // both lines are as they should
      case 0xab:
        this.answer(0x00);
        break;
      case 0xaa: // the controller's own test
        this.commandByte |= SYSTEM_FLAG;
        this.answer(0x55);
        break;
      case 0xad:
        this.commandByte |= KEYBOARD_OFF;
        break;
      case 0xae:
        this.commandByte &= ~KEYBOARD_OFF;
        break;
      case 0xc0: // the input port: not locked
        this.answer(0x80);
        break;
      case 0xd0:
        this.answer(this.outputPort);
        break;
      default:
        if (value >= 0xf0) this.pulse(~value & 15);
        else this.guestError(`no command 0x${value.toString(16)}`);
    }
    this.update();
  }

  /** Bit 0 of the output port resets the machine. */
  private pulse(bits: number): void {
    if (bits & NOT_RESET) this.services.requests.reset('guest-reset');
  }

  private operand(value: number): void {
    const { expects } = this;
    this.expects = Expects.Nothing;
    this.wasCommand = false;
    switch (expects) {
      case Expects.CommandByte:
        this.commandByte = value;
        break;
      case Expects.OutputPort:
        this.outputPort = value;
        this.a20.set((value & A20) !== 0);
        if (!(value & NOT_RESET)) this.pulse(NOT_RESET);
        break;
      case Expects.KeyboardOutput:
        this.own.push(value);
        break;
      case Expects.MouseOutput:
        this.ownMouse.push(value);
        break;
      case Expects.MouseByte:
        this.mouse.write(value);
        break;
      default: // a byte for the keyboard turns it on
        this.commandByte &= ~KEYBOARD_OFF;
        this.keyboard.write(value);
    }
    this.update();
  }
}
