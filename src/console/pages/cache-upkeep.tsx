import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, type Problem } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';
import { ProblemNote } from '#console/parts/notes';
import { bytesText, countText } from '#console/parts/words';

interface CachePart {
  readonly sha256: string;
  readonly datasets: readonly string[];
}

interface Verified {
  readonly checked_count: number;
  readonly bytes: number;
  readonly damaged: readonly CachePart[];
  readonly unread: readonly CachePart[];
  readonly next_cursor?: string;
}

interface Evicted {
  readonly evicted_count: number;
  readonly has_more?: true;
  readonly bytes: number;
  readonly kept: readonly (CachePart & { readonly because: string })[];
}

export interface CacheUpkeepProps {
  /** Whose files are meant. Default: all that this node keeps. */
  readonly dataset?: string;
  /** How many files there are: without any, there is nothing to do. */
  readonly count: number;
  /** Called when files may have changed. */
  readonly again: () => void;
}

type Work = 'none' | 'verify' | 'evict';

/** What came of the work, and what ended it before it was whole. */
interface Outcome {
  readonly said?: string;
  readonly problem?: Problem;
}

/** Reads cached files again, and lets go of them. */
export function CacheUpkeep({ dataset, count, again }: CacheUpkeepProps) {
  const [running, setRunning] = useState<Work>('none');
  const [isAsking, setIsAsking] = useState(false);
  const [said, setSaid] = useState<string | undefined>();
  const [problem, setProblem] = useState<Problem | undefined>();
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);
  const run = (kind: Work, work: (signal: AbortSignal) => Promise<Outcome>): void => {
    const { signal } = left.current;
    setRunning(kind);
    setIsAsking(false);
    setSaid(undefined);
    setProblem(undefined);
    void work(signal)
      .catch((error: unknown) => ({ problem: problemFrom(error) }))
      .then((outcome: Outcome) => {
        if (signal.aborted) return;
        setSaid(outcome.said);
        setProblem(outcome.problem);
        setRunning('none');
        again();
      });
  };
  const isBusy = running !== 'none';
  return (
    <>
      {count > 0 && (
        <p class="row">
          <button
            type="button"
            disabled={isBusy}
            onClick={() => run('verify', async (signal) => await verify(dataset, signal))}
          >
            {running === 'verify' ? 'Reading…' : 'Check against their digests'}
          </button>
          {isAsking ? (
            <>
              <button
                type="button"
                class="primary"
                onClick={() => run('evict', async (signal) => await evict(dataset, signal))}
              >
                Remove what nobody uses: the next query downloads it again
              </button>
              <button type="button" onClick={() => setIsAsking(false)}>
                Keep them
              </button>
            </>
          ) : (
            <button type="button" disabled={isBusy} onClick={() => setIsAsking(true)}>
              Remove from this node
            </button>
          )}
        </p>
      )}
      <div role="status">{said !== undefined && <p class="note">{said}</p>}</div>
      {problem !== undefined && <ProblemNote problem={problem} />}
    </>
  );
}

interface Sum {
  readonly count: number;
  readonly bytes: number;
  readonly damaged: number;
  readonly unread: number;
}

/** Reads all files that are meant, in as many requests as it takes. What was found before a refusal is kept. */
async function verify(dataset: string | undefined, signal: AbortSignal): Promise<Outcome> {
  let sum: Sum = { count: 0, bytes: 0, damaged: 0, unread: 0 };
  let cursor: string | undefined;
  try {
    do {
      const body = { dataset, cursor };
      const found = await ask<Verified>('/registry/cache/verify', { method: 'POST', body, signal });
      sum = {
        count: sum.count + found.checked_count,
        bytes: sum.bytes + found.bytes,
        damaged: sum.damaged + found.damaged.length,
        unread: sum.unread + found.unread.length,
      };
      cursor = found.next_cursor;
    } while (cursor !== undefined);
  } catch (error) {
    const problem = problemFrom(error);
    return sum.count === 0 ? { problem } : { problem, said: `Not whole: ${verifiedText(sum)}` };
  }
  return { said: verifiedText(sum) };
}

function verifiedText({ count, bytes, damaged, unread }: Sum): string {
  const damage =
    damaged === 0
      ? 'All are as they should be.'
      : `${filesText(damaged)} damaged: out of service, and downloaded again.`;
  const rest = unread === 0 ? '' : ` ${filesText(unread)} could not be read.`;
  return `${filesText(count)} checked, ${bytesText(bytes)}. ${damage}${rest}`;
}

async function evict(dataset: string | undefined, signal: AbortSignal): Promise<Outcome> {
  const body = dataset === undefined ? { unused: true } : { dataset };
  const found = await ask<Evicted>('/registry/cache/evict', { method: 'POST', body, signal });
  const { evicted_count: count, bytes, kept } = found;
  const reasons = [...new Set(kept.map(({ because }) => because))].join(', ');
  const stayed = kept.length === 0 ? '' : ` ${filesText(kept.length)} stayed: ${reasons}.`;
  const rest = found.has_more === true ? ' There was no time for the rest: remove again.' : '';
  return {
    said: `${filesText(count)} removed, ${bytesText(bytes)} are free again.${stayed}${rest}`,
  };
}

function filesText(count: number): string {
  return `${countText(count)} ${count === 1 ? 'file' : 'files'}`;
}
