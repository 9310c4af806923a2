import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDatasets } from '#bench/fill';
import { type Bench, load, residentBytes, startRegistryProgram } from '#bench/harness';
import { startBenchNats } from '#bench/nats';
import { provisionStreams } from '#log/provision';

const DATASETS = 100_000;
const SECONDS = 5;
const MEGABYTE = 1_000_000;

/** Resident memory of a read node that has built a catalog of many datasets and has answered reads of it. */
export const memoryBench: Bench = {
  name: 'memory',
  async run() {
    await using nats = await startBenchNats({ syncAlways: false });
    await provisionStreams(nats.broker.jsm, { replicas: 1 });
    await fillDatasets(nats.broker.nc, { datasets: DATASETS, events: DATASETS });
    const data = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      await using reader = await startRegistryProgram({
        NATS_URL: nats.url,
        ATLAS_DATA_DIR: data,
        ATLAS_ROLE: 'reader',
      });
      const afterBuild = residentBytes(reader.pid);
      const next = (index: number): { method: 'GET'; path: string } => {
        const number = String((index * 7_919) % DATASETS).padStart(8, '0');
        return { method: 'GET', path: `/registry/datasets/bench/d${number}/x` };
      };
      const { perSecond, errors } = await load({
        url: reader.url,
        connections: 32,
        seconds: SECONDS,
        next,
      });
      const afterReads = residentBytes(reader.pid);
      const most = Math.max(afterBuild, afterReads) / MEGABYTE;
      return [
        {
          what: `resident memory of a read node, ${DATASETS} datasets, MB`,
          measured: `${(afterBuild / MEGABYTE).toFixed(0)} MB after the build, ${(afterReads / MEGABYTE).toFixed(0)} MB after ${SECONDS} s of reads`,
          beside: `${perSecond.toFixed(0)} reads/s of single datasets`,
          value: most,
          limit: { atMost: 300 },
          detail: { afterBuild, afterReads, perSecond, errors },
        },
      ];
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  },
};
