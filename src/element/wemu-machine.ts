/**
 * `<wemu-machine>`: a machine and its terminal as an element of any page.
 *
 *     <wemu-machine engine="/wemu.wasm" machine="virt" memory="256M" kernel="/vmlinux" initrd="/initrd" append="console=ttyS0"></wemu-machine>
 *
 * Attributes are the machine's options, as `MachineSpec` has them; images are URLs. The terminal is a child of the element (slot `terminal`), so that xterm's style
 * sheet, which the page loads, reaches it.
 */
import { Automation } from '../automation/index.js';
import type { MachineSpec } from '../browser/machine-spec.js';
import type { RemoteMachine } from '../browser/remote-machine.js';
import { createWorkerHost, type WorkerHost } from '../browser/worker-host.js';
import { MORE_RUNTIMES } from '../runtimes.js';
import { errorMessage, isUserError, OptionError } from '../util/errors.js';
import { GuestTerminal } from './terminal.js';

/** What the element tells, as CustomEvents. None of them bubbles. */
export interface WemuMachineEvents {
  /** The machine is made; it is about to run. */
  'wemu-ready': { readonly machine: RemoteMachine };
  /** Bytes of an image have come; `total` 0: nobody knows of how many. */
  'wemu-progress': { readonly what: string; readonly loaded: number; readonly total: number };
  'wemu-state': { readonly state: MachineState };
  'wemu-ended': { readonly reason: string; readonly exitCode: number };
  'wemu-error': { readonly error: unknown; readonly message: string };
}
export type MachineState = 'empty' | 'loading' | 'running' | 'paused' | 'ended' | 'failed';

const IMAGE_ATTRIBUTES = ['kernel', 'initrd', 'dtb', 'symbols', 'snapshot'] as const;
const TEXT_ATTRIBUTES = ['machine', 'cpu', 'memory', 'smp', 'append', 'icount'] as const;

// Its own look is as little as can be: `part`s are for the page's.
const STYLE = `
:host { display: flex; flex-direction: column; min-height: 12rem; position: relative; }
:host([hidden]) { display: none; }
[part=toolbar] { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; padding: .25rem; }
[part=status] { margin-inline-start: auto; }
[part=body] { flex: 1; position: relative; min-height: 0; }
[part=start], [part=error] { position: absolute; inset: 0; display: grid; place-content: center; text-align: center; padding: 1rem; }
[part=error] { background: Canvas; color: CanvasText; overflow-wrap: anywhere; }
[hidden] { display: none !important; }
button { font: inherit; }`;

const TEMPLATE = `<style>${STYLE}</style>
<div part="toolbar" role="toolbar" aria-label="Machine">
  <slot name="toolbar"></slot>
  <button part="button pause" hidden></button>
  <button part="button reset" hidden>Reset</button>
  <span part="status" role="status"></span>
</div>
<div part="body">
  <slot name="terminal"></slot>
  <div part="start"><slot><p>A virtual machine. Nothing is loaded before it is started.</p></slot><p><button part="button run">Start</button></p></div>
  <div part="error" role="alert" hidden></div>
</div>`;

/** One host for all elements of a page that name the same engine. */
const hosts = new Map<string, Promise<WorkerHost>>();

/** Engines of other targets lie beside it. */
function hostOf(engine: string): Promise<WorkerHost> {
  let host = hosts.get(engine);
  if (!host) {
    const engines = Object.fromEntries(MORE_RUNTIMES.map((name) => [name, new URL(`${name}.wasm`, engine)]));
    host = createWorkerHost({ wasm: engine, engines });
    hosts.set(engine, host);
    host.catch(() => hosts.delete(engine)); // another try may go better
  }
  return host;
}

export class WemuMachineElement extends HTMLElement {
  /** A host of the page's own, in the place of one for `engine`. */
  host: WorkerHost | undefined;
  /** More options than attributes can say: drives, devices, files of the user's. */
  spec: Partial<MachineSpec> = {};
  #machine: RemoteMachine | undefined;
  #terminal: GuestTerminal | undefined;
  #automation: Automation | undefined;
  #state: MachineState = 'empty';
  /** Goes up with each start and close: what an earlier one still waits for is of no use then. */
  #turn = 0;

  constructor() {
    super();
    // An attribute of ours, a method of every element: what React and Vue assign is the attribute.
    Object.defineProperty(this, 'append', {
      get: () => super.append,
      set: (text: unknown) => (text == null ? this.removeAttribute('append') : this.setAttribute('append', `${text}`)),
    });
    this.attachShadow({ mode: 'open' }).innerHTML = TEMPLATE;
    this.#part('run').addEventListener('click', () => void this.start());
    this.#part('reset').addEventListener('click', () => void this.#machine?.reset());
    this.#part('pause').addEventListener('click', () => void (this.#state === 'paused' ? this.resume() : this.pause()));
  }

  connectedCallback(): void {
    if (this.hasAttribute('autostart') && this.#state === 'empty') void this.start();
  }
  /** It may only have been moved. */
  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (!this.isConnected) void this.close();
    });
  }

  /** What it does. */
  get state(): MachineState {
    return this.#state;
  }
  /** The machine, for all that this element has no method for. */
  get machine(): RemoteMachine | undefined {
    return this.#machine;
  }
  /** The attribute: React and Vue set what an element has as a property, and there are two things of this name. */
  set machine(board: string) {
    this.setAttribute('machine', board);
  }
  get terminal(): GuestTerminal | undefined {
    return this.#terminal;
  }
  /** Waits for text, types, takes screenshots. @throws Error before it was started */
  get automation(): Automation {
    if (!this.#automation) throw new Error('the machine has not been started');
    return this.#automation;
  }

  /** Loads and runs it; resolves when it runs. What goes wrong is shown, told by `wemu-error`, and not thrown. */
  async start(): Promise<void> {
    await this.close();
    const turn = ++this.#turn;
    this.#become('loading');
    try {
      const engine = this.getAttribute('engine') ?? 'wemu.wasm';
      const host = this.host ?? (await hostOf(new URL(engine, document.baseURI).href));
      const box = this.#terminalBox();
      const terminal = await GuestTerminal.open(box, {
        label: this.getAttribute('aria-label') ?? 'Console of the machine',
        dark: this.#isDark(),
      });
      if (turn !== this.#turn) return terminal.close();
      this.#terminal = terminal;
      const machine = await host.create(this.#options(), (what, loaded, total) => this.#progress(what, loaded, total));
      if (turn !== this.#turn) return void machine.close();
      this.#machine = machine;
      this.#joined(machine, terminal);
      this.#tell('wemu-ready', { machine });
      this.#become('running');
      machine.run().then(
        ({ reason, exitCode }) => turn === this.#turn && this.#ended(reason, exitCode),
        (error: unknown) => turn === this.#turn && this.#failed(error),
      );
    } catch (error) {
      if (turn === this.#turn) this.#failed(error);
    }
  }

  async pause(): Promise<void> {
    await this.#machine?.pause();
  }
  async resume(): Promise<void> {
    await this.#machine?.resume();
  }
  async reset(): Promise<void> {
    await this.#machine?.reset();
  }
  type(text: string): void {
    this.#machine?.type(text);
  }
  /** A snapshot as a file; `load` takes it, here and on Node. @throws Error before it was started */
  save(): Promise<Blob> {
    if (!this.#machine) return Promise.reject(new Error('the machine has not been started'));
    return this.#machine.save();
  }
  async load(snapshot: Blob | string): Promise<void> {
    await this.#machine?.load(snapshot);
  }

  /** Gives the machine back; `start` makes another. */
  async close(): Promise<void> {
    this.#turn++;
    const [machine, terminal, automation] = [this.#machine, this.#terminal, this.#automation];
    this.#machine = this.#terminal = this.#automation = undefined;
    automation?.close();
    terminal?.close();
    this.querySelector(':scope > [slot=terminal]')?.remove();
    await machine?.close();
    this.#become('empty');
  }

  #options(): MachineSpec {
    const spec: Record<string, unknown> = {};
    for (const name of TEXT_ATTRIBUTES) if (this.hasAttribute(name)) spec[name] = this.getAttribute(name);
    for (const name of IMAGE_ATTRIBUTES) if (this.hasAttribute(name)) spec[name] = this.#url(name);
    const bios = this.getAttribute('bios');
    if (bios !== null) spec['bios'] = bios === 'none' ? { builtin: 'none' } : this.#url('bios');
    const drive = this.getAttribute('drive');
    if (drive !== null) spec['drives'] = [{ source: this.#url('drive') }];
    const backend = this.getAttribute('backend');
    if (backend !== null && backend !== 'tci' && backend !== 'wasm')
      throw new OptionError(`invalid value '${backend}'`, 'backend', "'tci' or 'wasm'");
    if (backend !== null) spec['engine'] = { backend };
    return { ...spec, ...this.spec };
  }
  #url(attribute: string): string {
    return new URL(this.getAttribute(attribute)!, document.baseURI).href;
  }

  #joined(machine: RemoteMachine, terminal: GuestTerminal): void {
    const line = {
      onOutput: (listener: (bytes: Uint8Array) => void) => machine.onOutput(listener),
      type: (bytes: Uint8Array) => machine.type(bytes),
    };
    terminal.join(line);
    this.#automation = new Automation(machine, { screen: terminal.terminal, fed: true });
    machine.onEvent(({ event }) => {
      if (event === 'STOP' && this.#state === 'running') this.#become('paused');
      if (event === 'RESUME') this.#become('running');
    });
  }

  #terminalBox(): HTMLElement {
    const box = document.createElement('div');
    box.slot = 'terminal';
    box.style.cssText = 'block-size: 100%; inline-size: 100%; position: absolute; inset: 0';
    this.append(box);
    return box;
  }
  #isDark(): boolean {
    return matchMedia('(prefers-color-scheme: dark)').matches;
  }

  #ended(reason: string, exitCode: number): void {
    this.#become('ended');
    this.#status(`ended: ${reason}`);
    this.#tell('wemu-ended', { reason, exitCode });
  }
  #failed(error: unknown): void {
    const message = isUserError(error) ? error.message : `an error of wemu: ${errorMessage(error)}`;
    this.#become('failed');
    this.#part('error').textContent = message;
    this.#tell('wemu-error', { error, message });
  }
  #progress(what: string, loaded: number, total: number): void {
    this.#status(`loading ${what}${total > 0 ? `: ${Math.round((100 * loaded) / total)} %` : ''}`);
    this.#tell('wemu-progress', { what, loaded, total });
  }

  #become(state: MachineState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.setAttribute('state', state);
    const has = (...states: MachineState[]): boolean => states.includes(state);
    this.#part('start').hidden = !has('empty');
    this.#part('error').hidden = !has('failed');
    this.#part('pause').hidden = this.#part('reset').hidden = !has('running', 'paused');
    this.#part('pause').textContent = state === 'paused' ? 'Resume' : 'Pause';
    this.#status(state === 'empty' ? '' : state);
    this.#tell('wemu-state', { state });
  }
  #status(text: string): void {
    this.#part('status').textContent = text;
  }
  #part(name: string): HTMLElement {
    return this.shadowRoot!.querySelector(`[part~=${name}]`)!;
  }
  #tell<Name extends keyof WemuMachineEvents>(name: Name, detail: WemuMachineEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
