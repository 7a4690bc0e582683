/**
 * How guest time that is made of instructions keeps with the host's (QEMU's accel/tcg/icount-common.c): `shift=auto`, `align=on`, `sleep=on`. The host's is
 * VIRTUAL_RT: it runs while the VM runs.
 */
import { ClockType, MAX_SHIFT, type ClockSet, type IcountOptions } from '../hw/core/clock.js';

/** `auto` looks so often, ns. */
const ADJUST_NS = 100_000_000n;
/** And bears such a difference. */
const WOBBLE_NS = 100_000_000n;
/** `align` bears that the guest is so far ahead. */
const AHEAD_NS = 3_000_000;
/** It tells of a guest that is late by so much more than it said last, ns, and so often. */
const LATE_NS = 3_000_000_000;
const MOST_WARNINGS = 100;

export class IcountPace {
  private nextAdjustment = 0n;
  /** How far the guest was ahead when it was looked at last. */
  private lastDelta = 0n;
  private toldLate = LATE_NS;
  private warnings = 0;

  constructor(
    private readonly clocks: ClockSet,
    readonly options: IcountOptions,
    private readonly warn: (text: string) => void,
  ) {}

  /** Idle time takes as long as the host's. */
  get sleeps(): boolean {
    return this.options.sleep ?? this.options.auto ?? false;
  }

  /** It has to be asked between slices. */
  get isKept(): boolean {
    return (this.options.auto ?? false) || (this.options.align ?? false);
  }

  private get hostNow(): bigint {
    return this.clocks.read(ClockType.VirtualRt);
  }

  /** `auto`: another shift, if the guest drifts away. */
  newShift(): number | undefined {
    if (!this.options.auto) return undefined;
    const now = this.hostNow;
    if (now < this.nextAdjustment) return undefined;
    this.nextAdjustment = now + ADJUST_NS;
    const { shift } = this.clocks;
    const delta = this.clocks.virtualNow - now;
    const last = this.lastDelta;
    this.lastDelta = delta;
    if (delta > 0n && last + WOBBLE_NS < delta * 2n && shift > 0) return shift - 1;
    if (delta < 0n && last - WOBBLE_NS > delta * 2n && shift < MAX_SHIFT) return shift + 1;
    return undefined;
  }

  /** `align`: ns that the guest must wait for the host's time. */
  waitNs(): number {
    if (!this.options.align) return 0;
    const ahead = Number(this.clocks.virtualNow - this.hostNow);
    if (-ahead > this.toldLate && this.warnings++ < MOST_WARNINGS) {
      const seconds = Math.floor(-ahead / 1e9);
      this.warn(`wemu: the guest is now late by ${seconds}.0 to ${seconds + 1}.0 seconds\n`);
      this.toldLate = -ahead + LATE_NS / 3;
    }
    return ahead > AHEAD_NS ? ahead - AHEAD_NS : 0;
  }
}
