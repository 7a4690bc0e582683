/** What QEMU 10.0 takes behind `-cpu MODEL,` beside the extensions that are built here (extensions.ts): command lines of others name it. */

/** Extensions. A name that is built, too, does not come here. */
export const QEMU_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'e g h v smctr ssctr sv64 x-svukte xtheadba xtheadbb xtheadbs xtheadcmo xtheadcondmov ' +
    'xtheadfmemidx xtheadfmv xtheadmac xtheadmemidx xtheadmempair xtheadsync xventanacondops ' +
    'zdinx zfinx zhinx zhinxmin zvbb zvbc zve32f ' +
    'zve32x zve64d zve64f zve64x zvfbfmin zvfbfwma zvfh zvfhmin zvkb zvkg zvkn zvknc zvkned zvkng zvknha zvknhb zvks zvksc zvksed zvksg zvksh zvkt'
  ).split(' '),
);

/** Names for several extensions. */
export const BUNDLES: Readonly<Record<string, readonly string[]>> = {
  g: ['i', 'm', 'a', 'f', 'd', 'zicsr', 'zifencei'],
};

/** Properties with one value here. */
export const FIXED_PROPERTIES: Readonly<Record<string, string>> = {
  cbom_blocksize: '64',
  cbop_blocksize: '64',
  cboz_blocksize: '64',
  'pmu-num': '16',
  'short-isa-string': 'off',
  'pmu-mask': '0x7fff8',
  'x-misa-w': 'off',
};

/** Properties of the vector extension, which is off, and what they may be. */
export const IDLE_PROPERTIES: Readonly<Record<string, 'power of 2' | 'bool' | 'v1.0'>> = {
  ...{ vlen: 'power of 2', elen: 'power of 2', vext_spec: 'v1.0' },
  ...{ rvv_ta_all_1s: 'bool', rvv_ma_all_1s: 'bool', rvv_vl_half_avl: 'bool' },
};

/** Spellings that QEMU takes for the sake of older command lines. */
const FORMER_NAMES = new Set('Zifencei Zicsr Zihintntl Zihintpause Zawrs Zfa Zfh Zfhmin Zve32f Zve64f Zve64d'.split(' '));

export const currentName = (name: string): string => (FORMER_NAMES.has(name) ? name.toLowerCase() : name);
