/** The worker's side of the protocol, for any host: feed it messages, send what it returns. */
import { compilePersistent } from './compile-persistent.js';
import { RegionCompiler, type Compile } from './generate.js';
import type { WorkerMessage, WorkerReply } from './protocol.js';
import type { VerifyRegion } from '../../../tcg/wasm/target-info.js';
import type { Isa } from '../../../target/target.js';

/**
 * Whether a function was wanted that the lean binaryen (scripts/lean-binaryen.js) does not have: a trap, by its message whatever the engine, since nothing of ours traps
 * otherwise. That binaryen was in the middle of something, and is not to be used any more.
 */
export const lacksFunction = (reply: WorkerReply | undefined): boolean =>
  reply?.kind === 'generated' && /\bunreachable\b/.test(reply.error ?? '');

export class CodegenService {
  private compiler?: RegionCompiler;
  /** Of `init`'s target, set before it is handled. */
  isa!: Isa;
  /** For machines with `check=on`, set as early. */
  verify?: VerifyRegion;

  constructor(private readonly compile: Compile = (bytes) => new WebAssembly.Module(bytes)) {}

  handle(message: WorkerMessage): WorkerReply | undefined {
    switch (message.kind) {
      case 'init':
        this.compiler = new RegionCompiler(this.isa, message.memory, message, this.compile, this.verify);
        return undefined;
      case 'generate':
        return this.compiler?.generate(message);
      case 'compile':
        return compilePersistent(message, this.compile);
    }
  }
}
