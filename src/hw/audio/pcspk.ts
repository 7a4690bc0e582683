/**
 * Port 61 of a PC: gate and output of the timer's counter 2, whether the speaker hears it, and the refresh toggle. Source: 82378ZB data sheet, 5.8.1 (NMI
 * status and control). There is no sound, and nothing that NMI could tell.
 */
import { string, uint32 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import { registerMap, rw } from '../core/registers.js';
import { bool, vmState } from '../core/vmstate.js';
import { IsaDevice } from '../isa/isa-bus.js';
import type { I8254 } from '../timer/i8254.js';

const GATE = 0x01;
const SPEAKER = 0x02;
const REFRESH = 0x10;
const OUTPUT = 0x20;
const COUNTER = 2;

export class PcSpeaker extends IsaDevice {
  static override readonly type = defineDevice('isa-pcspk', IsaDevice, PcSpeaker, {
    description: 'PC speaker (without sound)',
    category: 'sound',
    properties: [string('audiodev'), uint32('iobase')],
  });
  static readonly vmState = vmState<PcSpeaker>('pcspk', { version: 1 }, [bool('isOn'), bool('refresh')]);

  static readonly registers = registerMap<PcSpeaker>('pcspk_io', [
    rw(0, 'CONTROL', { read: (s) => s.status(), readEffects: true, write: (s, value) => s.control(value) }),
  ]);

  audiodev: string | undefined;
  iobase = 0x61;
  isOn = false;
  /** Changes with each refresh of memory: with each read here. */
  refresh = false;
  /** Set before it is realized. */
  timer!: I8254;

  protected override realize(): void {
    this.mapRegisters('pcspk', this.iobase, [[0, 1]], PcSpeaker.registers);
  }

  override reset(): void {
    this.isOn = this.refresh = false;
  }

  private status(): number {
    this.refresh = !this.refresh;
    const { timer } = this;
    return (
      (timer.gate(COUNTER) ? GATE : 0) | (this.isOn ? SPEAKER : 0) | (this.refresh ? REFRESH : 0) | (timer.output(COUNTER) ? OUTPUT : 0)
    );
  }

  private control(value: number): void {
    this.timer.setGate(COUNTER, (value & GATE) !== 0);
    this.isOn = (value & SPEAKER) !== 0;
  }
}
