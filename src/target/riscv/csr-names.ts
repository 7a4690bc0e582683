/** Names of the CSRs. Source: privileged ISA manual, "CSR Listing". */

const numbered = (prefix: string, first: number, count: number, from: number, suffix = ''): [number, string][] =>
  Array.from({ length: count }, (_, i) => [first + i, `${prefix}${from + i}${suffix}`]);

// prettier-ignore
const NAMES: readonly (readonly [number, string])[] = [
  [0x001, 'fflags'], [0x002, 'frm'], [0x003, 'fcsr'], [0x011, 'ssp'], [0x015, 'seed'], [0x017, 'jvt'],
  [0xc00, 'cycle'], [0xc01, 'time'], [0xc02, 'instret'], ...numbered('hpmcounter', 0xc03, 29, 3),
  [0xc80, 'cycleh'], [0xc81, 'timeh'], [0xc82, 'instreth'], ...numbered('hpmcounter', 0xc83, 29, 3, 'h'),
  [0x100, 'sstatus'], [0x104, 'sie'], [0x105, 'stvec'], [0x106, 'scounteren'], [0x10a, 'senvcfg'],
  ...numbered('sstateen', 0x10c, 4, 0), [0x114, 'sieh'], [0x120, 'scountinhibit'],
  [0x150, 'siselect'], [0x151, 'sireg'], [0x152, 'sireg2'], [0x153, 'sireg3'], ...numbered('sireg', 0x155, 3, 4), [0x154, 'siph'], [0x15c, 'stopei'],
  [0xda0, 'scountovf'], [0xdb0, 'stopi'],
  [0x140, 'sscratch'], [0x141, 'sepc'], [0x142, 'scause'], [0x143, 'stval'], [0x144, 'sip'], [0x14d, 'stimecmp'], [0x15d, 'stimecmph'],
  [0x180, 'satp'],
  [0xf11, 'mvendorid'], [0xf12, 'marchid'], [0xf13, 'mimpid'], [0xf14, 'mhartid'], [0xf15, 'mconfigptr'],
  [0x300, 'mstatus'], [0x301, 'misa'], [0x302, 'medeleg'], [0x303, 'mideleg'], [0x304, 'mie'], [0x305, 'mtvec'], [0x306, 'mcounteren'],
  [0x308, 'mvien'], [0x309, 'mvip'], [0x312, 'medelegh'], [0x313, 'midelegh'], [0x314, 'mieh'], [0x318, 'mvienh'], [0x319, 'mviph'],
  ...numbered('mstateen', 0x30c, 4, 0), ...numbered('mstateen', 0x31c, 4, 0, 'h'),
  [0x310, 'mstatush'], [0x30a, 'menvcfg'], [0x31a, 'menvcfgh'],
  [0x340, 'mscratch'], [0x341, 'mepc'], [0x342, 'mcause'], [0x343, 'mtval'], [0x344, 'mip'], [0x34b, 'mtval2'],
  [0x350, 'miselect'], [0x351, 'mireg'], [0x352, 'mireg2'], [0x353, 'mireg3'], ...numbered('mireg', 0x355, 3, 4), [0x354, 'miph'],
  [0x35c, 'mtopei'], [0xfb0, 'mtopi'],
  [0x7a0, 'tselect'], [0x7a1, 'tdata1'], [0x7a2, 'tdata2'], [0x7a3, 'tdata3'], [0x7a4, 'tinfo'], [0x7a8, 'mcontext'],
  [0x740, 'mnscratch'], [0x741, 'mnepc'], [0x742, 'mncause'], [0x744, 'mnstatus'], [0x747, 'mseccfg'], [0x757, 'mseccfgh'],
  ...numbered('pmpcfg', 0x3a0, 16, 0), ...numbered('pmpaddr', 0x3b0, 64, 0),
  [0xb00, 'mcycle'], [0xb02, 'minstret'], ...numbered('mhpmcounter', 0xb03, 29, 3),
  [0xb80, 'mcycleh'], [0xb82, 'minstreth'], ...numbered('mhpmcounter', 0xb83, 29, 3, 'h'),
  [0x320, 'mcountinhibit'], [0x321, 'mcyclecfg'], [0x322, 'minstretcfg'], [0x721, 'mcyclecfgh'], [0x722, 'minstretcfgh'],
  ...numbered('mhpmevent', 0x723, 29, 3, 'h'), ...numbered('mhpmevent', 0x323, 29, 3),
];

export const CSR_NAMES: ReadonlyMap<number, string> = new Map(NAMES);
export const CSR_NUMBERS: ReadonlyMap<string, number> = new Map(NAMES.map(([number, name]) => [name, number]));
