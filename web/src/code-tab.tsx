/** An instruction's way: guest code, its IR, the optimised IR, and the WebAssembly of the function that it became part of, side by side. */
import { useEffect, useState } from 'preact/hooks';
import type { CodeView, FunctionInfo } from '../../src/accel/code-view.js';
import type { FunctionListing } from '../../src/browser/index.js';
import { loadWasmDisassembler, type WabtLoader } from '../../src/tcg/wasm/disassemble.js';
import { useAsked } from './hooks.js';
import type { Session } from './session.js';

const LIVE_MS = 1000;
const MOST_SHOWN = 200;

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const nameOf = ({ pc, symbol }: FunctionInfo): string => (symbol ? `${symbol} (${hex(pc)})` : hex(pc));

/** As the IR has it beside: an instruction's place in its block, in place of an address that would fill the column. */
const byOffset = (listing: string, pc: bigint): string =>
  listing
    .split('\n')
    .map((line) => {
      const [, address, rest] = /^0x([0-9a-f]+):\s*(.*)$/.exec(line) ?? [];
      return address === undefined ? line : `${hex(BigInt(`0x${address}`) - pc).padEnd(5)} ${rest.replace(/\t| {2,}/g, ' ')}`;
    })
    .join('\n');

/** wabt has more than a megabyte: it comes when somebody looks. */
const disassemble = async (wasm: Uint8Array): Promise<string> => {
  const toText = await loadWasmDisassembler((() => import('wabt')) as unknown as WabtLoader);
  const { prelude, functions } = toText(wasm);
  return `${functions.join('\n\n')}\n\n${prelude}`;
};

export function CodeTab({ session }: { session: Session }) {
  const { machine, phase } = session;
  const [filter, setFilter] = useState('');
  const [chosen, setChosen] = useState<number>();
  const { value: functions = [] } = useAsked(() => machine?.call('functions') ?? Promise.resolve([]), phase === 'running', LIVE_MS, [
    machine,
    phase,
  ]);
  const wanted = filter.trim().toLowerCase();
  const shown = functions.filter((each) => nameOf(each).toLowerCase().includes(wanted)).slice(0, MOST_SHOWN);
  const id = chosen ?? shown[0]?.id;
  return (
    <div class="ways">
      <div class="fields">
        <label>
          Filter{' '}
          <input type="search" value={filter} placeholder="symbol or address" onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
        <label class="wide">
          Guest function with generated code ({functions.length})
          <select value={id === undefined ? '' : String(id)} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            {shown.map((each) => (
              <option key={each.id} value={String(each.id)}>
                {nameOf(each)}: {each.insns} instructions in {each.blocks} blocks
              </option>
            ))}
          </select>
        </label>
      </div>
      {id === undefined ? (
        <p>No code has been generated yet: the guest's hot loops get theirs after some thousand rounds in the interpreter.</p>
      ) : (
        <Way key={id} session={session} id={id} />
      )}
    </div>
  );
}

function Way({ session, id }: { session: Session; id: number }) {
  const { machine, phase } = session;
  const [block, setBlock] = useState(0);
  const {
    value: listing,
    error,
    again,
  } = useAsked<FunctionListing | undefined>(() => machine?.listing(id), phase === 'running', 2 * LIVE_MS, [machine, id, phase]);
  const wasm = useText(listing);
  if (error !== undefined) return <p role="alert">{error}</p>;
  if (!listing) return <p>This function's code is gone: the guest's code has changed, or made room.</p>;
  const view = listing.blocks[Math.min(block, listing.blocks.length - 1)];
  return (
    <>
      <div class="fields">
        <label>
          Block
          <select value={String(block)} onChange={(event) => setBlock(Number(event.currentTarget.value))}>
            {listing.blocks.map((each, number) => (
              <option key={number} value={String(number)}>
                {hex(each.pc)} {each.isEntry ? '(entry)' : ''}
              </option>
            ))}
          </select>
        </label>
        <Counters view={view} listing={listing} />
        <button onClick={again}>Look again</button>
      </div>
      <div class="columns">
        <Column title="Guest code" text={byOffset(view.guest, view.pc)} />
        <Column title="IR" text={view.ir} />
        <Column title="Optimised IR" text={view.optimized} />
        <Column title="WebAssembly of the function" text={wasm} />
      </div>
    </>
  );
}

function Counters({ view, listing }: { view: CodeView; listing: FunctionListing }) {
  const rows: readonly (readonly [string, string | number])[] = [
    ['interpreted since', view.interpreted ?? 0],
    ['rounds a visit', view.tripCount ? view.tripCount : 'no loop'],
    ['guest bytes', view.size ?? 0],
    ['blocks', listing.info.blocks],
    ['entries', listing.info.entries],
    ['wasm bytes', listing.wasm?.length ?? 'none'],
  ];
  return (
    <dl class="counters">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function useText(listing: FunctionListing | undefined): string {
  const [text, setText] = useState('loading the disassembler ...');
  const wasm = listing?.wasm;
  useEffect(() => {
    if (!listing) return;
    if (!wasm) return setText('the code cannot be made again: its guest code has changed');
    void disassemble(wasm).then(setText, (error: unknown) => setText(`wabt: ${String(error)}`));
    // the same bytes come again and again
  }, [wasm?.length, listing?.info.id]);
  return text;
}

function Column({ title, text }: { title: string; text: string }) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <pre tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </section>
  );
}
