/** Profiles: names for what a CPU has at least. Source: RISC-V Profiles, "RVA22 Profiles", "RVA23 Profiles"; which of it is an option, as in QEMU 10.0. */

export interface Profile {
  readonly name: string;
  /** Another one, all of which it has. */
  readonly parent?: string;
  readonly extensions: readonly string[];
  /** The largest mode of paging. */
  readonly satp?: string;
  /** Minor version of the privileged architecture. */
  readonly privVersion?: number;
  /** What it needs that is not built; undefined: nothing. */
  readonly missing?: string;
}

const words = (text: string): string[] => text.split(' ');

export const PROFILES: readonly Profile[] = [
  {
    name: 'rva22u64',
    extensions: words('i m a f d c b u zicsr zihintpause zicntr zihpm zicbom zicbop zicboz zfhmin zba zbb zbs zkt'),
  },
  {
    name: 'rva22s64',
    parent: 'rva22u64',
    extensions: words('s zifencei svade svinval svpbmt'),
    satp: 'sv39',
    privVersion: 12,
  },
  { name: 'rva23u64', extensions: [], missing: "the vector extension ('v')" },
  { name: 'rva23s64', extensions: [], missing: "the vector and hypervisor extensions ('v', 'h')" },
];
