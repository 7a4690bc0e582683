/** `-accel tcg,backend=...`: which engine runs guest code, and how code is generated. */
import { DEFAULT_LIMITS } from '../../accel/tcg/codegen/regions.js';
import { MAX_TB_SIZE } from '../../accel/tcg/memory.js';
import type { EngineOptions } from '../../node/host.js';
import { tell } from '../../node/messages.js';
import { isHelp, parseOptions, type OptionList } from '../../qom/option-list.js';
import { PASSES } from '../../tcg/wasm/passes.js';
import { OptionError } from '../../util/errors.js';

export const ACCEL_HELP = `Accelerators supported:
tcg                  translate guest code; properties:
  backend=wasm|tci   generate WebAssembly for hot code (default), or interpret all of it
  thread=worker|sync generate code on a thread of its own (default), or at once in the machine's
  code-cache=on|off|DIR
                     keep generated code for later runs, in the user's cache folder (default) or in DIR
  threshold=N        executions after which a block is hot (default: by the backend)
  chain=on|off       blocks jump to the next one directly; off: each is a function of its own, called by the dispatcher
  indirect=on|off    returns, calls and jump tables stay inside of generated functions
  region-tbs=N       blocks of a generated function at most (default ${DEFAULT_LIMITS.maxTbs})
  region-size=N      guest instructions of a generated function at most (default ${DEFAULT_LIMITS.maxInsns})
  join=on|off        functions that lead to one another all the time become one (default: unless region-* is given)
  tlb-reuse=on|off   accesses off one base share a TLB check
  fma=on|off         fused multiply-add is the host's own instruction, where there is one
  check=on|off       the engine checks itself: generated code against tci, TBs, TLBs, regions (slow)
  passes=A+B+...     binaryen passes that generated code goes through (default: none):
${wrap(Object.keys(PASSES), 90, '                     ')}
  one-insn-per-tb=on|off
                     blocks of one instruction
  thread=single      CPUs take turns on one thread (default; a thread for each, thread=multi, is not built yet)
  tb-size=N          MiB for translated blocks and what vCPUs need beside them (default: 0, which is 64)
  split-wx=on|off    is taken, without effect
tci                  the same as tcg,backend=tci
`;

export function parseAccel(text: string | undefined): EngineOptions {
  if (text === undefined) return {};
  const list = parseOptions('-accel', text, 'accel');
  const name = list.required('accel');
  if (list.wantsHelp) return {};
  if (!isAccelerator(name)) throw new OptionError(`invalid accelerator '${name}'`, list.where, "'tcg' or 'tci'");
  const backend = list.enumeration('backend', ['wasm', 'tci'] as const) ?? (name === 'tci' ? 'tci' : 'wasm');
  if (name === 'tci' && backend !== 'tci') throw new OptionError("tci has no other backend than 'tci'", list.where);
  const sync = parseThread(list) === 'sync';
  const codeCache = parseCodeCache(list.string('code-cache'), list.where, backend === 'wasm' && !sync);
  const hotThreshold = list.integer('threshold', 1, 1_000_000);
  const tuning = {
    chain: list.bool('chain'),
    indirect: list.bool('indirect'),
    regionTbs: list.integer('region-tbs', 1, 1024),
    regionSize: list.integer('region-size', 1, 10_000),
    join: list.bool('join'),
    tlbReuse: list.bool('tlb-reuse'),
    fusedMulAdd: list.bool('fma'),
    check: list.bool('check'),
    passes: parsePasses(list.string('passes'), list.where),
  };
  const maxInsns = list.bool('one-insn-per-tb') ? 1 : undefined;
  list.bool('split-wx');
  const tbSize = list.integer('tb-size', 0, MAX_TB_SIZE);
  list.finish();
  return { backend, sync, hotThreshold, tuning, codeCache, maxInsns, tbSize };
}

/**
 * `thread=` says two things, and may be given for each: where code is generated (`worker` or `sync`, which is what comes back), and where harts run
 * (QEMU's `single` or `multi`).
 */
function parseThread(list: OptionList): string | undefined {
  const values = list.all('thread');
  for (const value of values) {
    if (value === 'multi')
      throw new OptionError('thread=multi is not built yet: a thread for each CPU', list.where, 'thread=single, where CPUs take turns');
    if (!['worker', 'sync', 'single'].includes(value))
      throw new OptionError(`invalid value '${value}'`, `${list.where}: thread`, 'one of worker, sync, single');
  }
  return values.filter((value) => value !== 'single').at(-1);
}

/**
 * The accelerator that is asked for: the first one that there is, of `-accel` as often as it is given, or of `-machine accel=A:B`. Says which were
 * passed over.
 * @throws OptionError if there is none
 */
export function chooseAccel(
  texts: readonly string[] | undefined,
  ofMachine: string | undefined,
  warn: (line: string) => void = tell,
): string | undefined {
  if (texts && ofMachine !== undefined) throw new OptionError('the -accel and "-machine accel=" options are incompatible');
  const option = texts ? '-accel' : '-machine accel';
  const wanted = texts ?? ofMachine?.split(':');
  if (wanted === undefined) return undefined;
  const nameOf = (text: string): string => text.replace(/^accel=/, '').split(',')[0];
  const found = wanted.find((text) => isAccelerator(nameOf(text)) || isHelp(nameOf(text)));
  if (found === undefined) throw new OptionError(`invalid accelerator '${nameOf(wanted[0])}'`, option, "'tcg' or 'tci'");
  for (const text of wanted.slice(0, wanted.indexOf(found))) warn(`${option} ${text}: invalid accelerator '${nameOf(text)}'`);
  if (found !== wanted[0]) warn(`falling back to ${nameOf(found)}`);
  return found;
}

const isAccelerator = (name: string): boolean => name === 'tcg' || name === 'tci';

/**
 * As parseAccel, and the command line's default: code is kept, if there is a worker that can take it and nobody wants to see how it is made.
 * WEMU_CODE_CACHE is the code-cache property where none is given.
 */
export function commandLineAccel(text: string | undefined, logs = false, { WEMU_CODE_CACHE: wanted = '' } = process.env): EngineOptions {
  const options = parseAccel(text);
  if (options.codeCache !== undefined || options.backend === 'tci' || options.sync || options.maxInsns !== undefined || wanted === 'off')
    return options;
  if (wanted !== '' && wanted !== 'on') return { ...options, codeCache: wanted };
  return logs ? options : { ...options, codeCache: true };
}

function parsePasses(text: string | undefined, where: string): string[] | undefined {
  const names = text?.split('+');
  const unknown = names?.find((name) => !Object.hasOwn(PASSES, name));
  if (unknown !== undefined) throw new OptionError(`passes: unknown pass '${unknown}'`, where, "names joined by '+', see -accel help");
  return names;
}

/** Words in lines of at most `width` columns. */
function wrap(words: readonly string[], width: number, indent: string): string {
  const lines = [''];
  for (const word of words) {
    if (lines[lines.length - 1].length + word.length >= width) lines.push('');
    lines[lines.length - 1] += `${lines[lines.length - 1] === '' ? '' : ' '}${word}`;
  }
  return lines.map((line) => indent + line).join('\n');
}

/** `usable`: there is a worker, which compiles what was kept. */
function parseCodeCache(text: string | undefined, where: string, usable: boolean): boolean | string | undefined {
  if (text === undefined) return undefined;
  if (text === 'off') return false;
  if (text === '') throw new OptionError('code-cache: no folder', where, "'on', 'off' or a folder");
  if (!usable) throw new OptionError('code-cache needs generated code and a worker', where, 'backend=wasm,thread=worker');
  return text === 'on' ? true : text;
}
