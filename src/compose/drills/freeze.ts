import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Drill, DrillHost } from '#cli/drill/drill';
import { openReset } from '#compose/reset-views';
import { ScratchBroker } from '#compose/scratch/scratch-broker';
import { until } from '#compose/scratch/scratch-process';
import { ScratchRegistry } from '#compose/scratch/scratch-registry';

const WRITES = 20;
const INTERVAL_MS = 8_000;
/** The connection to the broker is renewed first. */
const RECONNECT_MS = 3_000;
const FROZEN_MS_MAX = INTERVAL_MS + RECONNECT_MS;

/** Puts an old copy of a broker back under a registry that has seen more. */
export const FREEZE: Drill = {
  name: 'freeze',
  summary: 'Put an old copy of the broker back: writes must freeze, reads go on as stale.',
  about: `Starts a broker and a registry of its own in a temporary folder; the registry of the settings is not touched. Writes,
keeps a copy of the broker's folder, writes more, stops the broker, puts the copy back and starts it: the registry must
be frozen within ${INTERVAL_MS / 1_000} s (ATLAS_LOG_CHECK_MS of the drill) and the time to connect again, and take writes again after
"views reset".`,
  options: [],
  async run(host) {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-drill-'));
    try {
      await using broker = await ScratchBroker.open(host.config, join(folder, 'nats'), host.signal);
      await rehearse(host, broker, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function rehearse(host: DrillHost, broker: ScratchBroker, folder: string): Promise<void> {
  const data = join(folder, 'registry');
  const env = { NATS_URL: broker.url, ATLAS_LOG_CHECK_MS: String(INTERVAL_MS) };
  const at = { signal: host.signal, config: host.config };
  const copy = join(folder, 'copy');
  {
    await using registry = await ScratchRegistry.open(data, env, at);
    await host.step('write, copy the stopped broker, write more', async () => {
      await write(registry, 'before', WRITES);
      await broker.stop();
      broker.copyTo(copy);
      await broker.start();
      await write(registry, 'after', WRITES);
      return `${WRITES} events in the copy, ${WRITES} behind it`;
    });
    await broker.stop();
    broker.putBack(copy);
    await host.step('put the copy back and wait until the node is frozen', async () => {
      await broker.start();
      const begun = performance.now();
      const limits = { timeoutMs: FROZEN_MS_MAX * 3, signal: host.signal };
      const reason = await until('writes are frozen', async () => frozenBy(registry), limits);
      const seconds = (performance.now() - begun) / 1_000;
      host.figure('from the moment the old broker answers to FROZEN', seconds, 's');
      host.check(
        'frozen within the interval and a reconnect',
        seconds * 1_000 <= FROZEN_MS_MAX,
        `${seconds.toFixed(1)} s (want at most ${FROZEN_MS_MAX / 1_000})`,
      );
      return reason;
    });
    await checkFrozen(host, registry);
  }
  await host.step('views reset', async () => {
    const options = { postgres: false, bucket: false };
    const config = { ...host.config, dataDir: data };
    const reset = await openReset(config, host.logger, options);
    for (const { remove } of reset.items) await remove();
    await reset.release();
    return reset.items.map(({ text }) => text).join('; ');
  });
  await using again = await ScratchRegistry.open(data, env, at);
  const written = await again.post('/registry/datasets', datasetOf('again/0'));
  host.check('writes go on', written.status === 201, `${written.status} ${written.text}`);
  const known = await again.get('/registry/datasets/before/0');
  host.check('what the old log holds is there', known.status === 200, String(known.status));
  const lost = await again.get('/registry/datasets/after/0');
  host.check('what it does not hold is not', lost.status === 404, String(lost.status));
}

async function checkFrozen(host: DrillHost, registry: ScratchRegistry): Promise<void> {
  const write = await registry.post('/registry/datasets', datasetOf('frozen/0'));
  host.check(
    'writes are refused with the reason and the way back',
    write.status === 503 && write.json['code'] === 'FROZEN' && /views reset/.test(write.text),
    `${write.status} ${String(write.json['detail'])}`,
  );
  for (const path of ['/registry/datasets/after/0', '/catalog', '/registry/datasets/before/0']) {
    const read = await registry.get(path);
    const stale = read.headers.get('Atlas-Stale');
    const caching = read.headers.get('Cache-Control');
    host.check(
      `GET ${path} goes on, marked as stale`,
      read.status === 200 && stale === 'FROZEN' && caching === 'no-store',
      `${read.status}, Atlas-Stale: ${stale}, Cache-Control: ${caching}`,
    );
  }
  const ready = await registry.get('/readyz');
  const names = ready.status === 503 && /views reset/.test(ready.text);
  host.check('/readyz says so', names, `${ready.status} ${ready.text.slice(0, 400)}`);
}

/** Asks with a write what the registry thinks of its log; gives the reason when it is frozen. */
async function frozenBy(registry: ScratchRegistry): Promise<string | undefined> {
  const { json } = await registry.post('/registry/datasets', datasetOf('before/0'));
  return json['code'] === 'FROZEN' ? String(json['detail']) : undefined;
}

async function write(registry: ScratchRegistry, prefix: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const answer = await registry.post('/registry/datasets', datasetOf(`${prefix}/${index}`));
    if (answer.status !== 201) throw new Error(`A write answered ${answer.status} ${answer.text}`);
  }
}

function datasetOf(name: string): object {
  return { name, schema_fingerprint: 'sha256:drill' };
}
