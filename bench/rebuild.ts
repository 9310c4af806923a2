import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDatasets } from '#bench/fill';
import { type Bench, median } from '#bench/harness';
import { bareConsumer, openBenchLog, startBenchNats } from '#bench/nats';
import { BATCH_MAX, project } from '#bench/project';
import { provisionStreams } from '#log/provision';
import { CatalogProjection } from '#projections/catalog/catalog-projection';

const EVENTS = 1_000_000;
const DATASETS = 100_000;
const ROUNDS = 3;

/** The catalog built from position 1, against an ordered consumer of the client that only counts. */
export const rebuildBench: Bench = {
  name: 'rebuild',
  async run() {
    await using nats = await startBenchNats({ syncAlways: false });
    const { broker } = nats;
    await provisionStreams(broker.jsm, { replicas: 1 });
    await fillDatasets(broker.nc, { datasets: DATASETS, events: EVENTS });
    const log = openBenchLog(broker, 'REGISTRY');
    const [bare, eager, rebuilt]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(await bareConsumer(broker, 'REGISTRY', { messages: EVENTS }));
      eager.push(
        await bareConsumer(broker, 'REGISTRY', {
          messages: EVENTS,
          underWay: BATCH_MAX.REGISTRY,
        }),
      );
      const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
      try {
        const catalog = new CatalogProjection(join(folder, 'catalog.sqlite'));
        rebuilt.push(await project(catalog, log, EVENTS));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    log.close();
    return [
      {
        what: `catalog rebuild, ${EVENTS} events of ${DATASETS} datasets`,
        measured: `${median(rebuilt).toFixed(0)} events/s`,
        beside: `${median(bare).toFixed(0)} events/s by a bare ordered consumer that counts, as the client sets it up (${median(eager).toFixed(0)} with ${BATCH_MAX.REGISTRY} messages under way)`,
        value: median(rebuilt) / median(bare),
        limit: { atLeast: 0.4 },
        detail: { rebuilt, bare, eager },
      },
    ];
  },
};
