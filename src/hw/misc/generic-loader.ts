/**
 * `-device loader`: puts a file or a value into memory, and sets where a CPU starts, all of it again at each reset.
 * Source: QEMU docs/system/generic-loader; what it was seen to do where that is silent.
 */
import { bool, string, uint32, uint64, uint8 } from '../../qom/property.js';
import { LoaderError, OptionError } from '../../util/errors.js';
import { DeviceState, defineDevice } from '../core/device.js';
import { loadAnything } from '../core/loader.js';

const NO_CPU = 0xffff_ffff;
const MOST_DATA = 8;

export class GenericLoader extends DeviceState {
  static override readonly type = defineDevice('loader', DeviceState, GenericLoader, {
    description: 'Generic Loader',
    userCreatable: true,
    properties: [
      string('file', { description: 'ELF, Intel HEX or plain bytes; of ELF and HEX files the addresses are their own' }),
      uint64('addr', { description: 'where file or data goes, or where the CPU starts' }),
      bool('force-raw', { description: 'the file is plain bytes, whatever it looks like' }),
      uint64('data'),
      uint8('data-len', { description: 'bytes of data, 1 to 8' }),
      bool('data-be', { description: 'the first byte is the most significant one' }),
      uint32('cpu-num', { description: 'the CPU that starts at addr, or at the entry of the file' }),
    ],
  });

  file: string | undefined;
  addr = 0n;
  forceRaw = false;
  data = 0n;
  dataLen = 0;
  dataBe = false;
  cpuNum = NO_CPU;
  /** What is written at a reset. Files win over it: they are there after all resets of devices. */
  private value: Uint8Array | undefined;

  protected override realize(): void {
    if (this.data !== 0n || this.dataLen !== 0 || this.dataBe) this.value = this.valueBytes();
    else if (this.file !== undefined) this.loadFile(this.file);
    else if (this.addr !== 0n) {
      if (this.cpuNum === NO_CPU) throw new OptionError('cpu_num must be specified when setting a program counter', undefined, 'cpu-num=');
      this.startAt(this.addr);
    } else throw new OptionError('please include valid arguments', undefined, 'file=, data= and data-len=, or addr= and cpu-num=');
  }

  override reset(): void {
    if (this.value) this.services.boot.write(Number(this.addr), this.value);
  }

  private valueBytes(): Uint8Array {
    if (this.file !== undefined) throw new OptionError('Specifying a file is not supported when loading memory values');
    if (this.forceRaw) throw new OptionError('Specifying force-raw is not supported when loading memory values');
    if (this.dataLen === 0) throw new OptionError('Both data and data-len must be specified');
    if (this.dataLen > MOST_DATA) throw new OptionError('data-len cannot be greater then 8 bytes');
    const bytes = new Uint8Array(MOST_DATA);
    new DataView(bytes.buffer).setBigUint64(0, this.data, !this.dataBe);
    return bytes.slice(0, this.dataLen);
  }

  private loadFile(file: string): void {
    const { boot } = this.services;
    const bytes = boot.readFile(file);
    let entry: bigint;
    try {
      const image = loadAnything(boot.roms, file, bytes, Number(this.addr), { raw: this.forceRaw, littleEndian: boot.littleEndian });
      if (image.symbols.size > 0) boot.symbols.push(image.symbols);
      ({ entry } = image);
    } catch (error) {
      throw error instanceof LoaderError ? new LoaderError(`Cannot load specified image ${error.message}`) : error;
    }
    if (this.cpuNum !== NO_CPU) this.startAt(entry);
  }

  private startAt(pc: bigint): void {
    if (!this.services.boot.startCpu(this.cpuNum, pc)) throw new OptionError(`Specified boot CPU#${this.cpuNum} is nonexistent`);
  }
}
