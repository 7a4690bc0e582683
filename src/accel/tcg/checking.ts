/** What `-accel tcg,check=on` adds to the engine. A host loads it (check/checks.ts) where it is wanted, and only there. */
import type { TcgContext } from '../../tcg/context.js';
import type { Isa } from '../../target/target.js';
import type { VerifyRegion } from '../../tcg/wasm/target-info.js';
import type { CheckInfo } from '../jit-info.js';
import type { CodeGenerator } from './codegen/wasm-generator.js';
import type { PhysicalMap } from './physmap.js';
import type { Runtime } from './runtime.js';
import type { Translator } from './translate-all.js';

export interface Checks {
  readonly verifyRegion: VerifyRegion;
  /** Throws what is wrong with a TB's IR. */
  verifyIr(ctx: TcgContext): void;
  /** `lockstep`: the record that the engine's lockstepStart gave. */
  start(engine: CheckedEngine, lockstep: number): EngineCheck;
}

export interface CheckedEngine {
  readonly runtime: Runtime;
  readonly physicalMap: PhysicalMap;
  readonly isa: Isa;
  readonly translator: Translator;
  readonly generator: CodeGenerator | undefined;
  /** Tells the user of something that may be the guest's fault. */
  warn(line: string): void;
}

export interface EngineCheck {
  /** A TB was made. */
  translated(tb: number): void;
  /** Before a slice: throws what is not as it must be. */
  poll(env: number): void;
  /** In more words what the engine failed with, in the middle of a slice. */
  explain(message: string, env: number): string;
  info(): CheckInfo;
}
