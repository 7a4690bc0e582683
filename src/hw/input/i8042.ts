/**
 * The keyboard controller of a PC, with a keyboard, and a mouse that nobody touches. Sources: 8042 keyboard controller and PS/2 keyboard and mouse chapters
 * of the IBM PS/2 Hardware Interface Technical Reference.
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
const TRANSLATE = 0x40;
// Output port
const NOT_RESET = 0x01;
const A20 = 0x02;

/** Written to COMMAND; those from PulseBits on name lines of the output port that are low for a moment. */
const enum Command {
  None = 0,
  ReadCommandByte = 0x20,
  DisableMouse = 0xa7,
  EnableMouse = 0xa8,
  TestMouse = 0xa9,
  SelfTest = 0xaa,
  TestKeyboard = 0xab,
  DisableKeyboard = 0xad,
  EnableKeyboard = 0xae,
  ReadInputPort = 0xc0,
  ReadOutputPort = 0xd0,
  PulseBits = 0xf0,
  // The byte that follows through DATA is their operand.
  WriteCommandByte = 0x60,
  WriteOutputPort = 0xd1,
  WriteKeyboardOutput = 0xd2,
  WriteMouseOutput = 0xd3,
  WriteToMouse = 0xd4,
}
const SELF_TEST_PASSED = 0x55;
const LINES_WORK = 0x00;
const INPUT_PORT_UNLOCKED = 0x80;

/** Of a translated break code: the byte before it goes, and its own bit 7 is set. */
const BREAK = 0xf0;
const BREAK_BIT = 0x80;
/** What codes of set 2 below 80 are in set 1; beyond them two keys. */
const SET_1 = (
  'ff43413f3d3b3c58644442403e0f295965382a701d10025a66712c1f1e11035b' +
  '672e2d201205045c68392f211413065d693130232215075e6a7232241608095f' +
  '6b332517180b0a606c34352627190c616d7328741a0d626e3a361c1b752b6376' +
  '55567778797a0e7b7c4f7d4b477e7f6f5253504c4d480145574e514a37494654'
)
  .match(/../g)!
  .map((byte) => parseInt(byte, 16));
SET_1[0x83] = 0x41;
SET_1[0x84] = 0x54;

export class I8042 extends IsaDevice {
  static override readonly type = defineDevice('i8042', IsaDevice, I8042, {
    description: 'PC keyboard controller',
    category: 'input',
    properties: [uint8('kbd-irq'), uint8('mouse-irq')],
  });
  static readonly vmState = vmState<I8042>('pckbd', { version: 2, minVersion: 1 }, [
    ...[u8('commandByte'), u8('pending'), u8('outputPort'), bool('wasCommand'), fifo('own'), fifo('ownMouse')],
    ...[struct('keyboard', Ps2Device.vmState), struct('mouse', Ps2Device.vmState), bool('isBreak', { since: 2 })],
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
  /** The command whose operand comes next. */
  pending: Command = Command.None;
  outputPort = 0;
  wasCommand = false;
  /** The keyboard's next code is a break code, which translation says in one byte. */
  isBreak = false;
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
    this.services.addKeyboard(this.keyboard);
    this.mapRegisters('i8042-data', DATA, [[0, 1]], I8042.dataRegister);
    this.mapRegisters('i8042-cmd', COMMAND, [[0, 1]], I8042.commandRegister);
  }

  override reset(): void {
    this.commandByte = KEYBOARD_INTERRUPT | MOUSE_INTERRUPT;
    this.pending = Command.None;
    this.outputPort = NOT_RESET | A20;
    this.wasCommand = true;
    this.isBreak = false;
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

  private get translates(): boolean {
    return (this.commandByte & TRANSLATE) !== 0;
  }

  private update(): void {
    const { queue } = this.keyboard;
    while (this.translates && !(this.commandByte & KEYBOARD_OFF) && queue.peek() === BREAK) {
      queue.pop();
      this.isBreak = true;
    }
    const { source, commandByte } = this;
    this.lines.keyboard.set(source?.ofMouse === false && (commandByte & KEYBOARD_INTERRUPT) !== 0);
    this.lines.mouse.set(source?.ofMouse === true && (commandByte & MOUSE_INTERRUPT) !== 0);
  }

  private take(): number {
    const { source } = this;
    let value = source?.bytes.pop() ?? 0;
    if (source?.bytes === this.keyboard.queue && this.translates) value = this.translated(value);
    // An edge for each byte.
    this.lines.keyboard.lower();
    this.lines.mouse.lower();
    this.update();
    return value;
  }

  private translated(value: number): number {
    const { isBreak } = this;
    this.isBreak = false;
    return (SET_1[value] ?? value) | (isBreak ? BREAK_BIT : 0);
  }

  private command(value: number): void {
    this.wasCommand = true;
    switch (value as Command) {
      case Command.ReadCommandByte:
        this.own.push(this.commandByte);
        break;
      case Command.WriteCommandByte:
      case Command.WriteOutputPort:
      case Command.WriteKeyboardOutput:
      case Command.WriteMouseOutput:
      case Command.WriteToMouse:
        this.pending = value;
        break;
      case Command.DisableMouse:
        this.commandByte |= MOUSE_OFF;
        break;
      case Command.EnableMouse:
        this.commandByte &= ~MOUSE_OFF;
        break;
      case Command.TestMouse:
      case Command.TestKeyboard:
        this.own.push(LINES_WORK);
        break;
      case Command.SelfTest:
        this.commandByte |= SYSTEM_FLAG;
        this.own.push(SELF_TEST_PASSED);
        break;
      case Command.DisableKeyboard:
        this.commandByte |= KEYBOARD_OFF;
        break;
      case Command.EnableKeyboard:
        this.commandByte &= ~KEYBOARD_OFF;
        break;
      case Command.ReadInputPort:
        this.own.push(INPUT_PORT_UNLOCKED);
        break;
      case Command.ReadOutputPort:
        this.own.push(this.outputPort);
        break;
      default:
        if (value >= Command.PulseBits) this.pulse(~value & 15);
        else this.guestError(`no command 0x${value.toString(16)}`);
    }
    this.update();
  }

  /** Bit 0 of the output port resets the machine. */
  private pulse(bits: number): void {
    if (bits & NOT_RESET) this.services.requests.reset('guest-reset');
  }

  private operand(value: number): void {
    const { pending } = this;
    this.pending = Command.None;
    this.wasCommand = false;
    switch (pending) {
      case Command.WriteCommandByte:
        this.commandByte = value;
        break;
      case Command.WriteOutputPort:
        this.outputPort = value;
        this.a20.set((value & A20) !== 0);
        if (!(value & NOT_RESET)) this.pulse(NOT_RESET);
        break;
      case Command.WriteKeyboardOutput:
        this.own.push(value);
        break;
      case Command.WriteMouseOutput:
        this.ownMouse.push(value);
        break;
      case Command.WriteToMouse:
        this.mouse.write(value);
        break;
      default: // a byte for the keyboard turns it on
        this.commandByte &= ~KEYBOARD_OFF;
        this.keyboard.write(value);
    }
    this.update();
  }
}
