/** What QEMU 10.0 takes behind `-cpu MODEL,` beside the extensions that are built here (extensions.ts): command lines of others name it. */

/** Extensions and profiles. A name that is built, too, does not come here. */
export const QEMU_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'b e g h v rva22s64 rva22u64 rva23s64 rva23u64 smctr ' +
    'ssctr sspm supm sv64 svade x-svukte xtheadba xtheadbb xtheadbs xtheadcmo xtheadcondmov ' +
    'xtheadfmemidx xtheadfmv xtheadmac xtheadmemidx xtheadmempair xtheadsync xventanacondops zabha zacas zama16b zbkc zcb zce zcf zcmop ' +
    'zcmp zcmt zdinx zfbfmin zfinx zhinx zhinxmin zicfilp zicfiss zimop zk zkn zknd zkne zknh zkr zks zksed zksh zkt ztso zvbb zvbc zve32f ' +
    'zve32x zve64d zve64f zve64x zvfbfmin zvfbfwma zvfh zvfhmin zvkb zvkg zvkn zvknc zvkned zvkng zvknha zvknhb zvks zvksc zvksed zvksg zvksh zvkt'
  ).split(' '),
);

/** Names for several extensions. */
export const BUNDLES: Readonly<Record<string, readonly string[]>> = {
  b: ['zba', 'zbb', 'zbs'],
  g: ['i', 'm', 'a', 'f', 'd', 'zicsr', 'zifencei'],
};

/** Properties with one value here. */
export const FIXED_PROPERTIES: Readonly<Record<string, string>> = {
  cbom_blocksize: '64',
  cbop_blocksize: '64',
  cboz_blocksize: '64',
  priv_spec: 'v1.13.0',
  'pmu-num': '16',
  'short-isa-string': 'off',
  debug: 'off',
  'pmu-mask': '0x7fff8',
  'x-misa-w': 'off',
};

/** Properties of the vector extension, which is off. */
export const IDLE_PROPERTIES: ReadonlySet<string> = new Set('vlen elen vext_spec rvv_ta_all_1s rvv_ma_all_1s rvv_vl_half_avl'.split(' '));

/** Spellings that QEMU takes for the sake of older command lines. */
const FORMER_NAMES = new Set('Zifencei Zicsr Zihintntl Zihintpause Zawrs Zfa Zfh Zfhmin Zve32f Zve64f Zve64d'.split(' '));

export const currentName = (name: string): string => (FORMER_NAMES.has(name) ? name.toLowerCase() : name);
