/** The worker's side of the protocol, for any host: feed it messages, send what it returns. */
import { compilePersistent } from './compile-persistent.js';
import { RegionCompiler, type Compile } from './generate.js';
import type { WorkerMessage, WorkerReply } from './protocol.js';
import type { VerifyRegion } from '../../../tcg/wasm/target-info.js';
import type { Isa } from '../../../target/target.js';

export class CodegenService {
  private compiler?: RegionCompiler;
  /** For machines with `check=on`: set before `init` is handled. */
  verify?: VerifyRegion;

  constructor(
    /** @throws RangeError if there is none of that name */
    private readonly isaNamed: (name: string) => Isa,
    private readonly compile: Compile = (bytes) => new WebAssembly.Module(bytes),
  ) {}

  handle(message: WorkerMessage): WorkerReply | undefined {
    switch (message.kind) {
      case 'init': {
        const { target, config, memory, icount, tuning } = message;
        this.compiler = new RegionCompiler(this.isaNamed(target), config, memory, icount, tuning, this.compile, this.verify);
        return undefined;
      }
      case 'generate':
        return this.compiler?.generate(message);
      case 'compile':
        return compilePersistent(message, this.compile);
    }
  }
}
