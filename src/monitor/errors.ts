/** What the monitor says to a line that it cannot follow. */

/** A command that cannot be done; its message is shown. */
export class MonitorError extends Error {
  override readonly name: string = 'MonitorError';
}
/** The line does not fit the command: `help` would tell. */
export class ArgumentError extends MonitorError {
  override readonly name = 'ArgumentError';
}
