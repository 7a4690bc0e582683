import { useRef, useState } from 'preact/hooks';
import type { DeviceRegisters, Instruction, RegisterLayout, RemoteMachine } from '../../src/browser/index.js';
import { useAsked } from './hooks.js';
import type { Session } from './session.js';

const INSTRUCTIONS = 24;
const MEMORY_BYTES = 192;
const LIVE_MS = 500;

const hex = (value: bigint | number, digits = 0): string => value.toString(16).padStart(digits, '0');

/** A register's name, or a number in hexadecimal; undefined: neither. */
async function addressOf(text: string, machine: RemoteMachine, cpu: number): Promise<bigint | undefined> {
  const plain = text.trim();
  const register = plain === '' ? undefined : await machine.call('register', plain, cpu);
  if (register !== undefined) return register;
  return /^(0x)?[0-9a-f]{1,16}$/i.test(plain) ? BigInt(`0x${plain.replace(/^0x/i, '')}`) : undefined;
}

/** Instructions stand in columns for files; here there is less room. */
const narrow = (text: string): string => text.replace(/\t| {2,}/g, ' ');

export function DebuggerTab({ session }: { session: Session }) {
  const { machine } = session;
  const [cpu, setCpu] = useState(0);
  const [codeAt, setCodeAt] = useState('pc');
  const [memoryAt, setMemoryAt] = useState('sp');
  const { view, before } = useView(session, cpu, codeAt, memoryAt);
  const [problem, setProblem] = useState('');

  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
      setProblem('');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    view.again();
  };
  const { registers = {}, layout, code = [], memory, symbol, points = [] } = view.value ?? {};
  const toggle = (address: bigint): void =>
    void attempt(async () => {
      const point = { kind: 'breakpoint', address, length: 1n } as const;
      const change = points.includes(address) ? 'removePoint' : 'insertPoint';
      if (!(await machine!.call(change, point))) throw new Error('the machine takes no more breakpoints');
    });
  const toggleAt = async (text: string): Promise<void> => {
    const address = await addressOf(text, machine!, cpu);
    if (address === undefined) setProblem(`'${text}' is no address`);
    else toggle(address);
  };

  const { pc } = registers;
  return (
    <div class="debugger">
      <div class="toolbar" role="toolbar" aria-label="Debugger">
        <Running session={session} step={() => void attempt(() => machine!.call('step', cpu))} />
        <PointForm set={(text) => void toggleAt(text)} />
        <CpuChoice cpu={cpu} count={session.status?.cpus ?? 1} choose={setCpu} />
        <span role="status">{problem || view.error || (pc === undefined ? '' : `pc 0x${hex(pc)}${symbol ? ` in ${symbol}` : ''}`)}</span>
      </div>
      <section aria-label="Registers">
        <h2>Registers</h2>
        {layout && <Registers registers={registers} layout={layout} before={before} />}
      </section>
      <section aria-label="Instructions">
        <h2>Instructions</h2>
        <From value={codeAt} change={setCodeAt} />
        <Code code={code} pc={pc} points={points} toggle={toggle} />
        {points.length > 0 && <Points points={points} remove={toggle} />}
      </section>
      <section aria-label="Memory">
        <h2>Memory</h2>
        <From value={memoryAt} change={setMemoryAt} />
        <pre tabIndex={0} aria-label="Bytes of memory">
          {memory ? dump(memory.bytes, memory.start, (layout?.addressBits ?? 64) / 4) : 'nothing is mapped there'}
        </pre>
      </section>
      <Devices session={session} />
    </div>
  );
}

/** What the machine says of a CPU, of code and of memory; `before`: its registers where it stood before. */
function useView({ machine, phase }: Session, cpu: number, codeAt: string, memoryAt: string) {
  const before = useRef<Readonly<Record<string, bigint>>>({});
  const last = useRef<Readonly<Record<string, bigint>>>({});
  const view = useAsked(
    async () => {
      const registers = await machine!.registers(cpu);
      const layout = await machine!.call('registerLayout', cpu);
      const start = await addressOf(codeAt, machine!, cpu);
      const memory = await memoryOf(await addressOf(memoryAt, machine!, cpu), machine!, cpu);
      const code = start === undefined ? [] : await machine!.call('disassemble', start, INSTRUCTIONS, cpu);
      const set = await machine!.call('points');
      const points = set.filter(({ kind }) => kind === 'breakpoint').map(({ address }) => address);
      const symbol = await machine!.call('symbolAt', registers['pc'] ?? 0n);
      if (registers['pc'] !== last.current['pc']) before.current = last.current;
      last.current = registers;
      return { registers, layout, code, memory, symbol, points };
    },
    phase === 'running',
    LIVE_MS,
    [machine, phase, cpu, codeAt, memoryAt],
  );
  return { view, before: before.current };
}

/** Undefined: nothing is mapped there. */
async function memoryOf(start: bigint | undefined, machine: RemoteMachine, cpu: number) {
  const bytes = start === undefined ? undefined : await machine.readMemory(start, MEMORY_BYTES, cpu).catch(() => undefined);
  return bytes && { start: start!, bytes };
}

function Running({ session, step }: { session: Session; step: () => void }) {
  const { phase } = session;
  const running = phase === 'running';
  return (
    <>
      <button disabled={running} onClick={step}>
        Step
      </button>
      <button disabled={!running} onClick={() => void session.pause()}>
        Pause
      </button>
      <button disabled={phase !== 'paused'} onClick={() => void session.resume()}>
        Continue
      </button>
    </>
  );
}

function PointForm({ set }: { set: (text: string) => void }) {
  const [wanted, setWanted] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        set(wanted);
      }}
    >
      <label>
        Breakpoint at <input value={wanted} size={18} spellcheck={false} onInput={(event) => setWanted(event.currentTarget.value)} />
      </label>
      <button>Set</button>
    </form>
  );
}

function CpuChoice({ cpu, count, choose }: { cpu: number; count: number; choose: (cpu: number) => void }) {
  if (count < 2) return null;
  return (
    <label>
      CPU{' '}
      <select value={cpu} onChange={(event) => choose(Number(event.currentTarget.value))}>
        {Array.from({ length: count }, (_, index) => (
          <option key={index}>{index}</option>
        ))}
      </select>
    </label>
  );
}

function From({ value, change }: { value: string; change: (value: string) => void }) {
  return (
    <label>
      From <input value={value} size={18} spellcheck={false} onInput={(event) => change(event.currentTarget.value)} />
    </label>
  );
}

function Points({ points, remove }: { points: readonly bigint[]; remove: (address: bigint) => void }) {
  return (
    <>
      <h3>Breakpoints</h3>
      <ul class="points">
        {points.map((address) => (
          <li key={String(address)}>
            <code>0x{hex(address)}</code> <button onClick={() => remove(address)}>Remove</button>
          </li>
        ))}
      </ul>
    </>
  );
}

interface RegistersProps {
  readonly registers: Readonly<Record<string, bigint>>;
  readonly layout: RegisterLayout;
  readonly before: Readonly<Record<string, bigint>>;
}

function Registers({ registers, layout: { bits, addressBits, general }, before }: RegistersProps) {
  const isGeneral = new Set(general);
  const all = Object.entries(registers);
  const others = all.filter(([name]) => !isGeneral.has(name));
  const rows = (list: readonly (readonly [string, bigint])[]) => (
    <dl class="registers">
      {list.map(([name, value]) => (
        <div key={name} class={before[name] !== undefined && before[name] !== value ? 'changed' : ''}>
          <dt>{name}</dt>
          <dd>{hex(value, (bits[name] ?? addressBits) / 4)}</dd>
        </div>
      ))}
    </dl>
  );
  return (
    <>
      {rows(all.filter(([name]) => isGeneral.has(name)))}
      <details>
        <summary>Other registers ({others.length})</summary>
        {rows(others)}
      </details>
    </>
  );
}

interface CodeProps {
  readonly code: readonly Instruction[];
  readonly pc: bigint | undefined;
  readonly points: readonly bigint[];
  readonly toggle: (address: bigint) => void;
}

function Code({ code, pc, points, toggle }: CodeProps) {
  if (code.length === 0) return <p>Nothing is mapped there.</p>;
  return (
    <ol class="code">
      {code.map(({ address, text }) => (
        <li key={String(address)} class={address === pc ? 'current' : ''} aria-current={address === pc ? 'true' : undefined}>
          <button
            aria-pressed={points.includes(address)}
            aria-label={`Breakpoint at ${hex(address)}`}
            title="Breakpoint"
            onClick={() => toggle(address)}
          />
          <code>{narrow(text)}</code>
        </li>
      ))}
    </ol>
  );
}

function dump(bytes: Uint8Array, start: bigint, digits: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 8) {
    const row = [...bytes.subarray(at, at + 8)];
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${hex(BigInt.asUintN(4 * digits, start + BigInt(at)), digits)}  ${row.map((byte) => hex(byte, 2)).join(' ')}  ${text}`);
  }
  return lines.join('\n');
}

function Devices({ session }: { session: Session }) {
  const { machine, phase } = session;
  const [open, setOpen] = useState('');
  const { value: devices = [] } = useAsked(() => machine?.call('deviceRegisters') ?? Promise.resolve([]), phase === 'running', 1000, [
    machine,
    phase,
  ]);
  const shown = devices.filter(({ maps }) => maps.some(({ registers }) => registers.length > 0));
  return (
    <section aria-label="Devices" class="devices">
      <h2>Devices</h2>
      {shown.map((device) => (
        <details key={device.path} open={open === device.path} onToggle={(event) => event.currentTarget.open && setOpen(device.path)}>
          <summary>
            {device.type} {device.address >= 0 && <code>0x{hex(device.address)}</code>}
          </summary>
          {open === device.path && <DeviceTable device={device} />}
        </details>
      ))}
    </section>
  );
}

function DeviceTable({ device }: { device: DeviceRegisters }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Offset</th>
          <th scope="col">Register</th>
          <th scope="col">Value</th>
          <th scope="col">Fields</th>
        </tr>
      </thead>
      <tbody>
        {device.maps.flatMap(({ name, registers }) =>
          registers.map((register) => (
            <tr key={`${name} ${register.name} ${register.offset}`}>
              <td>
                <code>{hex(register.offset, 3)}</code>
              </td>
              <th scope="row">
                {register.name} <small>{register.access}</small>
              </th>
              <td>{register.value === undefined ? <small>not read</small> : <code>{hex(register.value, register.bits / 4)}</code>}</td>
              <td>{register.fields.map((field) => `${field.name}=${field.value}`).join(' ')}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}
