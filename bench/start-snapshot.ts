import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDatasets } from '#bench/fill';
import { type Bench, type BenchRow, median, startRegistryProgram } from '#bench/harness';
import { startBenchNats } from '#bench/nats';
import { systemClock } from '#flow/clock';
import { provisionStreams } from '#log/provision';

const EVENTS = 1_000_000;
const DATASETS = 100_000;
const ROUNDS = 3;
const READY_MS_MAX = 5_000;
const POLL_MS = 200;
const TAKEN_WAIT_MS = 300_000;

/** Waits until a folder holds a snapshot of the catalog; gives the bytes of its files. */
async function untilTaken(folder: string): Promise<number> {
  const snapshots = join(folder, 'snapshots', 'catalog');
  for (let waited = 0; waited < TAKEN_WAIT_MS; waited += POLL_MS) {
    const names = existsSync(snapshots) ? readdirSync(snapshots) : [];
    if (names.some((name) => name.endsWith('.json')))
      return names.reduce((sum, name) => sum + statSync(join(snapshots, name)).size, 0);
    await systemClock.sleep(POLL_MS);
  }
  throw new Error('No snapshot was taken');
}

function row(what: string, values: readonly number[], beside: string): BenchRow {
  const value = median(values);
  const limit = { atMost: READY_MS_MAX };
  return { what, measured: `${value.toFixed(0)} ms`, beside, value, limit, detail: { values } };
}

/** A new reader with a long log behind it: from a snapshot in its store, beside one that builds its views. */
export const startSnapshotBench: Bench = {
  name: 'start-snapshot',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      await using nats = await startBenchNats({ syncAlways: false });
      await provisionStreams(nats.broker.jsm, { replicas: 1 });
      await fillDatasets(nats.broker.nc, { datasets: DATASETS, events: EVENTS });
      const shared = { NATS_URL: nats.url, ATLAS_AUDIT_ANCHORS: 'none' };
      const start = async (data: string, snapshots: 'on' | 'off', role = 'reader') => {
        const env = { ...shared, ATLAS_SNAPSHOTS: snapshots, ATLAS_ROLE: role };
        return await startRegistryProgram({
          ...env,
          ATLAS_DATA_DIR: join(folder, data),
          ATLAS_MANIFEST_FILES_PER_SECOND: '0',
          ATLAS_STORE_CATALOG_MS: '0',
        });
      };
      let bytes = 0;
      {
        await using _hub = await start('hub', 'on', 'projector');
        bytes = await untilTaken(join(folder, 'hub', 'store'));
      }
      const measure = async (data: string, snapshots: 'on' | 'off'): Promise<number> => {
        if (snapshots === 'on')
          cpSync(join(folder, 'hub/store/snapshots'), join(folder, data, 'store/snapshots'), {
            recursive: true,
          });
        const began = systemClock.monotonicMs();
        await using _reader = await start(data, snapshots);
        return systemClock.monotonicMs() - began;
      };
      const [from, without]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        from.push(await measure(`from-${round}`, 'on'));
        without.push(await measure(`without-${round}`, 'off'));
        for (const which of ['from', 'without'])
          rmSync(join(folder, `${which}-${round}`), { recursive: true, force: true });
      }
      const megabytes = (bytes / 1_000_000).toFixed(0);
      const beside = `${median(without).toFixed(0)} ms without (${without.map((ms) => ms.toFixed(0)).join(', ')}); the snapshot has ${megabytes} MB`;
      return [
        row(`New reader with ${EVENTS} events behind it, ready from a snapshot`, from, beside),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
