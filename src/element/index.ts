/** `wemu/element`: defines `<wemu-machine>`. */
import { WemuMachineElement, type WemuMachineEvents } from './wemu-machine.js';

export { WemuMachineElement, type MachineState, type WemuMachineEvents } from './wemu-machine.js';
export { GuestTerminal, type TerminalLine, type TerminalOptions } from './terminal.js';

declare global {
  interface HTMLElementTagNameMap {
    'wemu-machine': WemuMachineElement;
  }
  interface HTMLElementEventMap {
    'wemu-ready': CustomEvent<WemuMachineEvents['wemu-ready']>;
    'wemu-progress': CustomEvent<WemuMachineEvents['wemu-progress']>;
    'wemu-state': CustomEvent<WemuMachineEvents['wemu-state']>;
    'wemu-ended': CustomEvent<WemuMachineEvents['wemu-ended']>;
    'wemu-error': CustomEvent<WemuMachineEvents['wemu-error']>;
  }
}

if (!customElements.get('wemu-machine')) customElements.define('wemu-machine', WemuMachineElement);
