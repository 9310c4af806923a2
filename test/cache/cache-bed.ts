import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheEvent } from '#cache/cache-event';
import { DatasetCache } from '#cache/dataset-cache';
import type { CacheLimits, DatasetCacheOptions } from '#cache/dataset-cache-options';
import type { ServedDataset } from '#cache/served-dataset';
import { type Sha256, sha256Of } from '#domain/digest';
import { DEFAULT_SCOPE, scopeKey } from '#domain/scope';
import type { Clock } from '#flow/clock';
import { KeyedRetryBudgets, RetryBudget } from '#flow/retry-budget';
import { Semaphore } from '#flow/semaphore';
import type { StoreEntry } from '#stores/catalog-document';
import { parseFakeScript } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { artifactPath } from '#stores/layout';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import { FakeClock } from '#test/support/fake-clock';
import { StoreFolder } from '#test/support/store-folder';
import { tempFolder } from '#test/support/temp';

export type CacheOverrides = Partial<Omit<DatasetCacheOptions, 'limits'>> & {
  readonly limits?: Partial<CacheLimits>;
};

const LIMITS: CacheLimits = {
  bytesMax: 1_000_000,
  highPct: 90,
  lowPct: 75,
  datasetsMax: 8,
  openShardsMax: 16,
  idleTtlMs: 1_800_000,
  sweepMs: 30_000,
};

/** A store in a folder, a clock, and caches that use them. */
export class CacheBed {
  readonly #temporary = tempFolder();
  readonly #caches: DatasetCache[] = [];
  readonly clock = new FakeClock();
  readonly folder = new StoreFolder(join(this.#temporary.path, 'store'));
  readonly events: CacheEvent[] = [];
  readonly forgotten: Sha256[] = [];
  readonly found = new Map<string, ServedDataset>();
  root = join(this.#temporary.path, 'cache');

  /** A store that meets such steps when artifacts are fetched. */
  store(steps: readonly object[] = [], clock: Clock = this.clock): FakeStore {
    const content = new LocalfsStore({ source: 'far', root: this.folder.path });
    const script = parseFakeScript(JSON.stringify({ artifact: steps }));
    return new FakeStore({ source: 'far', content, script, clock });
  }

  /** A cache that tries every download once, unless told otherwise. */
  make({ limits, ...overrides }: CacheOverrides = {}): DatasetCache {
    const clock = overrides.clock ?? this.clock;
    const budget = { capacity: 100, refillPerSecond: 1, clock };
    const cache = new DatasetCache({
      root: this.root,
      store: this.store(),
      clock,
      downloads: new Semaphore({ permits: 3, waitingMax: 100, clock }),
      retries: {
        clock,
        attemptsMax: 1,
        baseMs: 1,
        capMs: 2,
        budgets: [new RetryBudget(budget)],
      },
      budgetOf: (dataset) => new KeyedRetryBudgets({ ...budget, keysMax: 100 }).of(dataset),
      limits: { ...LIMITS, ...limits },
      pinned: new Set(),
      cachedOnly: false,
      continueAfterTimeout: true,
      quarantine: { failuresMax: 3, quarantineMs: 300_000 },
      breaker: { failuresMax: 100, openMs: 30_000 },
      scrub: { intervalMs: 300_000, bytesPerSecond: 1e12 },
      warmup: { names: [], limit: 8, jitterMaxMs: 0, seed: 'node-1', isFatal: false },
      find: async (_scope, name) => this.found.get(name),
      onForget: async (sha256) => void this.forgotten.push(sha256),
      onEvent: (event) => void this.events.push(event),
      ...overrides,
    });
    this.#caches.push(cache);
    return cache;
  }

  /** Makes a cache and starts it. */
  async started(overrides: CacheOverrides = {}): Promise<DatasetCache> {
    const cache = this.make(overrides);
    await cache.start();
    return cache;
  }

  /** Publishes a dataset; `find` knows it from then on. */
  dataset(name: string, bytes: Uint8Array): ServedDataset {
    return this.served(this.folder.add(name, bytes));
  }

  served(entry: StoreEntry, objects: ServedDataset['objects'] = []): ServedDataset {
    const { name, artifact } = entry;
    const scope = scopeKey(DEFAULT_SCOPE);
    const served = { scope, name, entry, objects: [artifact, ...objects], tables: [] };
    this.found.set(name, served);
    return served;
  }

  /** Writes a further object into the store. */
  object(key: string, bytes: Uint8Array): ServedDataset['objects'][number] {
    const sha256 = sha256Of(bytes);
    this.folder.write(artifactPath(sha256), bytes);
    return { key, sha256, bytes: bytes.length };
  }

  /** The names of all files under the cache, temporary ones too, without the claims. */
  filesThere(): string[] {
    const options = { recursive: true, withFileTypes: true, encoding: 'utf8' } as const;
    return readdirSync(this.root, options)
      .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(this.root, 'claims')))
      .map(({ name }) => name)
      .toSorted();
  }

  pathOf(sha256: Sha256): string {
    return join(this.root, artifactPath(sha256));
  }

  /** Changes one byte of a file on the disk. */
  flip(sha256: Sha256, at = 0): void {
    const bytes = readFileSync(this.pathOf(sha256));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(this.pathOf(sha256), bytes);
  }

  /** The events of a kind. */
  told(kind: CacheEvent['kind']): CacheEvent[] {
    return this.events.filter((event) => event.kind === kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cache of this.#caches) await cache.close();
    this.#temporary[Symbol.dispose]();
  }
}

/** The digest of a dataset's artifact. */
export function shaOf({ entry }: ServedDataset): Sha256 {
  return entry.artifact.sha256;
}
