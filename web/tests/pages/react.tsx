/** @jsxImportSource react */
/** The element as React 19 takes custom elements: attributes as attributes, `spec` as a property, events by their names. */
import '@xterm/xterm/css/xterm.css';
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import type { WemuMachineElement, WemuMachineEvents } from '../../../src/element/index.js';
import '../../../src/element/index.js';

type Heard<Name extends keyof WemuMachineEvents> = (event: CustomEvent<WemuMachineEvents[Name]>) => void;
interface MachineProps extends DetailedHTMLProps<HTMLAttributes<WemuMachineElement>, WemuMachineElement> {
  engine?: string;
  machine?: string;
  memory?: string;
  bios?: string;
  kernel?: string;
  append?: string;
  spec?: WemuMachineElement['spec'];
  'onwemu-state'?: Heard<'wemu-state'>;
  'onwemu-ended'?: Heard<'wemu-ended'>;
}
declare module 'react' {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace JSX {
    interface IntrinsicElements {
      'wemu-machine': MachineProps;
    }
  }
}

function Page() {
  const [append, setAppend] = useState('run=fib');
  const [state, setState] = useState('');
  const [ending, setEnding] = useState('');
  const [isShown, setShown] = useState(true);
  return (
    <>
      {isShown && (
        <wemu-machine
          engine="wemu.wasm"
          machine="virt"
          bios="none"
          kernel="guests/embedded.elf"
          append={append}
          spec={{ memory: '96M' }}
          onwemu-state={({ detail }) => setState(detail.state)}
          onwemu-ended={({ detail }) => setEnding(`${append}: ${detail.reason}, ${detail.exitCode}`)}
          style={{ blockSize: '20rem' }}
        >
          <p>A machine in React.</p>
        </wemu-machine>
      )}
      <p id="state">{state}</p>
      <p id="ending">{ending}</p>
      <button id="other" onClick={() => setAppend('run=int')}>
        Another kernel
      </button>
      <button id="away" onClick={() => setShown(false)}>
        Away with it
      </button>
    </>
  );
}
createRoot(document.getElementById('app')!).render(<Page />);
