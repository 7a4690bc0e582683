/** The laboratory's strategies: named ways to run guest code, each a row of the accelerator's properties (`-accel help` explains them). */

export interface Strategy {
  /** What `-accel` gets. */
  readonly accel: string;
  readonly description: string;
  /** An interpreter gets less work than the others: its rate is compared, not its time. */
  readonly interpreter?: boolean;
  /** Has the code that its earlier runs kept, the trial's first. */
  readonly keepsCode?: boolean;
}

// prettier-ignore
export const STRATEGIES = {
  'tci':            { accel: 'tci',                          description: 'the IR interpreter alone', interpreter: true },
  'tb':             { accel: 'tcg,chain=off,code-cache=off', description: 'a function a TB; the dispatcher finds each next one' },
  'chain':          { accel: 'tcg,region-tbs=1,code-cache=off', description: 'a function a TB; direct jumps are linked, the dispatcher follows the links' },
  'region':         { accel: 'tcg,indirect=off,tlb-reuse=off,code-cache=off', description: 'regions along direct jumps; a TLB check at every access' },
  'region-direct':  { accel: 'tcg,indirect=off,code-cache=off', description: 'regions along direct jumps: returns and jump tables leave' },
  'region-notlb':   { accel: 'tcg,tlb-reuse=off,code-cache=off', description: 'the default, with a TLB check at every access' },
  'region-opt':     { accel: 'tcg,code-cache=off', description: 'the default without persistent code: regions with calls and returns inside, shared TLB checks, code made by a worker' },
  'region-sync':    { accel: 'tcg,thread=sync',              description: "the default, code made in the machine's thread, at once" },
  'region-passes':  { accel: 'tcg,passes=ssa-nomerge+local-cse+optimize-instructions+precompute-propagate+simplify-locals+coalesce-locals+vacuum,code-cache=off', 
                                                             description: 'the default, then binaryen\'s own optimisers' },
  'region-small':   { accel: 'tcg,region-size=100,code-cache=off', description: 'the default, in regions of at most 100 guest instructions' },
  'region-large':   { accel: 'tcg,region-size=4000,region-tbs=400,code-cache=off', description: 'the default, in regions of at most 4000 guest instructions' },
  'region-parts':  { accel: 'tcg,join=off,code-cache=off', description: 'the default, but regions that lead to one another stay apart' },
  'region-warm':    { accel: 'tcg',                          description: 'the default, with a code cache that earlier runs have filled', keepsCode: true },
  'region-eager':   { accel: 'tcg,threshold=1024,code-cache=off', description: 'the default, code made after 1,000 executions instead of 16,000' },
} as const satisfies Readonly<Record<string, Strategy>>;

export type StrategyName = keyof typeof STRATEGIES;

/** Whose speed `vsQemu` in results.json is, if it takes part. */
export const SUBJECT: StrategyName = 'region-opt';

/** Whose boot is the warm one. */
export const WARM: StrategyName = 'region-warm';

export const DEFAULT_STRATEGIES: readonly StrategyName[] = ['tci', 'region-opt'];

export const strategy = (name: string): Strategy | undefined =>
  Object.hasOwn(STRATEGIES, name) ? STRATEGIES[name as StrategyName] : undefined;
