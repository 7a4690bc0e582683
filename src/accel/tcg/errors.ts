/** The engine could not be set up, or found itself in a state that is its own fault. */
export class TcgError extends Error {
  override readonly name = 'TcgError';
}
