/** Of a function in snapshots. */
import { VmStateError } from '../../util/errors.js';
import { u8, vmState, type VmField, type VmFieldOf, type VmState, type VmStateOptions } from '../core/vmstate.js';
import type { ConfigSpace } from './config-space.js';
import type { PciDevice } from './device.js';

/** The bytes; of those that software cannot change it must be the same function. */
const configField: VmField<'config', ConfigSpace> = {
  name: 'config',
  save: (holder, out) => {
    const { bytes } = holder['config'] as ConfigSpace;
    out.u32(bytes.length);
    out.bytes(bytes);
  },
  load: (holder, input) => (holder['config'] as ConfigSpace).bytes.set(read(holder['config'] as ConfigSpace, input)),
  check: (holder, input) => {
    const config = holder['config'] as ConfigSpace;
    const wrong = config.differenceFrom(read(config, input));
    if (wrong !== undefined) throw new VmStateError(wrong);
  },
  schema: () => ({ name: 'config', type: 'buffer' }),
};

function read(config: ConfigSpace, input: Parameters<VmField['load']>[1]): Uint8Array {
  const length = input.u32();
  if (length !== config.size) throw new VmStateError(`field 'config': ${length} bytes do not fit ${config.size}`);
  return input.bytes(length);
}

/** As vmState, of a function: its configuration space comes first. */
export function pciVmState<T extends PciDevice>(name: string, options: VmStateOptions<T>, fields: readonly VmFieldOf<T>[]): VmState<T> {
  const postLoad = (device: T, version: number): void => {
    device.configLoaded();
    options.postLoad?.(device, version);
  };
  return vmState<T>(name, { ...options, postLoad }, [
    configField as unknown as VmFieldOf<T>,
    u8('pinLevel', { most: 1 }) as unknown as VmFieldOf<T>,
    ...fields,
  ]);
}
