import { useCallback, useEffect, useState } from 'preact/hooks';
import { ask, asker, type Problem, Refusal, reader, scope } from '#console/api/ask';

/** What has come of a question. While it is asked again, the last answer stays. */
export type Answer<T> =
  | { readonly state: 'waiting' }
  | { readonly state: 'shown'; readonly value: T }
  | { readonly state: 'failed'; readonly problem: Problem };

interface Kept<T> {
  /** The question that it answers. */
  readonly of?: string;
  readonly answer: Answer<T>;
}

/** Asks the registry whenever the path changes; `undefined` asks nothing. Also gives a way to ask again. */
export function useAnswer<T>(path: string | undefined): readonly [Answer<T>, () => void] {
  const [turn, setTurn] = useState(0);
  const [kept, setKept] = useState<Kept<T>>(NOTHING);
  const who = asker.value;
  // What another reader was told, or what there is in another scope, is no answer.
  const question = [reader.value, scope.value, path].join('\n');
  useEffect(() => {
    if (path === undefined) return undefined;
    const aborted = new AbortController();
    ask<T>(path, { signal: aborted.signal }).then(
      (value) => setKept({ of: question, answer: { state: 'shown', value } }),
      (error: unknown) => {
        const problem = problemFrom(error);
        // Whoever has to log in again finds the page, and what was typed there, as it was.
        if (aborted.signal.aborted || problem.status === 401) return;
        setKept({ of: question, answer: { state: 'failed', problem } });
      },
    );
    return () => aborted.abort();
  }, [path, turn, question, who]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  return [kept.of === question ? kept.answer : WAITING, again];
}

/** Gives the problem behind whatever was thrown. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { status: 0, title: 'The console has failed', detail, code: 'CONSOLE' };
}

const WAITING = { state: 'waiting' } as const;
const NOTHING = { answer: WAITING } as const;
