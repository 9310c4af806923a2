import type { DrillHost } from '#cli/drill/drill';
import { peakMegabytes } from '#compose/drills/drill-bed';
import type { FreshView } from '#compose/fresh-views';
import type { EventLog } from '#log/event-log';
import type { ProjectionDigest } from '#projections/projection';
import { rebuildView } from '#projections/rebuild-view';

interface Comparison {
  readonly name: string;
  readonly fresh: FreshView;
  readonly log: EventLog;
  /** What it must come to, and where. */
  readonly wanted: ProjectionDigest;
}

/** Rebuilds a view up to one position and notes whether it is what it must be. Gives whether it is. */
export async function compareView(host: DrillHost, comparison: Comparison): Promise<boolean> {
  const { name, fresh, log, wanted } = comparison;
  const { projection, batchMax } = fresh;
  const { signal } = host;
  const upTo = wanted.position;
  let found = '';
  try {
    const begun = performance.now();
    await host.step(`rebuild ${name}`, async (show) => {
      const { digest } = await rebuildView({
        projection,
        log,
        upTo,
        batchMax,
        signal,
        onProgress: (position) => show(position, upTo),
      });
      found = digest;
      return `${upTo} events of ${log.name} in ${seconds(begun)} s`;
    });
    host.figure(`rate of ${name}`, (upTo * 1_000) / (performance.now() - begun), 'events/s');
    host.figure(`peak memory up to ${name}`, peakMegabytes(), 'MB');
  } finally {
    await projection.close();
  }
  const isEqual = found === wanted.digest;
  const detail = isEqual
    ? `${found} at position ${upTo}`
    : `at position ${upTo} it is ${wanted.digest}, and the log comes to ${found}`;
  host.check(`${name} is what the log says`, isEqual, detail);
  return isEqual;
}

function seconds(begun: number): string {
  return ((performance.now() - begun) / 1_000).toFixed(1);
}
