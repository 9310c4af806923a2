import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DrillHost } from '#cli/drill/drill';
import { compareView } from '#compose/drills/compare-view';
import { withSetup } from '#compose/drills/drill-bed';
import { freshView } from '#compose/fresh-views';
import { openStandbySides, reached } from '#compose/standby-sides';
import { type Position, toPosition } from '#domain/position';
import type { JetStreamLog } from '#log/jetstream-log';
import { parseSubject } from '#log/subjects';
import type { Config } from '#ops/config/settings';
import { rebuildView } from '#projections/rebuild-view';

interface Compared {
  readonly host: DrillHost;
  readonly config: Config;
  readonly folder: string;
}

interface What {
  /** Names that were acknowledged before the loss. */
  readonly written: ReadonlySet<string>;
  readonly promotedFrom: number;
}

/** Holds both logs against each other: equal up to where the standby was promoted, and what lies behind that is named. */
export async function compareSides(
  { host, config, folder }: Compared,
  { written, promotedFrom }: What,
): Promise<void> {
  await withSetup({ config, logger: host.logger }, async (setup) => {
    const sides = await openStandbySides(setup);
    const old = reached(sides).logs.REGISTRY;
    const now = sides.standby.logs.REGISTRY;
    const upTo = toPosition(promotedFrom);
    await compareCatalogs(host, { old, now, upTo, folder });
    const lost = await namesBehind(old, upTo, host.signal);
    const kept = await namesBehind(now, toPosition(0), host.signal);
    const missing = [...written].filter((name) => !kept.has(name));
    host.figure('acknowledged events lost', missing.length, 'events');
    const shown = missing.slice(0, 10).join(', ');
    const isUnderWrites = host.flags['underWrites'] === true;
    host.check(
      isUnderWrites ? 'what is lost is what had not been copied' : 'nothing acknowledged is lost',
      isUnderWrites ? missing.every((name) => lost.has(name)) : missing.length === 0,
      missing.length === 0 ? 'nothing is' : `${missing.length}, the old side has them: ${shown}`,
    );
  });
}

async function compareCatalogs(
  host: DrillHost,
  {
    old,
    now,
    upTo,
    folder,
  }: Record<'old' | 'now', JetStreamLog> & {
    readonly upTo: Position;
    readonly folder: string;
  },
): Promise<void> {
  const [one, other] = ['old', 'now'].map((side) => {
    const scratch = join(folder, `catalog-${side}`);
    mkdirSync(scratch);
    return freshView(host.config, { name: 'catalog' }, scratch);
  });
  if (one === undefined || other === undefined) throw new Error('There is no catalog to compare');
  const { projection, batchMax } = one;
  const { signal } = host;
  try {
    const onProgress = (): void => undefined;
    const wanted = await rebuildView({ projection, log: old, upTo, batchMax, signal, onProgress });
    await compareView(host, { name: 'catalog', fresh: other, log: now, wanted });
  } finally {
    await projection.close();
  }
}

/** The names of the datasets whose events lie behind a position. */
async function namesBehind(
  log: JetStreamLog,
  after: Position,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { last: upTo } = await log.head();
  const names = new Set<string>();
  for await (const batch of log.readStored({ after, upTo, batchMax: 500, signal }))
    for (const message of batch) names.add(parseSubject(message.subject).id);
  return names;
}
