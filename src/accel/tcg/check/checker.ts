/** `-accel tcg,check=on`: generated code in lockstep with tci (assembly/lockstep.ts), and a look at TBs, TLBs and installed code every so many slices. */
import * as lockstep from '../../../../assembly/shared/check.js';
import { TB_PC, TB_RECORD_SIZE } from '../../../../assembly/shared/layout.js';
import type { CheckInfo } from '../../jit-info.js';
import { TbReader } from '../codegen/regions.js';
import type { CheckedEngine, EngineCheck } from '../checking.js';
import type { Translator } from '../translate-all.js';
import { lockstepReport } from './lockstep-report.js';

/** Slices between two looks: one costs some ms, as all TBs and TLB entries are gone through. */
const SLICES = 128;
/** And so many times as long as the last look took: slices may be short. */
const PAUSE = 20;
/** TBs that are made once more at a look, and how far apart they are in the order in which they were made. */
const TBS_AGAIN = 32;
const STEP = 7919;
/** Looks in a row that find TLB entries which the page tables contradict, until that is told: a guest flushes a moment after it has changed them. */
const PATIENCE = 3;

export class Checker implements EngineCheck {
  private readonly view: DataView;
  private readonly records: TbReader;
  private readonly units: Uint16Array;
  /** TBs that were made since the last flush of all. */
  private readonly made: number[] = [];
  private flushes = 0;
  private next = 0;
  private slices = 0;
  /** When the last look was over, and how long it took, ms. */
  private lookedAt = -Infinity;
  private lookMs = 0;
  private looks = 0;
  private tbs = 0;
  private contradicted = 0;
  private contradictedLooks = 0;

  constructor(
    private readonly engine: CheckedEngine,
    private readonly record: number,
  ) {
    const { runtime, isa } = engine;
    this.view = new DataView(runtime.memory.buffer);
    this.units = new Uint16Array(runtime.memory.buffer);
    this.records = new TbReader(runtime.memory, isa.traits.pageBits);
  }

  info(): CheckInfo {
    const { looks, tbs, contradicted } = this;
    const count = (field: number): number => Number(this.view.getBigUint64(this.record + field, true));
    return {
      stretches: count(lockstep.LOCKSTEP_STRETCHES),
      insns: count(lockstep.LOCKSTEP_INSNS),
      skipped: count(lockstep.LOCKSTEP_SKIPPED),
      looks,
      tbs,
      contradicted,
    };
  }

  poll(env: number): void {
    if (this.slices++ % SLICES !== 0) return;
    const start = performance.now();
    if (start - this.lookedAt < PAUSE * this.lookMs) return;
    this.look(env);
    this.lookedAt = performance.now();
    this.lookMs = this.lookedAt - start;
  }

  private look(env: number): void {
    const { runtime, generator, translator } = this.engine;
    this.looks++;
    const generated = runtime.exports.checkTbs!();
    generator?.check?.(generated);
    this.contradict(runtime.exports.checkTlbs!(env));
    this.checkTbs(translator);
  }

  translated(tb: number): void {
    this.made.push(tb);
  }

  /** A store that should have invalidated a TB, and did not, shows when it is made again. */
  private checkTbs(translator: Translator): void {
    const { runtime } = this.engine;
    const flushes = runtime.exports.tbStatFlushes();
    if (flushes !== this.flushes) this.made.length = 0;
    this.flushes = flushes;
    for (let n = Math.min(TBS_AGAIN, this.made.length); n > 0; n--) {
      this.next = (this.next + STEP) % this.made.length;
      const tb = this.made[this.next];
      if (!this.records.isValid(tb)) continue;
      this.tbs++;
      const code = translator.again(tb);
      const tci = (tb + TB_RECORD_SIZE) >> 1;
      if (code?.every((unit, i) => this.units[tci + i] === unit)) continue;
      throw new RangeError(`the TB at pc 0x${this.view.getBigUint64(tb + TB_PC, true).toString(16)} is not what its guest code gives now`);
    }
  }

  private contradict(entries: number): void {
    this.contradictedLooks = entries === 0 ? 0 : this.contradictedLooks + 1;
    if (this.contradictedLooks !== PATIENCE) return;
    this.contradicted += entries;
    this.engine.warn(`check=on: ${entries} TLB entries are not what the page tables say: the guest does not flush, or a flush was lost`);
  }

  explain(message: string, env: number): string {
    if (!message.startsWith('lockstep: generated code and tci differ')) return message;
    const { runtime, isa, generator, physicalMap } = this.engine;
    return lockstepReport({
      memory: runtime.memory,
      record: this.record,
      env,
      globals: isa.globals,
      regionOf: (tb) => generator?.regionAt?.(tb),
      physicalOf: (host) => physicalMap.addressOf(host),
    });
  }
}
