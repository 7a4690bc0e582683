/** The head of a log: which machine it is of, by what it was made from. */
import { ReplayError } from '../util/errors.js';

/** As it was asked for, and what of the host is in it from the start. */
export interface ReplayHead {
  /** Version of wemu: the same instruction may take another way in another one. */
  readonly wemu: string;
  /** What the machine was made from, by the options' names; texts as they were written. */
  readonly options: Readonly<Record<string, string>>;
  /** Character devices of the guest's, by their ids, in the order of their numbers in the log. */
  readonly ports: readonly string[];
  /** Wall clock, ms since 1970 UTC, at guest time 0. */
  readonly rtcBaseMs: number;
}

/** @throws ReplayError if it is none */
export function readHead(value: unknown): ReplayHead {
  const head = value as Partial<ReplayHead> | null;
  const isText = (each: unknown): boolean => typeof each === 'string';
  const isFine =
    typeof head === 'object' &&
    head !== null &&
    isText(head.wemu) &&
    typeof head.options === 'object' &&
    head.options !== null &&
    Object.values(head.options).every(isText) &&
    Array.isArray(head.ports) &&
    head.ports.every(isText) &&
    Number.isFinite(head.rtcBaseMs);
  if (!isFine) throw new ReplayError('the log is damaged: its head');
  return head as ReplayHead;
}

/** @throws ReplayError if the log is of another machine than this */
export function checkHead(head: ReplayHead, own: ReplayHead): void {
  const refuse = (what: string): never => {
    throw new ReplayError(`the log does not fit: ${what}`);
  };
  if (head.wemu !== own.wemu) refuse(`it was recorded by wemu ${head.wemu}, this is ${own.wemu}`);
  for (const name of new Set([...Object.keys(head.options), ...Object.keys(own.options)])) {
    const [theirs, ours] = [head.options[name], own.options[name]];
    const said = (value: string | undefined): string => (value === undefined ? 'none' : `'${value}'`);
    if (theirs !== ours) refuse(`${name}: it was recorded with ${said(theirs)}, this machine has ${said(ours)}`);
  }
  if (head.ports.join('\n') !== own.ports.join('\n'))
    refuse(`it has the character devices ${head.ports.join(', ') || '(none)'}, this machine ${own.ports.join(', ') || '(none)'}`);
}
