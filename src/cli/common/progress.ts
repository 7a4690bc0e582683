/** Progress of downloads on a terminal: a bar where somebody looks, a line a step where not. */
import type { SingleBar } from 'cli-progress';
import type { FetchProgress } from '../../node/guest/apt.js';
import { tell } from '../../node/messages.js';

export async function terminalProgress(): Promise<FetchProgress> {
  if (!process.stderr.isTTY) {
    return {
      start: (what) => tell(`fetching ${what}`),
      update: () => {},
      stop: () => {},
    };
  }
  const { Presets, SingleBar } = await import('cli-progress');
  let bar: SingleBar | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    start: (what) => {
      stop();
      bar = new SingleBar({ format: `{bar} {percentage}%  ${what}`, stream: process.stderr, hideCursor: true }, Presets.shades_classic);
      bar.start(100, 0);
    },
    update: (percent) => bar?.update(Math.round(percent)),
    stop,
  };
}
