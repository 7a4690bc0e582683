/** An option or property that the user gave is wrong: what, where, and what would be right. Shown as one line, never with a stack. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  constructor(
    /** What is wrong, e.g. `invalid value 'x'`. */
    readonly what: string,
    /** Where it was said, e.g. `-device foo,bar=x` or `foo.bar`. */
    readonly where?: string,
    /** What would be accepted. */
    readonly expected?: string,
    /** That it is about, of an object. */
    readonly property?: string,
  ) {
    super(`${where ? `${where}: ` : ''}${what}${expected ? ` (expected ${expected})` : ''}`);
  }

  /** The same complaint, said about `where`. */
  at(where: string, property = this.property): OptionError {
    return new OptionError(this.what, this.where ? `${where}: ${this.where}` : where, this.expected, property);
  }
}

/** A CPU model that the target does not have: another may. */
export class UnknownCpuModel extends OptionError {
  constructor(
    readonly model: string,
    suggestion: string,
    where?: string,
    expected?: string,
  ) {
    super(`unable to find CPU model '${model}'${suggestion}`, where, expected);
  }
}

/** The guest did something that the hardware does not define. Logged under `-d guest_errors`; it never reaches the host. */
export class GuestError extends Error {
  override readonly name = 'GuestError';
}

/** A device answers an access with a bus error: the guest's access ends in MemTxResult.Error. */
export class BusError extends Error {
  override readonly name = 'BusError';
}

/** An image (kernel, firmware, device tree, snapshot) cannot be used: one clear line. */
export class LoaderError extends Error {
  override readonly name = 'LoaderError';
}

/** The host cannot do what a running machine needs of it (its disk is full): the run is over. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** One whose message has lines: it ends in a table. What a user gave is in none of them. */
export class ReportError extends HostError {}

/** A snapshot stream does not fit this machine. */
export class VmStateError extends Error {
  override readonly name = 'VmStateError';
}

/** There is no such snapshot, or nowhere to keep one, or not now. The words are QEMU's where it has some. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** A log of a recorded run cannot be replayed, or does not fit what is run. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/** Page tables have more entries than anybody wants to see. */
export class TooManyMappings extends Error {
  override readonly name = 'TooManyMappings';
}

/** A plugin asks for what it cannot have, or has thrown. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
}

/** Whether `error` is meant for the user's eyes as one line, not a bug. */
export function isUserError(error: unknown): error is Error {
  return [OptionError, LoaderError, HostError, VmStateError, SnapshotError, ReplayError, TooManyMappings, PluginError].some(
    (kind) => error instanceof kind,
  );
}

/** What was thrown, in words: not all that is thrown is an Error (Firefox throws the string 'out of memory'). */
export function errorMessage(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) || error.name : String(error);
  } catch {
    return 'something was thrown that has no text'; // by somebody else's code
  }
}
