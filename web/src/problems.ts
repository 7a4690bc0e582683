/** What went wrong, as a person is told: what it is, and what can be done. */
import { errorMessage, isUserError, LoaderError, SnapshotError, VmStateError } from '../../src/util/errors.js';

export interface Problem {
  readonly title: string;
  readonly message: string;
  readonly help: string;
}

const BROWSERS = 'Chromium, Chrome, Edge and Firefox of the last two years run it.';

interface Kind {
  readonly is: (error: unknown, message: string) => boolean;
  readonly title: string;
  readonly help: string;
}

const KINDS: readonly Kind[] = [
  {
    is: (_, message) => /cross-origin isolated|secure pages/.test(message),
    title: 'This page has no shared memory',
    help: 'The machine and its code generator work in one memory. Browsers allow that where the server sends two headers (docs/web.md names them), or a service worker is allowed to add them: a private window may forbid it.',
  },
  { is: (_, message) => /has no (WebAssembly|workers)/.test(message), title: 'This browser cannot run it', help: BROWSERS },
  {
    is: (_, message) => /room on the disk is used up/.test(message),
    title: 'No room on the disk',
    help: 'The browser gives each site so much and no more. Delete snapshots that are kept here (the form of a new machine lists them), or download this one as a file instead.',
  },
  {
    is: (_, message) => /gives no more memory|out of memory|more than the engine's|machines are open/i.test(message),
    title: 'Too little memory',
    help: 'Choose less memory for the machine, or close other machines and pages.',
  },
  {
    is: (error) => error instanceof VmStateError || error instanceof SnapshotError,
    title: 'The snapshot cannot be used',
    help: 'It must be of the same kind of machine: the same memory, CPUs and devices as when it was saved.',
  },
  {
    is: (error) => error instanceof LoaderError,
    title: 'The image cannot be used',
    help: 'The file is damaged, or is for another kind of machine: riscv boards run Linux images, ELF files and firmware of theirs, PowerPC boards firmware.',
  },
  {
    is: (_, message) => /cannot fetch|broke off|is a page \(text\/html\)/.test(message),
    title: 'A file could not be downloaded',
    help: 'Look at its address, and whether its server lets this page have it (CORS).',
  },
];

export function problemOf(error: unknown): Problem {
  const message = errorMessage(error);
  const kind = KINDS.find(({ is }) => is(error, message));
  if (kind) return { title: kind.title, message, help: kind.help };
  if (isUserError(error))
    return { title: 'This machine cannot be made', message, help: 'Change what the message names, and start it again.' };
  return {
    title: 'Something went wrong inside of wemu',
    message,
    help: 'That should not happen. Reload the page; if it comes again, tell us how.',
  };
}
