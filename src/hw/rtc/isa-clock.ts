/** What a clock on ISA has: a time of day that follows the guest's calendar, that can be set, and that can be stopped. */
import { IsaDevice } from '../isa/isa-bus.js';

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export abstract class IsaClock extends IsaDevice {
  /** Of its time of day from the clock that the guest's calendar follows. */
  offsetNs = 0n;
  /** While it is stopped, its time; -1: it goes. */
  stoppedNs = -1n;
  protected readonly clockType = this.services.time.calendar.clock;

  /** For `realize`. */
  protected startClock(): void {
    this.offsetNs = this.services.time.calendar.startNs - this.clockNs;
  }

  protected get clockNs(): bigint {
    return this.services.time.now(this.clockType);
  }
  /** ns since 1970 UTC. */
  protected get timeNs(): bigint {
    return this.isStopped ? this.stoppedNs : this.clockNs + this.offsetNs;
  }
  protected set timeNs(ns: bigint) {
    if (this.isStopped) this.stoppedNs = later(ns, 0n);
    else this.offsetNs = ns - this.clockNs;
  }

  protected get isStopped(): boolean {
    return this.stoppedNs >= 0n;
  }
  /** It goes on from the time that it has stopped at. */
  protected set isStopped(on: boolean) {
    if (on === this.isStopped) return;
    const ns = this.timeNs;
    this.stoppedNs = on ? later(ns, 0n) : -1n;
    if (!on) this.timeNs = ns;
  }
}
