import { useState } from 'preact/hooks';
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

/** Reads cached files again, and lets go of them. */
export function CacheUpkeep({ dataset, count, again }: CacheUpkeepProps) {
  const [running, setRunning] = useState<Work>('none');
  const [isAsking, setIsAsking] = useState(false);
  const [said, setSaid] = useState<string | undefined>();
  const [problem, setProblem] = useState<Problem | undefined>();
  const run = (kind: Work, work: () => Promise<string>): void => {
    setRunning(kind);
    setIsAsking(false);
    setSaid(undefined);
    setProblem(undefined);
    void work()
      .then(setSaid, (error: unknown) => setProblem(problemFrom(error)))
      .finally(() => {
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
            onClick={() => run('verify', async () => await verify(dataset))}
          >
            {running === 'verify' ? 'Reading…' : 'Check against their digests'}
          </button>
          {isAsking ? (
            <>
              <button
                type="button"
                class="primary"
                onClick={() => run('evict', async () => await evict(dataset))}
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

/** Reads all files that are meant, in as many requests as it takes, and says what came of it. */
async function verify(dataset: string | undefined): Promise<string> {
  const sum = { count: 0, bytes: 0, damaged: 0, unread: 0 };
  let cursor: string | undefined;
  do {
    const body = {
      ...(dataset === undefined ? {} : { dataset }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const found = await ask<Verified>('/registry/cache/verify', { method: 'POST', body });
    sum.count += found.checked_count;
    sum.bytes += found.bytes;
    sum.damaged += found.damaged.length;
    sum.unread += found.unread.length;
    cursor = found.next_cursor;
  } while (cursor !== undefined);
  const damage =
    sum.damaged === 0
      ? 'All are as they should be.'
      : `${filesText(sum.damaged)} damaged: out of service, and downloaded again.`;
  const unread = sum.unread === 0 ? '' : ` ${filesText(sum.unread)} could not be read.`;
  return `${filesText(sum.count)} checked, ${bytesText(sum.bytes)}. ${damage}${unread}`;
}

async function evict(dataset: string | undefined): Promise<string> {
  const body = dataset === undefined ? { unused: true } : { dataset };
  const found = await ask<Evicted>('/registry/cache/evict', { method: 'POST', body });
  const { evicted_count: count, bytes, kept } = found;
  const reasons = [...new Set(kept.map(({ because }) => because))].join(', ');
  const stayed = kept.length === 0 ? '' : ` ${filesText(kept.length)} stayed: ${reasons}.`;
  return `${filesText(count)} removed, ${bytesText(bytes)} are free again.${stayed}`;
}

function filesText(count: number): string {
  return `${countText(count)} ${count === 1 ? 'file' : 'files'}`;
}
