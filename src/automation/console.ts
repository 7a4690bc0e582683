/** A machine of this thread, as automation takes it: its first serial port is a Console. */
import { Chardev } from '../chardev/chardev.js';
import type { AutomatedMachine } from './automation.js';

/** The part of a Machine that is needed. */
interface LocalMachine {
  pause(): Promise<void>;
  resume(): void;
  readRegisters(cpu?: number): Record<string, bigint>;
  readMemory(address: bigint | number, size: number, cpu?: number): Uint8Array;
}

/** For `serial` of a machine's options. */
export class Console extends Chardev {
  private readonly listeners = new Set<(bytes: Uint8Array) => void>();

  constructor(id = 'console') {
    super(id, 'console');
  }
  override write(bytes: Uint8Array): void {
    for (const listener of this.listeners) listener(bytes);
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

/** A machine whose first serial port is `console`. */
export function guestOf(machine: LocalMachine, console: Console): AutomatedMachine {
  return {
    onOutput: (listener) => console.onOutput(listener),
    type: (input) => console.input(typeof input === 'string' ? new TextEncoder().encode(input) : input),
    pause: () => machine.pause(),
    resume: () => machine.resume(),
    registers: (cpu) => machine.readRegisters(cpu),
    readMemory: (address, size, cpu) => machine.readMemory(address, size, cpu),
  };
}
