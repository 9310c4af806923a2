import type { Drill } from '#cli/drill/drill';
import { Postgres } from '#clients/postgres';
import type { Cluster } from '#cluster/cluster';
import { ViewWatch } from '#cluster/view-watch';
import {
  measured,
  onScratchCluster,
  type ScratchCluster,
  untilWritten,
  WRITES_PER_SECOND,
} from '#compose/drills/scratch-cluster';
import { systemClock } from '#flow/clock';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';

const SIZE = { brokers: 3, writers: 2, readers: 2, projectors: 2 };
const LOOK_MS = 20;
const KV_VALUE_BYTES_MAX = 1_000_000;
const VIEW_BACK_MS = 30_000;

/** Loses projectors and a writer. */
export const FAILOVER: Drill = {
  name: 'failover',
  summary: 'Lose projectors and a writer of a cluster of its own, and measure what stands still.',
  about: `Starts a cluster of its own in a temporary folder: 3 brokers, 2 writers, 2 readers, 2 projectors. While clients write
${WRITES_PER_SECOND} times a second it kills one projector, then both, then a writer. What stands still is looked at where nodes share a
view: in Postgres with --postgres, else in the bucket of contracts, whose checkpoint moves once a second. Touches nothing of the
registry that the settings name.`,
  options: [
    { flags: '--postgres', description: 'with a Postgres of its own, where one is installed' },
  ],
  run: async (host) => {
    await onScratchCluster(host, SIZE, async (scratch) => {
      const shared = await sharedView(scratch.cluster);
      const view = new ViewWatch({ position: shared.position, intervalMs: LOOK_MS });
      try {
        await oneProjector(scratch, view);
        await bothProjectors(scratch, view);
        await oneWriter(scratch);
      } finally {
        await view.close();
        await shared.close();
      }
    });
  },
};

async function oneProjector(scratch: ScratchCluster, view: ViewWatch): Promise<void> {
  const { cluster, host } = scratch;
  await untilShown(scratch, view);
  await host.step('kill -9 of one of two projectors', async () => {
    view.gap.take();
    cluster.kill('projector-1', 'SIGKILL');
    await cluster.ended('projector-1');
    await untilShown(scratch, view);
    const ms = view.gap.take();
    host.figure('shared view stood still: one of two projectors killed', ms, 'ms');
    return `projector-2 went on; the shared view stood still for ${Math.round(ms)} ms`;
  });
}

async function bothProjectors(scratch: ScratchCluster, view: ViewWatch): Promise<void> {
  const { cluster, host } = scratch;
  await host.step('kill -9 of the last projector, and start of another', async () => {
    view.gap.take();
    cluster.kill('projector-2', 'SIGKILL');
    await cluster.ended('projector-2');
    await untilWritten(scratch, WRITES_PER_SECOND);
    await cluster.start('projector-1');
    await untilShown(scratch, view);
    const ms = view.gap.take();
    host.figure('shared view stood still: no projector until one was started', ms, 'ms');
    await cluster.start('projector-2');
    return `writes went on; projector-1 took up behind its checkpoint, the shared view stood still for ${Math.round(ms)} ms`;
  });
}

async function oneWriter(scratch: ScratchCluster): Promise<void> {
  const { cluster } = scratch;
  await measured(scratch, 'kill -9 of one of two writers', async () => {
    cluster.kill('writer-1', 'SIGKILL');
    await cluster.ended('writer-1');
    await untilWritten(scratch, WRITES_PER_SECOND);
    return 'clients went on with writer-2, with the keys of what had no answer';
  });
  await scratch.host.step('bring writer-1 back', async () => {
    await cluster.start('writer-1');
    return 'it is ready';
  });
}

/** Waits until the shared view shows what is acknowledged now. */
async function untilShown({ writer, host }: ScratchCluster, view: ViewWatch): Promise<void> {
  const wanted = Math.max(
    0,
    ...writer.acknowledged.slice(-WRITES_PER_SECOND).map((w) => w.position),
  );
  const deadline = systemClock.monotonicMs() + VIEW_BACK_MS;
  while (view.position < wanted) {
    host.signal.throwIfAborted();
    if (systemClock.monotonicMs() > deadline)
      throw new Error(
        `Cannot go on: the shared view is at ${view.position} after ${VIEW_BACK_MS / 1_000} s (want ${wanted})`,
      );
    await systemClock.sleep(LOOK_MS);
  }
}

/** Opens a view that nodes share, to see how far it is. */
async function sharedView(cluster: Cluster): Promise<{
  readonly position: () => Promise<number>;
  readonly close: () => Promise<void>;
}> {
  const { databaseUrl, replicas } = cluster.plan;
  if (databaseUrl === undefined) {
    const { js, jsm } = await cluster.connect();
    const place = { js, jsm, bucket: 'contracts', replicas };
    const bucket = new ContractKv({ ...place, valueBytesMax: KV_VALUE_BYTES_MAX });
    return { position: async () => (await bucket.open()).position, close: () => bucket.close() };
  }
  const postgres = new Postgres({
    url: databaseUrl,
    connectionsMax: 1,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 2_000,
    onIdleError: () => undefined,
  });
  const documents = new PostgresDocuments(postgres);
  return {
    position: async () => (await documents.open()).position,
    close: () => postgres.close(),
  };
}
