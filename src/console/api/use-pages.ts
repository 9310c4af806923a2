import { useEffect, useState } from 'preact/hooks';
import { ask, asker, type Problem } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';

/** A list that is read page by page, as far as the reader asked. */
export interface Pages<P> {
  readonly pages: readonly P[];
  readonly problem: Problem | undefined;
  /** Reads the next page; `undefined` where there is none. */
  readonly more: (() => void) | undefined;
  /** Begins anew. */
  readonly again: () => void;
}

interface Page {
  readonly next_cursor?: string;
}

/** Asks for the first page whenever the path changes, and for the others when they are asked for. */
export function usePages<P extends Page>(path: string): Pages<P> {
  const [pages, setPages] = useState<readonly P[]>([]);
  const [problem, setProblem] = useState<Problem | undefined>();
  const [wanted, setWanted] = useState<string | undefined>();
  const [turn, setTurn] = useState(0);
  const who = asker.value;
  useEffect(() => {
    setPages([]);
    setWanted(undefined);
  }, [path, who, turn]);
  useEffect(() => {
    const aborted = new AbortController();
    const cursor = wanted === undefined ? '' : `&cursor=${encodeURIComponent(wanted)}`;
    ask<P>(`${path}${cursor}`, { signal: aborted.signal }).then(
      (page) => {
        setProblem(undefined);
        setPages((before) => (wanted === undefined ? [page] : [...before, page]));
      },
      (error: unknown) => {
        if (!aborted.signal.aborted) setProblem(problemFrom(error));
      },
    );
    return () => aborted.abort();
  }, [path, who, turn, wanted]);
  const next = pages.at(-1)?.next_cursor;
  return {
    pages,
    problem,
    more: next === undefined ? undefined : () => setWanted(next),
    again: () => setTurn((before) => before + 1),
  };
}
