/**
 * The watchdog timer of Intel's 6300ESB: two stages, one after the other, each of so many ticks; at the end of the second the machine does what it was told to
 * (`-action watchdog=`). Source: Intel 6300ESB I/O Controller Hub data sheet, chapter 16 (WDT). As in QEMU the end of the first stage interrupts nobody, and the last
 * expiry is told in bit 12, too, where Linux looked for it.
 */
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { bool, u32, u8 } from '../core/vmstate.js';
import { touches } from '../pci/config-space.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

const SIZE = 16;

// Configuration space
const CONFIGURATION = 0x60;
const LOCK = 0x68;
/** CONFIGURATION: kind of the first stage's interrupt; a prescaler of 2^5 in place of 2^15; the output is off. */
const [INTERRUPT, FINE, OUTPUT_OFF] = [0x03, 0x04, 0x20];
const [LOCKED, ENABLED, FREE_RUNNING] = [0x1, 0x2, 0x4];

const PRELOAD = 0xf_ffff;
const [RELOAD, EXPIRED, EXPIRED_TOO] = [0x100, 0x200, 0x1000];
/** Written one after the other to RELOAD, they let one register be written. */
const KEYS = [0x80, 0x86] as const;

/** Hz, of PCI's clock. */
const CLOCK = 33e6;
const [FINE_SHIFT, COARSE_SHIFT] = [5, 15];

export class I6300Esb extends PciDevice {
  static override readonly type = defineDevice('i6300esb', PciDevice, I6300Esb, {
    description: 'Intel 6300ESB',
    category: 'watchdog',
    userCreatable: true,
  });
  static readonly vmState = pciVmState<I6300Esb>('i6300esb_wdt', { version: 1 }, [
    ...[u32('preload1'), u32('preload2')],
    u8('keys', { most: KEYS.length }),
    u8('stage', { most: 2 }),
    bool('hasExpired'),
  ]);

  static readonly registers = registerMap<I6300Esb>('i6300esb', [
    rw(0x0, 'PRELOAD1', { field: 'preload1', write: (s, value) => s.unlocked(() => (s.preload1 = value & PRELOAD)) }),
    rw(0x4, 'PRELOAD2', { field: 'preload2', write: (s, value) => s.unlocked(() => (s.preload2 = value & PRELOAD)) }),
    ro(0x8, 'INTERRUPT_STATUS', { read: () => 0 }),
    rw(0xc, 'RELOAD', { read: (s) => (s.hasExpired ? EXPIRED | EXPIRED_TOO : 0), write: (s, value) => s.writeReload(value) }),
  ]);

  override readonly identity: PciIdentity = { vendor: VENDOR.INTEL, device: 0x25ab, class: 0x0880 };
  preload1 = PRELOAD;
  preload2 = PRELOAD;
  /** Keys that were written. */
  keys = 0;
  stage = 1;
  /** Outlives resets of the machine: so the guest that starts anew learns why. */
  hasExpired = false;
  private readonly timer = this.newTimer(() => this.expire());

  protected override realizeFunction(): void {
    const { config } = this;
    config.define(CONFIGURATION, 2, 0, INTERRUPT | FINE | OUTPUT_OFF);
    config.define(LOCK, 1, 0, LOCKED | ENABLED | FREE_RUNNING);
    this.registerBar(0, this.registerRegion('i6300esb', SIZE, I6300Esb.registers, { accessSizes: [1, 2, 4] }));
  }

  private get lock(): number {
    return this.config.get(LOCK, 1);
  }

  override writeConfig(at: number, value: number, size: number): void {
    const old = this.lock;
    super.writeConfig(at, value, size);
    if (!touches(at, size, LOCK, 1)) return;
    if (old & LOCKED) return this.config.set(LOCK, 1, old); // until a reset
    if (!(this.lock & ENABLED)) this.timer.del();
    else if (!(old & ENABLED)) this.start(1);
  }

  private unlocked(write: () => void): void {
    if (this.keys === KEYS.length) write();
    else this.guestError('a register that is locked was written');
    this.keys = 0;
  }

  private writeReload(value: number): void {
    if (this.keys < KEYS.length && value === KEYS[this.keys]) return void this.keys++;
    if (value === KEYS[0]) return void (this.keys = 1);
    this.unlocked(() => {
      if (value & RELOAD) this.start(1);
      if (value & (EXPIRED | EXPIRED_TOO)) this.hasExpired = false;
    });
  }

  private start(stage: number): void {
    if (!(this.lock & ENABLED)) return;
    this.stage = stage;
    const shift = this.config.get(CONFIGURATION, 2) & FINE ? FINE_SHIFT : COARSE_SHIFT;
    const ticks = (stage === 1 ? this.preload1 : this.preload2) * 2 ** shift;
    this.timer.startNs(Math.floor((ticks * 1e9) / CLOCK));
  }

  private expire(): void {
    if (this.stage === 1) return this.start(2);
    const { lock } = this;
    if (!(this.config.get(CONFIGURATION, 2) & OUTPUT_OFF)) {
      this.hasExpired = true;
      this.services.requests.watchdog();
      this.resetTimer();
    } else if (lock & FREE_RUNNING) this.start(1);
  }

  override reset(): void {
    super.reset();
    this.resetTimer();
  }
  private resetTimer(): void {
    this.config.clear(CONFIGURATION, 2);
    this.config.clear(LOCK, 1);
    this.timer.del();
    this.preload1 = this.preload2 = PRELOAD;
    this.keys = 0;
    this.stage = 1;
  }
}
