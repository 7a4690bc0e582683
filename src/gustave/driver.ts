/**
 * The line protocol by which another program's fuzzer drives a harness: a request is a line, and so is its answer (docs/gustave.md). Bytes are hexadecimal.
 */
import { errorMessage } from '../util/errors.js';
import { MAP_SIZE, type Edges } from './edges.js';
import type { Gustave } from './gustave.js';

const PROTOCOL = 1;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export class GustaveDriver {
  private rest = '';
  private readonly decoder = new TextDecoder('latin1');

  constructor(private readonly gustave: Gustave) {}

  /** The first line, when runs can begin. */
  get greeting(): string {
    return `gustave ${PROTOCOL} map ${MAP_SIZE} limit ${this.gustave.config.input.limit}\n`;
  }

  /** What comes from the fuzzer; the answers to the lines that are complete. `isOver`: it wants no more. */
  take(bytes: Uint8Array): { readonly answers: string; readonly isOver: boolean } {
    const lines = (this.rest + this.decoder.decode(bytes)).split('\n');
    this.rest = lines.pop()!;
    let answers = '';
    for (const line of lines) {
      const answer = this.answer(line.trimEnd());
      if (answer === undefined) return { answers, isOver: true };
      answers += `${answer}\n`;
    }
    const most = 2 * this.gustave.config.input.limit + 64;
    if (this.rest.length > 64 && this.rest.length > most) {
      this.rest = '';
      return { answers: `${answers}error the line is too long\n`, isOver: true };
    }
    return { answers, isOver: false };
  }

  /** Undefined: `quit`. */
  private answer(line: string): string | undefined {
    const [command, argument = ''] = line.split(' ');
    switch (command) {
      case 'quit':
        return undefined;
      case 'run': {
        const input = bytesOf(argument);
        if (!input) return 'error an input is an even number of hexadecimal digits';
        return this.run(input);
      }
      default:
        return `error there is no request '${command.slice(0, 20)}' (run HEX, quit)`;
    }
  }

  private run(input: Uint8Array): string {
    try {
      const { kind, instructions, reason } = this.gustave.run(input);
      return `${kind} ${instructions} ${edgesText(this.gustave.edges)} ${reason}`;
    } catch (error) {
      return `error ${errorMessage(error).split('\n')[0]}`;
    }
  }
}

/** `01f3:01,a270:ff`: place and count of each edge that was taken; `-`: none. */
function edgesText({ bitmap, places, count }: Edges): string {
  if (count === 0) return '-';
  let text = '';
  for (let i = 0; i < count; i++) {
    const place = places[i];
    text += `${i === 0 ? '' : ','}${HEX[place >> 8]}${HEX[place & 0xff]}:${HEX[bitmap[place]]}`;
  }
  return text;
}

function bytesOf(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[\da-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
