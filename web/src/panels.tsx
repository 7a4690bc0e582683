import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from './problems.js';

export function ProblemPanel({ problem, dismiss }: { problem: Problem; dismiss: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [problem]);
  return (
    <div class="panel problem" role="alert">
      <h2 tabIndex={-1} ref={heading}>
        {problem.title}
      </h2>
      <p class="message">{problem.message}</p>
      <p>{problem.help}</p>
      <button onClick={dismiss}>Dismiss</button>
    </div>
  );
}

const mib = (bytes: number): string => (bytes / (1 << 20)).toFixed(1);

interface ProgressProps {
  readonly progress: ReadonlyMap<string, { readonly loaded: number; readonly total: number }>;
  readonly cancel: () => void;
}

export function ProgressPanel({ progress, cancel }: ProgressProps) {
  return (
    <div class="panel" aria-live="polite">
      <h2>Loading</h2>
      {[...progress].map(([what, { loaded, total }]) => (
        <label key={what} class="progress">
          <span>
            {what}: {mib(loaded)} {total > 0 ? `of ${mib(total)} ` : ''}MiB
          </span>
          <progress value={total > 0 ? loaded : undefined} max={total > 0 ? total : undefined} />
        </label>
      ))}
      <button onClick={cancel}>Cancel</button>
    </div>
  );
}
