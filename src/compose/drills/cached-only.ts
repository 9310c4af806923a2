import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Drill } from '#cli/drill/drill';
import { genesOf, openScratchPair, warm } from '#compose/scratch/scratch-pair';

/** Starts a node in cached-only mode without its source. */
export const CACHED_ONLY: Drill = {
  name: 'cached-only',
  summary: 'Start a node without its source: what is cached must answer, and nobody be asked.',
  about: `Starts two registries of its own in a temporary folder; the registry of the settings is not touched. One loads the
bundled examples, the other caches them, is stopped, and starts again with ATLAS_CACHED_ONLY_MODE=true while the first
is gone and its port counts who connects.`,
  options: [],
  async run(host) {
    await using pair = await openScratchPair(host);
    const { datasets, port } = pair;
    const answers = new Map<string, string>();
    await host.step('warm the cache', async (show) => {
      const reader = await pair.startReader();
      for (const [index, dataset] of datasets.entries()) {
        answers.set(dataset.name, await warm(reader, dataset, host.signal));
        show(index + 1, datasets.length, dataset.name);
      }
      await reader.stop();
      return `${datasets.length} datasets`;
    });
    await pair.hub.stop();
    let connections = 0;
    const counter = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    counter.listen(port, '127.0.0.1');
    await once(counter, 'listening');
    try {
      const begun = performance.now();
      const reader = await pair.startReader({ ATLAS_CACHED_ONLY_MODE: 'true' });
      host.figure('start without the source', (performance.now() - begun) / 1_000, 's');
      for (const dataset of datasets) {
        const { status, text, json, ms } = await reader.get(genesOf(dataset));
        const isRight = text === answers.get(dataset.name) && json['artifact'] === dataset.sha256;
        const is = `${status} in ${ms.toFixed(0)} ms, artifact ${String(json['artifact'])}`;
        host.check(`${dataset.name} answers as before`, status === 200 && isRight, is);
      }
      host.check('nobody was asked', connections === 0, `${connections} connections to the source`);
    } finally {
      counter.close();
    }
  },
};
