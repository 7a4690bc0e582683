/** A PS/2 keyboard and mouse as far as their answers go: nobody types, nothing moves. Source: IBM PS/2 Hardware Interface Technical Reference, keyboard, mouse. */
import { Fifo8 } from '../../util/fifo.js';
import { bool, fifo, u8, vmState } from '../core/vmstate.js';

const ACK = 0xfa;
const RESEND = 0xfe;
const TEST_PASSED = 0xaa;
const QUEUE = 16;
const NOTHING = 0;

export abstract class Ps2Device {
  /** What it has to say. */
  readonly queue = new Fifo8(QUEUE);
  /** The command whose operand comes next; 0: none. */
  pending = NOTHING;
  enabled = false;
  /** Lights of a keyboard, resolution of a mouse. */
  first = 0;
  /** Repeat rate of a keyboard, sampling rate of a mouse. */
  rate = 0;
  set = 2;
  remote = false;
  scaled = false;
  wrap = false;

  static readonly vmState = vmState<Ps2Device>('ps2', { version: 1 }, [
    ...[fifo('queue'), u8('pending'), bool('enabled'), u8('first'), u8('rate'), u8('set'), bool('remote'), bool('scaled'), bool('wrap')],
  ]);

  /** `changed`: hears that the queue has. */
  constructor(private readonly changed: () => void) {}

  reset(): void {
    this.queue.clear();
    this.pending = NOTHING;
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
    switch (value) {
      case 0xf4:
      case 0xf5:
        if (value === 0xf5) this.defaults();
        this.enabled = value === 0xf4;
        this.acknowledge();
        return true;
      case 0xf6:
        this.defaults();
        this.acknowledge();
        return true;
      case 0xff:
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

export class Ps2Keyboard extends Ps2Device {
  protected override readonly afterReset: readonly number[] = [];

  protected override defaults(): void {
    this.enabled = true;
    this.first = this.rate = 0;
    this.set = 2;
  }
  protected override command(value: number): void {
    if (this.common(value)) return;
    switch (value) {
      case 0xed: // lights
      case 0xf0: // scan code set
      case 0xf3: // repeat rate
        this.pending = value;
        return this.acknowledge();
      case 0xee: // echo
        return this.say(0xee);
      case 0xf2: // who it is
        return this.acknowledge(0xab, 0x83);
      default:
        this.refuse();
    }
  }
  protected override operand(command: number, value: number): void {
    if (command === 0xed) this.first = value;
    else if (command === 0xf3) this.rate = value;
    else if (value === 0) return this.acknowledge(this.set);
    else if (value > 3) return this.refuse();
    else this.set = value;
    this.acknowledge();
  }
}

const MOUSE_RATE = 100;
const MOUSE_RESOLUTION = 2;

export class Ps2Mouse extends Ps2Device {
  protected override readonly afterReset: readonly number[] = [0x00];

  protected override defaults(): void {
    this.enabled = this.remote = this.scaled = this.wrap = false;
    this.first = MOUSE_RESOLUTION;
    this.rate = MOUSE_RATE;
  }
  protected override command(value: number): void {
    if (this.wrap && value !== 0xec && value !== 0xff) return this.say(value);
    if (this.common(value)) return;
    switch (value) {
      case 0xe6:
      case 0xe7:
        this.scaled = value === 0xe7;
        return this.acknowledge();
      case 0xe8: // resolution
      case 0xf3: // sampling rate
        this.pending = value;
        return this.acknowledge();
      case 0xe9: // status
        return this.acknowledge((this.remote ? 0x40 : 0) | (this.enabled ? 0x20 : 0) | (this.scaled ? 0x10 : 0), this.first, this.rate);
      case 0xea:
      case 0xf0:
        this.remote = value === 0xf0;
        return this.acknowledge();
      case 0xeb: // where it is: it has not moved
        return this.acknowledge(0x08, 0, 0);
      case 0xec:
      case 0xee:
        this.wrap = value === 0xee;
        return this.acknowledge();
      case 0xf2: // who it is
        return this.acknowledge(0x00);
      default:
        this.refuse();
    }
  }
  protected override operand(command: number, value: number): void {
    if (command === 0xe8) this.first = value;
    else this.rate = value;
    this.acknowledge();
  }
}
