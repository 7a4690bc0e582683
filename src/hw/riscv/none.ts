/** A machine with nothing on it, for programs that ask what there is (QEMU's hw/core/null-machine.c). A CPU and RAM at 0 come by -cpu and -m. */
import type { TypeInfo } from '../../qom/object.js';
import { parseCpuConfig } from '../../target/riscv/config.js';
import { RiscvCpu } from '../../target/riscv/cpu.js';
import { OptionError } from '../../util/errors.js';
import { defineMachine, type MachineClassOptions } from '../core/machine-class.js';
import { MachineState } from '../core/machine.js';

export class NoneMachine extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('none', MachineState, NoneMachine, {
    desc: 'empty machine',
    maxCpus: 1,
    defaultRamSize: 0,
    defaultRamId: 'ram',
  });

  override get targetName(): string {
    return this.cpus[0]?.targetName ?? 'riscv64';
  }

  protected override init(): void {
    if (this.config.kernel)
      throw new OptionError("The -kernel parameter is not supported (use the generic 'loader' device instead).", '-kernel');
    if (this.config.cpu !== undefined) {
      const cpu = new RiscvCpu(this, parseCpuConfig(this.config.cpu), 0, 0);
      this.addCpu(cpu);
      this.realize(cpu);
    }
    if (this.ramSize > 0) this.systemMemory.addSubregion(0, this.newRam('ram', this.ramSize));
  }
}
