/** Many inputs in a row: those that are there, and what comes of changing them. */
import { mutate } from '../util/mutate.js';
import { SeededRandom } from '../util/random.js';
import { SeenEdges } from './edges.js';
import type { Gustave, Outcome } from './gustave.js';

export interface NamedInput {
  /** For people: a file's. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A crash or hang. */
export interface Finding extends NamedInput {
  readonly outcome: Outcome;
}

export interface CampaignStats {
  readonly runs: number;
  readonly crashes: number;
  readonly hangs: number;
  /** That were ever taken. */
  readonly edges: number;
  /** Inputs that inputs are made of. */
  readonly corpus: number;
  /** Of all guest code. */
  readonly instructions: number;
  /** So long, ms. */
  readonly ms: number;
}

export interface CampaignHost {
  /** Hears of every crash and hang of inputs that were given, and of those that were made the first of each reason. */
  found(finding: Finding): void;
  /** Lets the host's event loop have a turn; false: no more runs. */
  giveWay(stats: CampaignStats): Promise<boolean>;
}

/** Runs without a turn of the host's event loop take so long, ms. */
const TURN_MS = 20;

export class Campaign {
  private readonly seen = new SeenEdges();
  private readonly reasons = new Set<string>();
  private readonly corpus: Uint8Array[] = [];
  private runs = 0;
  private crashes = 0;
  private hangs = 0;
  private instructions = 0;
  private readonly start = performance.now();
  private lastTurn = this.start;

  constructor(
    private readonly gustave: Gustave,
    private readonly host: CampaignHost,
  ) {}

  get stats(): CampaignStats {
    const { runs, crashes, hangs, instructions, corpus } = this;
    return { runs, crashes, hangs, instructions, edges: this.seen.count, corpus: corpus.length, ms: performance.now() - this.start };
  }

  /** Each of them once. False: the host wants no more. */
  async given(inputs: Iterable<NamedInput>): Promise<boolean> {
    for (const input of inputs) {
      const outcome = this.run(input.bytes);
      this.corpus.push(input.bytes);
      this.reasons.add(outcome.reason);
      if (outcome.kind !== 'ok') this.host.found({ ...input, outcome });
      if (!(await this.turn())) return false;
    }
    return true;
  }

  /** So many changes of inputs that have shown something new. The same `seed` makes the same. False: the host wants no more. */
  async mutated(runs: number, seed: number): Promise<boolean> {
    const random = new SeededRandom(seed);
    const { limit } = this.gustave.config.input;
    if (this.corpus.length === 0) this.corpus.push(new Uint8Array(0));
    for (let n = 0; n < runs; n++) {
      const bytes = mutate(random, this.corpus, limit);
      const outcome = this.run(bytes);
      if (outcome.kind === 'ok') {
        if (this.isNew) this.corpus.push(bytes);
      } else if (!this.reasons.has(outcome.reason)) {
        this.reasons.add(outcome.reason);
        this.host.found({ name: `change ${n} of seed ${seed}`, bytes, outcome });
      }
      if (!(await this.turn())) return false;
    }
    return true;
  }

  private isNew = false;
  private run(input: Uint8Array): Outcome {
    const outcome = this.gustave.run(input);
    this.isNew = this.seen.add(this.gustave.edges);
    this.runs++;
    this.instructions += outcome.instructions;
    if (outcome.kind === 'crash') this.crashes++;
    else if (outcome.kind === 'hang') this.hangs++;
    return outcome;
  }

  private async turn(): Promise<boolean> {
    if (performance.now() - this.lastTurn < TURN_MS) return true;
    const goesOn = await this.host.giveWay(this.stats);
    this.lastTurn = performance.now();
    return goesOn;
  }
}
