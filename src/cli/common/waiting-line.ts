/** What the user waits for, on the terminal: shown when it takes long, gone when it is over. */

/** ms that nobody minds. */
const QUIET_MS = 2000;

export interface WaitingLine {
  /** It is over; once is enough. */
  readonly end: () => void;
}

/** Nothing is shown where standard error is no terminal. */
export function waitingLine(text: string, stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr): WaitingLine {
  if (!stream.isTTY) return { end: () => {} };
  let isShown = false;
  const timer = setTimeout(() => {
    isShown = true;
    stream.write(text);
  }, QUIET_MS);
  const end = (): void => {
    clearTimeout(timer);
    if (isShown) stream.write('\r\x1b[K');
    isShown = false;
  };
  return { end };
}
