/** The worker's side of the protocol, for any host: feed it messages, send what it returns. */
import { compilePersistent } from './compile-persistent.js';
import { RegionCompiler, type Compile } from './generate.js';
import type { WorkerMessage, WorkerReply } from './protocol.js';
import type { VerifyRegion } from '../../../tcg/wasm/target-info.js';
import type { Isa } from '../../../target/target.js';

export class CodegenService {
  private compiler?: RegionCompiler;
  /** Of `init`'s target, set before it is handled. */
  isa!: Isa;
  /** For machines with `check=on`, set as early. */
  verify?: VerifyRegion;

  constructor(private readonly compile: Compile = (bytes) => new WebAssembly.Module(bytes)) {}

  handle(message: WorkerMessage): WorkerReply | undefined {
    switch (message.kind) {
      case 'init': {
        const { config, memory, icount, tuning } = message;
        this.compiler = new RegionCompiler(this.isa, config, memory, icount, tuning, this.compile, this.verify);
        return undefined;
      }
      case 'generate':
        return this.compiler?.generate(message);
      case 'compile':
        return compilePersistent(message, this.compile);
    }
  }
}
