/** Names of the CSRs. Source: privileged ISA manual, "CSR Listing". */

const numbered = (prefix: string, first: number, count: number, from: number, suffix = ''): [number, string][] =>
  Array.from({ length: count }, (_, i) => [first + i, `${prefix}${from + i}${suffix}`]);

// prettier-ignore
const NAMES: readonly (readonly [number, string])[] = [
  [0x001, 'fflags'], [0x002, 'frm'], [0x003, 'fcsr'],
  [0xc00, 'cycle'], [0xc01, 'time'], [0xc02, 'instret'], ...numbered('hpmcounter', 0xc03, 29, 3),
  [0xc80, 'cycleh'], [0xc81, 'timeh'], [0xc82, 'instreth'], ...numbered('hpmcounter', 0xc83, 29, 3, 'h'),
  [0x100, 'sstatus'], [0x104, 'sie'], [0x105, 'stvec'], [0x106, 'scounteren'], [0x10a, 'senvcfg'],
  [0x140, 'sscratch'], [0x141, 'sepc'], [0x142, 'scause'], [0x143, 'stval'], [0x144, 'sip'], [0x14d, 'stimecmp'], [0x15d, 'stimecmph'],
  [0x180, 'satp'],
  [0xf11, 'mvendorid'], [0xf12, 'marchid'], [0xf13, 'mimpid'], [0xf14, 'mhartid'], [0xf15, 'mconfigptr'],
  [0x300, 'mstatus'], [0x301, 'misa'], [0x302, 'medeleg'], [0x303, 'mideleg'], [0x304, 'mie'], [0x305, 'mtvec'], [0x306, 'mcounteren'],
  [0x310, 'mstatush'], [0x30a, 'menvcfg'], [0x31a, 'menvcfgh'],
  [0x340, 'mscratch'], [0x341, 'mepc'], [0x342, 'mcause'], [0x343, 'mtval'], [0x344, 'mip'],
  ...numbered('pmpcfg', 0x3a0, 16, 0), ...numbered('pmpaddr', 0x3b0, 64, 0),
  [0xb00, 'mcycle'], [0xb02, 'minstret'], ...numbered('mhpmcounter', 0xb03, 29, 3),
  [0xb80, 'mcycleh'], [0xb82, 'minstreth'], ...numbered('mhpmcounter', 0xb83, 29, 3, 'h'),
  [0x320, 'mcountinhibit'], ...numbered('mhpmevent', 0x323, 29, 3),
];

export const CSR_NAMES: ReadonlyMap<number, string> = new Map(NAMES);
export const CSR_NUMBERS: ReadonlyMap<string, number> = new Map(NAMES.map(([number, name]) => [name, number]));
