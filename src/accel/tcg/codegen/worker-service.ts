/** The worker's side of the protocol, for any host: feed it messages, send what it returns. */
import { RegionCompiler } from './generate.js';
import type { CodegenInit, GenerateReply, GenerateRequest } from './protocol.js';
import type { TargetFrontend } from '../translator.js';

export class CodegenService {
  private compiler?: RegionCompiler;

  constructor(
    private readonly createFrontend: (target: string, config: unknown) => TargetFrontend,
    private readonly compile?: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module,
  ) {}

  handle(message: CodegenInit | GenerateRequest): GenerateReply | undefined {
    if (message.kind === 'init') {
      const { memory, icount, tuning } = message;
      this.compiler = new RegionCompiler(this.createFrontend(message.target, message.config), memory, icount, tuning, this.compile);
      return undefined;
    }
    return this.compiler?.generate(message);
  }
}
