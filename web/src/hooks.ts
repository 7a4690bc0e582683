import { useEffect, useReducer, useState } from 'preact/hooks';
import type { Session } from './session.js';

/** Draws again when the session changes, once a frame at most. */
export function useSession(session: Session): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let frame = 0;
    const remove = session.onChange(() => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw(undefined);
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      remove();
    };
  }, [session]);
}

/** What `ask` says, again and again while `live`; what it throws is kept as its text. */
export function useAsked<T>(
  ask: () => Promise<T> | undefined,
  live: boolean,
  everyMs: number,
  dependencies: readonly unknown[],
): { readonly value: T | undefined; readonly error: string | undefined; readonly again: () => void } {
  const [answer, setAnswer] = useState<{ value?: T; error?: string }>({});
  const [turn, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let isOver = false;
    let timer = 0;
    const next = async (): Promise<void> => {
      try {
        const value = await ask();
        if (!isOver) setAnswer({ value });
      } catch (error) {
        if (!isOver) setAnswer({ error: error instanceof Error ? error.message : String(error) });
      }
      if (!isOver && live) timer = window.setTimeout(() => void next(), everyMs);
    };
    void next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [live, everyMs, turn, ...dependencies]);
  return { value: answer.value, error: answer.error, again: () => again(undefined) };
}

/** Whether the page is to be dark: the person's choice, or the system's. */
export function useDark(): boolean {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const changed = (): void => setDark(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return dark;
}
