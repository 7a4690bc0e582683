/** Virtio entropy source. Source: VIRTIO 1.2, section 5.4. */
import type { RngBackend } from '../../backends/rng.js';
import { link, uint32, uint64 } from '../../qom/property.js';
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import { u64, vmState } from '../core/vmstate.js';
import { VIRTIO_FIELDS, VIRTIO_ID, VirtioDevice } from './virtio.js';
import { scatter, totalLength, type VirtQueue } from './virtqueue.js';
import { OptionError } from '../../util/errors.js';
import { traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({
  virtio_rng_request: (size: number, quota: bigint) => `rng: ${size} bytes requested, ${quota} bytes quota left`,
  virtio_rng_pushed: (size: number) => `rng: ${size} bytes pushed`,
});

const QUEUE_SIZE = 8;
const NO_LIMIT = (1n << 63n) - 1n;
/** A device may fill less than it is given (5.4.6.1): bounds the work that one buffer can ask for. */
const MAX_FILL = 4096;

export class VirtioRng extends VirtioDevice {
  static override readonly type = defineDevice('virtio-rng-device', VirtioDevice, VirtioRng, {
    description: 'Virtio entropy source',
    bus: 'virtio-bus',
    userCreatable: true,
    properties: [link('rng', 'rng-backend'), uint64('max-bytes'), uint32('period')],
  });

  static override readonly vmState = vmState<VirtioRng>('virtio-rng', { version: 1 }, [...VIRTIO_FIELDS, u64('quota')]);

  /** Undefined: the host's entropy. */
  rng: RngBackend | undefined;
  /** At most so many bytes in `period` ms. */
  maxBytes = NO_LIMIT;
  period = 0x1_0000;

  override readonly deviceId = VIRTIO_ID.RNG;
  /** Bytes left in this period. */
  quota = 0n;
  private timer!: Timer;
  private requests!: VirtQueue;

  protected override deviceFeatures(): bigint {
    return 0n;
  }

  protected override realize(): void {
    const where = this.id ?? this.typeName;
    if (this.maxBytes === 0n || this.maxBytes > NO_LIMIT)
      throw new OptionError("'max-bytes' parameter must be positive, and less than 2^63", where);
    if (this.period === 0) throw new OptionError("'period' parameter expects a positive integer", where);
    this.requests = this.addQueue(QUEUE_SIZE, () => this.process());
    this.quota = this.maxBytes;
    this.timer = this.newTimer(() => this.newPeriod());
  }

  protected override deviceReset(): void {
    this.timer.del();
    this.quota = this.maxBytes;
  }

  private newPeriod(): void {
    this.quota = this.maxBytes;
    this.process();
  }

  private process(): void {
    let pushed = false;
    // No more than `num` buffers can be waiting, whatever a ring that overlaps itself says.
    for (let n = 0; n < this.requests.num && this.quota > 0n && !this.broken; n++) {
      const element = this.requests.pop();
      if (!element) break;
      const want = Math.min(totalLength(element.in), MAX_FILL, Number(this.quota));
      this.trace(TRACE.virtio_rng_request, want, this.quota);
      const written = scatter(this.memory, element.in, this.rng?.bytes(want) ?? this.services.randomBytes(want));
      if (written === undefined) {
        this.onError('buffer is not in memory');
        break;
      }
      if (!this.timer.pending && this.maxBytes < NO_LIMIT) this.timer.startNs(this.period * 1e6);
      this.quota -= BigInt(written);
      this.requests.push(element, written);
      this.trace(TRACE.virtio_rng_pushed, written);
      pushed = true;
    }
    if (pushed) this.notify(this.requests);
  }
}
