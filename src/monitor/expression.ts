/** Numbers of the monitor's lines. */
import type { CpuState } from '../hw/core/cpu.js';

/** A command that cannot be done as it was given; its message is shown. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';
}

/** Numbers and `cpu`'s registers (`$sp`), added and subtracted: 64 bits. */
export function evaluate(text: string, cpu: CpuState | undefined): bigint {
  const bad = (): never => {
    throw new MonitorError(`invalid expression '${text}': numbers and registers ($sp), with + and -`);
  };
  let sum = 0n;
  const terms = /\s*([+-]?)\s*(0[xX][\da-fA-F]+|\d+|\$\w+)/y;
  let at = 0;
  for (const end = text.trimEnd().length; at < end; at = terms.lastIndex) {
    terms.lastIndex = at;
    const term = terms.exec(text) ?? bad();
    if (at > 0 && term[1] === '') bad();
    const number = term[2].startsWith('$') ? (cpu?.readRegister(term[2].slice(1)) ?? unknown(term[2])) : BigInt(term[2]);
    sum += term[1] === '-' ? -number : number;
  }
  return BigInt.asUintN(64, sum);
}

function unknown(register: string): never {
  throw new MonitorError(`unknown register '${register}'`);
}
