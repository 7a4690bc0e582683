/** From rows to ratios: who is how many times as fast as whom. */
import { timeOf, type Contestant, type Row } from './results.js';
import { geometricMean, type Spread } from './statistics.js';
import { SUBJECT } from './strategies.js';
import { architectureOf, isBareMetal, KERNEL_KINDS, workload, type Architecture, type Kind, type WorkloadName } from './workloads.js';

/** How many times as fast `a` is as `b`: above 1, `a` is the faster one. Geometric means are null where nothing was measured. */
export interface Ratio {
  readonly a: string;
  /** A contestant, or `peer`: the fastest of the peers, row by row. */
  readonly b: string;
  readonly workloads: Readonly<Partial<Record<WorkloadName, number>>>;
  /** Integer and floating-point kernels. */
  readonly compute: number | null;
  readonly memory: number | null;
  /** All kernels: those of the embedded guest, and those under Linux. */
  readonly kernels: number | null;
  readonly bareMetal: number | null;
  readonly programs: number | null;
  /** The same on PowerPC; all others are of riscv64. */
  readonly ppc: number | null;
  readonly system: number | null;
  /** By CPU time of the machine's thread; `realAllThreads`: by that of all threads of the process. */
  readonly real: number | null;
  readonly realAllThreads: number | null;
}

/** Speed by CPU time of the machine's thread; `allThreads`: geometric mean by that of all threads. */
export interface RealSpeed {
  readonly geomean: number | null;
  readonly min: number | null;
  readonly minWorkload: WorkloadName | null;
  readonly allThreads: number | null;
}

/** Speeds are ours over the peer's; boot: our time over the peer's. */
export interface VsQemu {
  readonly compute: { readonly geomean: number | null; readonly min: number | null; readonly minWorkload: WorkloadName | null } & Readonly<
    Record<'integer' | 'memory' | 'float' | 'bareMetal' | 'programs', number | null>
  >;
  readonly system: { readonly geomean: number | null; readonly min: number | null; readonly minWorkload: WorkloadName | null };
  readonly boot: { readonly cold: number | null; readonly warm: number | null };
  readonly real: { readonly cold: RealSpeed; readonly warm: RealSpeed };
  readonly ppc: Readonly<Record<'integer' | 'memory' | 'float', { readonly geomean: number | null }>> & {
    readonly min: number | null;
    readonly minWorkload: WorkloadName | null;
  };
  /** Whose speed it is, and against whom. */
  readonly subject: string | null;
  readonly peers: readonly string[];
  /** Why something is null. */
  readonly reasons: Readonly<Record<string, string>>;
}

export const PEER = 'peer';
const NO_WARM = 'no strategy with a warm code cache took part';

/** Times are compared where both had the same work; else rates. */
function speedRatio(a: Row | undefined, b: Row | undefined): number | undefined {
  const [mine, theirs] = [a && timeOf(a), b && timeOf(b)];
  if (!a || !b || !mine || !theirs) return undefined;
  if (a.work === b.work) return theirs.median / mine.median;
  // Where nobody who counts instructions had a peer's work: by the work itself.
  return a.mips && b.mips ? a.mips.median / b.mips.median : (a.work * theirs.median) / (b.work * mine.median);
}

type Speeds = Ratio['workloads'];

const ofKinds = (speeds: Speeds, kinds: readonly Kind[], architecture: Architecture = 'riscv64'): [WorkloadName, number][] =>
  (Object.entries(speeds) as [WorkloadName, number][]).filter(
    ([name]) => kinds.includes(workload(name).kind) && architectureOf(name) === architecture,
  );

type Measure = (row: Row) => Spread | null | undefined;
const bySeconds: Measure = (row) => row.seconds;
const allCpu: Measure = (row) => row.allCpuSeconds;

/** Null if there is none. */
const meanOf = (speeds: readonly (readonly [WorkloadName, number])[]): number | null =>
  speeds.length > 0 ? geometricMean(speeds.map(([, value]) => value)) : null;

export class Comparison {
  private readonly byKey: ReadonlyMap<string, Row>;
  private readonly workloads: readonly WorkloadName[];

  constructor(
    private readonly contestants: readonly Contestant[],
    rows: readonly Row[],
  ) {
    this.byKey = new Map(rows.map((row) => [`${row.workload} ${row.contestant}`, row]));
    this.workloads = [...new Set(rows.map((row) => row.workload))];
  }

  row(name: WorkloadName, contestant: string, measure: Measure = timeOf): Row | undefined {
    return contestant === PEER ? this.bestPeer(name, measure) : this.byKey.get(`${name} ${contestant}`);
  }

  /** The fastest of the peers at this workload. */
  private bestPeer(name: WorkloadName, measure: Measure): Row | undefined {
    const rows = this.peers.flatMap((peer) => this.byKey.get(`${name} ${peer}`) ?? []).filter(measure);
    return rows.sort((x, y) => measure(x)!.median - measure(y)!.median)[0];
  }

  /** Of real programs that had the same work. */
  private allThreads(a: string, b: string): number | null {
    const speeds = this.workloads.flatMap((name) => {
      const [mine, theirs] = [this.row(name, a), this.row(name, b, allCpu)];
      if (workload(name).kind !== 'real' || !mine?.allCpuSeconds || !theirs?.allCpuSeconds || mine.work !== theirs.work) return [];
      return [theirs.allCpuSeconds.median / mine.allCpuSeconds.median];
    });
    return speeds.length > 0 ? geometricMean(speeds) : null;
  }

  get peers(): string[] {
    return this.contestants.filter(({ kind }) => kind === 'peer').map(({ name }) => name);
  }

  ratio(a: string, b: string): Ratio {
    const found = this.workloads.flatMap((name): [WorkloadName, number][] => {
      const value = speedRatio(this.row(name, a), this.row(name, b));
      return value === undefined ? [] : [[name, value]];
    });
    const workloads = Object.fromEntries(found);
    const mean = (kinds: readonly Kind[], accept: (name: WorkloadName) => boolean = () => true) =>
      meanOf(ofKinds(workloads, kinds).filter(([name]) => accept(name)));
    return {
      a,
      b,
      workloads,
      compute: mean(['integer', 'float']),
      memory: mean(['memory']),
      kernels: mean(KERNEL_KINDS),
      bareMetal: mean(KERNEL_KINDS, isBareMetal),
      programs: mean(KERNEL_KINDS, (name) => !isBareMetal(name)),
      ppc: meanOf(ofKinds(workloads, KERNEL_KINDS, 'ppc')),
      system: mean(['system']),
      real: mean(['real']),
      realAllThreads: this.allThreads(a, b),
    };
  }

  /** Every strategy against each interpreter and against the peers (the best of them where there are several, too). */
  ratios(): Ratio[] {
    const { peers } = this;
    const wemu = this.contestants.filter(({ kind }) => kind === 'wemu');
    const interpreters = wemu.filter(({ interpreter }) => interpreter);
    const against = peers.length > 1 ? [...peers, PEER] : peers;
    return [
      ...wemu.filter(({ interpreter }) => !interpreter).flatMap((a) => interpreters.map((b) => this.ratio(a.name, b.name))),
      ...wemu.flatMap((a) => against.map((b) => this.ratio(a.name, b))),
    ];
  }

  /** The strategy that stands for wemu: the default one, or the first that is no interpreter, or the first. */
  get subject(): string | undefined {
    const wemu = this.contestants.filter(({ kind }) => kind === 'wemu');
    return (wemu.find(({ name }) => name === SUBJECT) ?? wemu.find(({ interpreter }) => !interpreter) ?? wemu[0])?.name;
  }

  /** `warm`: the strategy that has its code cache filled, if one took part. */
  vsQemu(warm?: string): VsQemu {
    const { subject, peers } = this;
    const nobody = subject === undefined ? 'no strategy of wemu took part' : peers.length === 0 ? 'no peer took part' : undefined;
    const reasons: Record<string, string> = {};
    const told = <T>(what: string, value: T | null | undefined, why: string): T | null => {
      if (value === null || value === undefined) reasons[what] = nobody ?? why;
      return value ?? null;
    };
    const ratio = nobody === undefined ? this.ratio(subject!, PEER) : undefined;
    const measured = ratio?.workloads ?? {};
    const least = (kinds: readonly Kind[], architecture?: Architecture) =>
      ofKinds(measured, kinds, architecture).sort(([, x], [, y]) => x - y)[0];
    const kernels = least(KERNEL_KINDS);
    const system = least(['system']);
    const ppc = least(KERNEL_KINDS, 'ppc');
    const onPpc = (kind: 'integer' | 'memory' | 'float') => ({
      geomean: told(`ppc.${kind}`, meanOf(ofKinds(measured, [kind], 'ppc')), 'no such kernel was measured on both sides'),
    });
    const boot = (name: string | undefined): number | undefined => {
      const speed = name === undefined || nobody !== undefined ? undefined : speedRatio(this.row('boot', name), this.row('boot', PEER));
      return speed && 1 / speed;
    };
    const noRealRow = this.workloads.some(
      (name) => workload(name).kind === 'real' && this.row(name, subject ?? '')?.seconds && this.row(name, PEER, bySeconds),
    )
      ? 'CPU time was not told on both sides (this host has no /proc)'
      : 'no real program was measured on both sides';
    const real = (what: string, name: string | undefined): RealSpeed => {
      const against = name === undefined || nobody !== undefined ? undefined : this.ratio(name, PEER);
      const [slowest] = ofKinds(against?.workloads ?? {}, ['real']).sort(([, x], [, y]) => x - y);
      return {
        geomean: told(what, against?.real, name === undefined ? NO_WARM : noRealRow),
        min: slowest?.[1] ?? null,
        minWorkload: slowest?.[0] ?? null,
        allThreads: against?.realAllThreads ?? null,
      };
    };
    return {
      compute: {
        geomean: told('compute', ratio?.kernels, 'no kernel was measured on both sides'),
        min: kernels?.[1] ?? null,
        minWorkload: kernels?.[0] ?? null,
        integer: meanOf(ofKinds(measured, ['integer'])),
        memory: meanOf(ofKinds(measured, ['memory'])),
        float: meanOf(ofKinds(measured, ['float'])),
        bareMetal: ratio?.bareMetal ?? null,
        programs: ratio?.programs ?? null,
      },
      system: {
        geomean: told('system', ratio?.system, 'no system workload was measured on both sides'),
        min: system?.[1] ?? null,
        minWorkload: system?.[0] ?? null,
      },
      boot: {
        cold: told('boot.cold', boot(subject), 'the boot was not measured on both sides'),
        warm: told('boot.warm', boot(warm), warm === undefined ? NO_WARM : 'the boot was not measured on both sides'),
      },
      real: { cold: real('real.cold', subject), warm: real('real.warm', warm) },
      ppc: {
        integer: onPpc('integer'),
        memory: onPpc('memory'),
        float: onPpc('float'),
        min: ppc?.[1] ?? null,
        minWorkload: ppc?.[0] ?? null,
      },
      subject: subject ?? null,
      peers,
      reasons,
    };
  }
}
