import type { Cluster } from '#cluster/cluster';
import { openStream } from '#cluster/read-back';
import { compareKeptViews } from '#compose/drills/compare-kept-views';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import type { ProjectionDigest } from '#projections/projection';

/** The views of a cluster beside the same views made from its log alone. */
export interface ComparedViews {
  readonly compared: number;
  /** Each says which view of whom differs, and how. */
  readonly differences: readonly string[];
}

const CAUGHT_UP_MS = 30_000;
const POLL_MS = 50;

/**
 * Compares every view that a cluster keeps with one that is made from position 1 of its log. Stops the nodes; brokers and
 * Postgres go on.
 */
export async function compareViews(cluster: Cluster, scratch: string): Promise<ComparedViews> {
  const broker = await cluster.connect();
  const logs = { REGISTRY: openStream(broker, 'REGISTRY'), JOBS: openStream(broker, 'JOBS') };
  await untilCaughtUp(cluster, logs);
  const members = cluster.members.filter(({ role }) => role !== 'broker' && role !== 'postgres');
  await Promise.all(members.map(async ({ name }) => cluster.stop(name)));
  const nodes = members.map(({ name, folder }) => ({ name, dataFolder: folder }));
  const { databaseUrl, replicas } = cluster.plan;
  const shared = { broker, logs, replicas, databaseUrl };
  const kept = { nodes, ...shared, scratch, rebuildMsMax: CAUGHT_UP_MS };
  const compared = await compareKeptViews(kept);
  const differences = compared
    .map(({ where, found, wanted }) => ({ where, found: shown(found), wanted: shown(wanted) }))
    .filter(({ found, wanted }) => found !== wanted)
    .map(({ where, found, wanted }) => `${where}: ${found} (want ${wanted})`);
  return { compared: compared.length, differences };
}

function shown({ digest, position }: ProjectionDigest): string {
  return `${digest} at ${position}`;
}

/** Waits until every node has applied what the log holds; what nodes share is kept by the projectors. */
async function untilCaughtUp(
  cluster: Cluster,
  logs: Readonly<Record<'REGISTRY' | 'JOBS', EventLog>>,
): Promise<void> {
  const [registry, jobs] = [(await logs.REGISTRY.head()).last, (await logs.JOBS.head()).last];
  const deadline = systemClock.monotonicMs() + CAUGHT_UP_MS;
  for (const { url, role, pid, name } of cluster.members) {
    if (pid === undefined || role === 'broker' || role === 'postgres') continue;
    for (;;) {
      const behind = (await partsOf(url)).filter(({ name: part, position }) => {
        if (position === undefined || (role !== 'projector' && part !== 'catalog')) return false;
        if (part.startsWith('audit') || part.startsWith('manifest')) return false;
        return position < (part === 'job-runs' ? jobs : registry);
      });
      if (behind.length === 0) break;
      if (systemClock.monotonicMs() > deadline)
        throw new Error(
          `Cannot compare the views of ${name}: ${behind.map((part) => `${part.name} is at ${part.position}`).join(', ')} (want ${registry} of datasets and contracts, ${jobs} of job runs)`,
        );
      await systemClock.sleep(POLL_MS);
    }
  }
}

interface ReadyPart {
  readonly name: string;
  readonly position?: number;
}

async function partsOf(url: string): Promise<readonly ReadyPart[]> {
  const response = await fetch(`${url}/readyz`);
  return ((await response.json()) as { readonly parts: readonly ReadyPart[] }).parts;
}
