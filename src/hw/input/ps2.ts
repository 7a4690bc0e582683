/** A PS/2 keyboard, and a mouse that nothing moves. Source: IBM PS/2 Hardware Interface Technical Reference, keyboard, mouse. */
import { Fifo8 } from '../../util/fifo.js';
import { scanCode, type Key, type Keyboard } from '../core/keys.js';
import { bool, fifo, u8, vmState } from '../core/vmstate.js';

// Answers
const ACK = 0xfa;
const RESEND = 0xfe;
const TEST_PASSED = 0xaa;
const MOUSE_ID = 0x00;
const KEYBOARD_ID = [0xab, 0x83] as const;

/** Bytes of keys that wait; behind them there is room for answers. */
const KEYS_QUEUE = 16;
const QUEUE = KEYS_QUEUE + 8;
/** In place of a command whose operand comes next. */
const NOTHING = 0;

/** Understood by both. */
const enum Common {
  Enable = 0xf4,
  Disable = 0xf5,
  SetDefaults = 0xf6,
  Reset = 0xff,
}
const enum KeyboardCommand {
  SetLeds = 0xed,
  Echo = 0xee,
  ScanCodeSet = 0xf0,
  GetId = 0xf2,
  SetRate = 0xf3,
}
const enum MouseCommand {
  SetScaling11 = 0xe6,
  SetScaling21 = 0xe7,
  SetResolution = 0xe8,
  GetStatus = 0xe9,
  SetStreamMode = 0xea,
  Poll = 0xeb,
  ResetWrapMode = 0xec,
  SetWrapMode = 0xee,
  SetRemoteMode = 0xf0,
  GetId = 0xf2,
  SetSampleRate = 0xf3,
}
// The first byte that a mouse sends of a movement, and of its status
const PACKET_ALWAYS = 0x08;
const STATUS_REMOTE = 0x40;
const STATUS_ENABLED = 0x20;
const STATUS_SCALED = 0x10;

export abstract class Ps2Device {
  /** What it has to say. */
  readonly queue = new Fifo8(QUEUE);
  /** Of the keys that change what others send: those that are down. */
  modifiers = 0;
  /** The command whose operand comes next; 0: none. */
  pending = NOTHING;
  enabled = false;
  ledsOrResolution = 0;
  /** Repeat rate of a keyboard, sampling rate of a mouse. */
  rate = 0;
  scanCodeSet = 2;
  remote = false;
  scaled = false;
  wrap = false;

  static readonly vmState = vmState<Ps2Device>('ps2', { version: 2, minVersion: 1 }, [
    ...[
      fifo('queue'),
      u8('pending'),
      bool('enabled'),
      u8('ledsOrResolution'),
      u8('rate'),
      u8('scanCodeSet'),
      bool('remote'),
      bool('scaled'),
      bool('wrap'),
      u8('modifiers', { since: 2 }),
    ],
  ]);

  /** `changed`: hears that the queue has. */
  constructor(protected readonly changed: () => void) {}

  reset(): void {
    this.queue.clear();
    this.pending = NOTHING;
    this.modifiers = 0;
    this.defaults();
  }
  /** A byte from the host. */
  write(value: number): void {
    const { pending } = this;
    this.pending = NOTHING;
    if (pending === NOTHING) this.command(value);
    else this.operand(pending, value);
    this.changed();
  }
  protected say(...bytes: readonly number[]): void {
    for (const byte of bytes) this.queue.push(byte);
  }
  protected acknowledge(...bytes: readonly number[]): void {
    this.say(ACK, ...bytes);
  }
  /** What both understand; false: it is something else. */
  protected common(value: number): boolean {
    switch (value as Common) {
      case Common.Enable:
        this.enabled = true;
        this.acknowledge();
        return true;
      case Common.Disable:
        this.defaults();
        this.enabled = false;
        this.acknowledge();
        return true;
      case Common.SetDefaults:
        this.defaults();
        this.acknowledge();
        return true;
      case Common.Reset:
        this.reset();
        this.acknowledge(TEST_PASSED, ...this.afterReset);
        return true;
      default:
        return false;
    }
  }
  protected refuse(): void {
    this.say(RESEND);
  }
  protected abstract readonly afterReset: readonly number[];
  protected abstract defaults(): void;
  protected abstract command(value: number): void;
  protected abstract operand(command: number, value: number): void;
}

/** Where a break code is the make code with a byte before it (sets 2 and 3), and where it is a bit of it (set 1). */
const BREAK = 0xf0;
const BREAK_BIT = 0x80;
const EXTENDED = 0xe0;
const PAUSE = 0xe1;
/** Bits of `modifiers`. */
const enum Modifier {
  Ctrl = 1,
  CtrlR = 2,
  Shift = 4,
  ShiftR = 8,
  Alt = 16,
  AltR = 32,
}
const MODIFIERS: Partial<Record<Key, Modifier>> = {
  ctrl: Modifier.Ctrl,
  ctrl_r: Modifier.CtrlR,
  shift: Modifier.Shift,
  shift_r: Modifier.ShiftR,
  alt: Modifier.Alt,
  alt_r: Modifier.AltR,
};
const ANY_CTRL = Modifier.Ctrl | Modifier.CtrlR;
const ANY_SHIFT = Modifier.Shift | Modifier.ShiftR;
const ANY_ALT = Modifier.Alt | Modifier.AltR;
/** Codes that keys have under others, in set 1 and 2. */
const SYSTEM_REQUEST = [0x54, 0x84] as const;
const PRINT = [0xe037, 0xe07c] as const;
const FAKE_SHIFT = [0xe02a, 0xe012] as const;
const BREAK_KEY = [0xe046, 0xe07e] as const;
/** Keys of Korean keyboards, which tell nobody that they go up. */
const MAKE_ONLY: readonly Key[] = ['lang1', 'lang2'];
/** Pause has no break code: its make code ends with it. */
const PAUSE_CODES = [
  [PAUSE, 0x1d, 0x45, PAUSE, 0x9d, 0xc5],
  [PAUSE, 0x14, 0x77, PAUSE, BREAK, 0x14, BREAK, 0x77],
] as const;

export class Ps2Keyboard extends Ps2Device implements Keyboard {
  protected override readonly afterReset: readonly number[] = [];

  protected override defaults(): void {
    this.enabled = true;
    this.ledsOrResolution = this.rate = 0;
    this.scanCodeSet = 2;
  }

  /** A key goes down or up. What there is no room for is lost, a key at a time. */
  key(key: Key, isDown: boolean): void {
    const modifier = MODIFIERS[key] ?? 0;
    this.modifiers = isDown ? this.modifiers | modifier : this.modifiers & ~modifier;
    const bytes = this.enabled ? this.codesOf(key, isDown) : [];
    if (this.queue.length + bytes.length > KEYS_QUEUE) return;
    this.say(...bytes);
    this.changed();
  }

  private codesOf(key: Key, isDown: boolean): readonly number[] {
    const { scanCodeSet: set, modifiers } = this;
    const n = set - 1;
    if (set < 3 && key === 'pause') return modifiers & ANY_CTRL ? this.code(BREAK_KEY[n], isDown) : isDown ? PAUSE_CODES[n] : [];
    if (set < 3 && (key === 'print' || key === 'sysrq')) {
      if (modifiers & ANY_ALT) return this.code(SYSTEM_REQUEST[n], isDown);
      const [own, shift] = [this.code(PRINT[n], isDown), this.code(FAKE_SHIFT[n], isDown)];
      if (modifiers & (ANY_CTRL | ANY_SHIFT)) return own;
      return isDown ? [...shift, ...own] : [...own, ...shift];
    }
    const code = scanCode(key, set);
    return code === 0 || (!isDown && MAKE_ONLY.includes(key)) ? [] : this.code(code, isDown);
  }

  private code(code: number, isDown: boolean): number[] {
    const prefix = code >> 8 === EXTENDED ? [EXTENDED] : [];
    const last = code & 0xff;
    if (isDown) return [...prefix, last];
    return this.scanCodeSet === 1 ? [...prefix, last | BREAK_BIT] : [...prefix, BREAK, last];
  }

  protected override command(value: number): void {
    if (this.common(value)) return;
    switch (value as KeyboardCommand) {
      case KeyboardCommand.SetLeds:
      case KeyboardCommand.ScanCodeSet:
      case KeyboardCommand.SetRate:
        this.pending = value;
        return this.acknowledge();
      case KeyboardCommand.Echo:
        return this.say(value);
      case KeyboardCommand.GetId:
        return this.acknowledge(...KEYBOARD_ID);
      default:
        this.refuse();
    }
  }
  protected override operand(command: KeyboardCommand, value: number): void {
    if (command === KeyboardCommand.SetLeds) this.ledsOrResolution = value;
    else if (command === KeyboardCommand.SetRate) this.rate = value;
    else if (value === 0) return this.acknowledge(this.scanCodeSet);
    else if (value > 3) return this.refuse();
    else this.scanCodeSet = value;
    this.acknowledge();
  }
}

const MOUSE_RATE = 100;
const MOUSE_RESOLUTION = 2;

export class Ps2Mouse extends Ps2Device {
  protected override readonly afterReset: readonly number[] = [MOUSE_ID];

  protected override defaults(): void {
    this.enabled = this.remote = this.scaled = this.wrap = false;
    this.ledsOrResolution = MOUSE_RESOLUTION;
    this.rate = MOUSE_RATE;
  }
  protected override command(value: number): void {
    if (this.wrap && value !== MouseCommand.ResetWrapMode && value !== Common.Reset) return this.say(value);
    if (this.common(value)) return;
    switch (value as MouseCommand) {
      case MouseCommand.SetScaling11:
      case MouseCommand.SetScaling21:
        this.scaled = value === MouseCommand.SetScaling21;
        return this.acknowledge();
      case MouseCommand.SetResolution:
      case MouseCommand.SetSampleRate:
        this.pending = value;
        return this.acknowledge();
      case MouseCommand.GetStatus:
        return this.acknowledge(this.status, this.ledsOrResolution, this.rate);
      case MouseCommand.SetStreamMode:
      case MouseCommand.SetRemoteMode:
        this.remote = value === MouseCommand.SetRemoteMode;
        return this.acknowledge();
      case MouseCommand.Poll: // it has not moved
        return this.acknowledge(PACKET_ALWAYS, 0, 0);
      case MouseCommand.ResetWrapMode:
      case MouseCommand.SetWrapMode:
        this.wrap = value === MouseCommand.SetWrapMode;
        return this.acknowledge();
      case MouseCommand.GetId:
        return this.acknowledge(MOUSE_ID);
      default:
        this.refuse();
    }
  }
  private get status(): number {
    return (this.remote ? STATUS_REMOTE : 0) | (this.enabled ? STATUS_ENABLED : 0) | (this.scaled ? STATUS_SCALED : 0);
  }
  protected override operand(command: MouseCommand, value: number): void {
    if (command === MouseCommand.SetResolution) this.ledsOrResolution = value;
    else this.rate = value;
    this.acknowledge();
  }
}
