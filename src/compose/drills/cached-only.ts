import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Drill, DrillHost } from '#cli/drill/drill';
import type { ScratchDataset } from '#compose/scratch/scratch-genes';
import { countOf, openScratchPair, type ScratchPair, warm } from '#compose/scratch/scratch-pair';

/** Starts a node in cached-only mode without its source. */
export const CACHED_ONLY: Drill = {
  name: 'cached-only',
  summary: 'Start a node without its source: what is cached must answer, and nobody be asked.',
  about: `Starts two registries of its own in a temporary folder; the registry of the settings is not touched. The first has
three small datasets. The second caches two of them, is stopped, and starts again with ATLAS_CACHED_ONLY_MODE=true
while the first is gone and its port counts who connects.`,
  options: [],
  async run(host) {
    await using pair = await openScratchPair(host, ['first', 'second', 'uncached']);
    const [first, second, uncached] = pair.datasets;
    if (first === undefined || second === undefined || uncached === undefined) return;
    const cached = [first, second];
    const answers = new Map<string, string>();
    await host.step('warm the cache', async (show) => {
      const reader = await pair.startReader();
      for (const [index, dataset] of cached.entries()) {
        answers.set(dataset.name, await warm(reader, dataset, host.signal));
        show(index + 1, cached.length, dataset.name);
      }
      await reader.stop();
      return cached.map(({ name }) => name).join(', ');
    });
    await pair.hub.stop();
    await withoutSource(host, pair, { cached, uncached, answers });
  },
};

interface Known {
  readonly cached: readonly ScratchDataset[];
  readonly uncached: ScratchDataset;
  /** The right answers, by the names of the datasets. */
  readonly answers: ReadonlyMap<string, string>;
}

async function withoutSource(
  host: DrillHost,
  pair: ScratchPair,
  { cached, uncached, answers }: Known,
): Promise<void> {
  let connections = 0;
  const counter = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  counter.listen(pair.port, '127.0.0.1');
  await once(counter, 'listening');
  try {
    const begun = performance.now();
    const reader = await pair.startReader({ ATLAS_CACHED_ONLY_MODE: 'true' });
    host.figure('start without the source', (performance.now() - begun) / 1_000, 's');
    for (const dataset of cached) {
      const { status, text, json, ms } = await reader.get(countOf(dataset));
      const isRight = text === answers.get(dataset.name) && json['artifact'] === dataset.sha256;
      const is = `${status} in ${ms.toFixed(0)} ms, artifact ${String(json['artifact'])}`;
      host.check(`${dataset.name} answers as before`, status === 200 && isRight, is);
    }
    const { status, json } = await reader.get(countOf(uncached));
    const code = String(json['code']);
    const is = `${status} ${code}`;
    host.check('what is not cached is refused', status === 503 && code === 'NOT_CACHED', is);
    host.check('nobody was asked', connections === 0, `${connections} connections to the source`);
  } finally {
    counter.close();
  }
}
