import type { Drill, DrillHost } from '#cli/drill/drill';
import { countOf, openScratchPair, type ScratchPair, warm } from '#compose/scratch/scratch-pair';
import { until } from '#compose/scratch/scratch-process';
import type { ScratchRegistry } from '#compose/scratch/scratch-registry';

const BREAKER_MS = '2000';
const ANSWER_MS_MAX = 5_000;
const OPEN_MS = 20_000;
const RECOVER_MS = 30_000;

/** Takes the source of a running node away and gives it back. */
export const STORE_LOSS: Drill = {
  name: 'store-loss',
  summary:
    'Take the store away under a node: what is cached answers, the rest fails fast, and it recovers.',
  about: `Starts two registries of its own in a temporary folder; the registry of the settings is not touched. The first has
two small datasets. The second caches one of them; then the first is stopped, and started again. Its circuits are
open for ${BREAKER_MS} ms (ATLAS_STORE_BREAKER_OPEN_MS and ATLAS_DATASET_BREAKER_OPEN_MS of the drill).`,
  options: [],
  async run(host) {
    await using pair = await openScratchPair(host, ['cached', 'uncached']);
    const [cached, uncached] = pair.datasets;
    if (cached === undefined || uncached === undefined) return;
    const reader = await pair.startReader({
      ATLAS_DATASET_BREAKER_OPEN_MS: BREAKER_MS,
      ATLAS_STORE_BREAKER_OPEN_MS: BREAKER_MS,
    });
    const right = await warm(reader, cached, host.signal);
    await pair.hub.stop();
    await host.step('the store is away', async () => {
      const known = await reader.get(countOf(cached));
      const is = `${known.status} in ${known.ms.toFixed(0)} ms`;
      host.check('what is cached answers as before', known.text === right, is);
      let slowestMs = 0;
      const statuses = new Set<number>();
      for (let round = 0; round < 8; round += 1) {
        const { status, ms } = await reader.get(countOf(uncached));
        slowestMs = Math.max(slowestMs, ms);
        statuses.add(status);
      }
      host.figure('slowest answer for a dataset that is not cached', slowestMs, 'ms');
      const seen = [...statuses].join(', ');
      host.check('the rest is 503', seen === '503', seen);
      host.check('and fast', slowestMs <= ANSWER_MS_MAX, `${slowestMs.toFixed(0)} ms`);
      const circuit = await circuitUntil(reader, 'open', { host, timeoutMs: OPEN_MS });
      return `8 requests, circuit ${circuit}`;
    });
    await recover(host, pair, reader);
  },
};

async function recover(host: DrillHost, pair: ScratchPair, reader: ScratchRegistry): Promise<void> {
  const [, uncached] = pair.datasets;
  if (uncached === undefined) return;
  await pair.startHub();
  await host.step('the store is back', async () => {
    const begun = performance.now();
    const limits = { timeoutMs: RECOVER_MS, signal: host.signal };
    const answer = await until(
      'the dataset answers',
      async () => {
        const found = await reader.get(countOf(uncached));
        return found.status === 200 ? found : undefined;
      },
      limits,
    );
    host.figure(
      'until a dataset that is not cached answers',
      (performance.now() - begun) / 1_000,
      's',
    );
    const isRight = answer.json['artifact'] === uncached.sha256;
    host.check('with the right digest', isRight, String(answer.json['artifact']));
    return `circuit ${await circuitUntil(reader, 'closed', { host, timeoutMs: RECOVER_MS })}`;
  });
}

async function circuitUntil(
  reader: ScratchRegistry,
  wanted: string,
  { host, timeoutMs }: { readonly host: DrillHost; readonly timeoutMs: number },
): Promise<string> {
  return await until(
    `the circuit of the source is ${wanted}`,
    async () => {
      const { json } = await reader.get('/debug/registry-health');
      const [source] = json['sources'] as { circuit: string }[];
      return source?.circuit === wanted ? wanted : undefined;
    },
    { timeoutMs, signal: host.signal },
  );
}
