/** Compares what the monitor tells of a board with what QEMU tells of its own, fact by fact (tree-facts.ts). */
import { spawn } from 'node:child_process';
import { expect } from 'vitest';

export interface Tree {
  readonly command: string;
  /** `qomTree` is what `info qom-tree` says of the same machine. */
  readonly facts: (text: string, qomTree: string) => string[];
  readonly qemu: readonly string[];
  /** What only QEMU (-) or only wemu (+) has, and why. */
  readonly differences: readonly (readonly [side: '-' | '+', what: RegExp, why: string])[];
}

/** What of `a` is not in `b`; what is there twice counts twice. */
function without(a: readonly string[], b: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const fact of b) left.set(fact, (left.get(fact) ?? 0) + 1);
  return a.filter((fact) => {
    const count = left.get(fact) ?? 0;
    left.set(fact, count - 1);
    return count <= 0;
  });
}

/** Nothing differs but what is said to, and all of that does. */
export function expectSameTree(own: readonly string[], { qemu, differences }: Tree): void {
  expect(own.length).toBeGreaterThan(20);
  const found = { '-': without(qemu, own), '+': without(own, qemu) };
  for (const side of ['-', '+'] as const) {
    const known = differences.filter(([where]) => where === side);
    expect(found[side].filter((fact) => !known.some(([, what]) => what.test(fact)))).toEqual([]);
    for (const [, what, why] of known)
      expect(
        found[side].some((fact) => what.test(fact)),
        why,
      ).toBe(true);
  }
}

/** What its monitor prints. It is not told to quit before: what it has not written by then is lost. */
export function qemuSays(program: readonly string[], options: string, command: string): Promise<string> {
  const child = spawn(program[0], [...program.slice(1), ...`${options} -S -display none -serial null -monitor stdio`.split(' ')]);
  child.stdin.write(`${command}\n`);
  return new Promise((resolve, reject) => {
    let text = '';
    child.on('error', reject).on('exit', () => reject(new Error(text)));
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      const [, answer, end] = text.replaceAll('\r', '').split('(qemu) ');
      if (end === undefined) return;
      resolve(answer.replace(/^.*\n/, ''));
      child.stdout.removeAllListeners('data').resume();
      child.stdin.end('quit\n');
    });
  });
}
