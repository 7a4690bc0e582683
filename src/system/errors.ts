/** It cannot be done in the state that the machine is in, or never with this machine. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

/** What a request names is not there. */
export class NotFoundError extends ControlError {}
