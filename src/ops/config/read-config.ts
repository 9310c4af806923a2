import { quote, RegistryError } from '#domain/errors';
import { authContradictions } from '#ops/config/auth-contradictions';
import type { Setting } from '#ops/config/setting';
import { type Config, SETTINGS } from '#ops/config/settings';
import { tlsContradictions } from '#ops/config/tls-contradictions';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from an environment. An empty variable counts as absent.
 * @throws INVALID_SETTING with every problem found: values that do not fit and `ATLAS_...` names that are no setting
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];
  const config: Record<string, unknown> = { searchPath: env['PATH'] ?? '' };
  for (const [key, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const given = env[setting.env];
    const value = given === undefined || given === '' ? setting.default : given;
    const result = setting.schema.safeParse(value);
    if (result.success) config[key] = result.data;
    else
      problems.push(
        problemOf(setting, value, result.error.issues[0]?.message ?? 'it does not fit'),
      );
  }
  if (config['allowUnknownSettings'] !== true) problems.push(...unknownNames(env));
  problems.push(...contradictions(config));
  if (problems.length > 0) {
    throw new RegistryError('INVALID_SETTING', problems.join('\n'), { details: { problems } });
  }
  return config as Config;
}

/** Settings that fit each by itself and not together. */
function contradictions(config: Partial<Config>): string[] {
  const { role, natsUrl, store, s3Bucket, fakeScript, sources = [], sourcesMax } = config;
  const { standbyNatsUrl } = config;
  const problems: string[] = [];
  if (role !== undefined && role !== 'all' && natsUrl === undefined) {
    problems.push(
      `Cannot use ATLAS_ROLE=${quote(role)}: there is no NATS_URL, and a broker of its own would hold nothing (want the NATS_URL of the nodes that it belongs to)`,
    );
  }
  if (standbyNatsUrl !== undefined && standbyNatsUrl === natsUrl)
    problems.push(
      'Cannot use ATLAS_STANDBY_NATS_URL: it is the same as NATS_URL (want NATS servers in another place)',
    );
  if (store === 's3' && s3Bucket === undefined)
    problems.push('Cannot use ATLAS_STORE="s3": there is no ATLAS_S3_BUCKET (want its name)');
  if (store === 'fake' && fakeScript === undefined)
    problems.push('Cannot use ATLAS_STORE="fake": there is no ATLAS_STORE_FAKE_SCRIPT (want one)');
  if (sourcesMax !== undefined && sources.length > sourcesMax) {
    problems.push(
      `Cannot use ATLAS_REGISTRY_SOURCES: it names ${sources.length} sources (want at most ${sourcesMax}, see ATLAS_REGISTRY_MAX_SOURCES)`,
    );
  }
  return [
    ...problems,
    ...postgresWithout(config),
    ...cacheContradictions(config),
    ...unknownSources(config),
    ...authContradictions(config),
    ...tlsContradictions(config),
  ];
}

/** Stores that are to lie in a Postgres that nobody named. */
function postgresWithout(config: Partial<Config>): string[] {
  const { databaseUrl, registryStore, jobRunStore, auditAnchors } = config;
  if (databaseUrl !== undefined) return [];
  const stores = { ATLAS_REGISTRY_STORE: registryStore, ATLAS_JOB_RUN_STORE: jobRunStore };
  const anchors =
    auditAnchors?.includes('postgres') === true
      ? ['Cannot use ATLAS_AUDIT_ANCHORS="postgres": there is no DATABASE_URL (want one, or store)']
      : [];
  const views = Object.entries(stores)
    .filter(([, backend]) => backend === 'postgres')
    .map(
      ([env]) =>
        `Cannot use ${env}="postgres": there is no DATABASE_URL (want one, or sqlite or filesystem)`,
    );
  return [...views, ...anchors];
}

function cacheContradictions(config: Partial<Config>): string[] {
  const { cacheHighPct, cacheLowPct, pinnedDatasets = [], cacheDatasetsMax } = config;
  const problems: string[] = [];
  if (cacheHighPct !== undefined && cacheLowPct !== undefined && cacheLowPct >= cacheHighPct) {
    problems.push(
      `Cannot use ATLAS_CACHE_LOW_WATERMARK_PCT="${cacheLowPct}": it is not below ATLAS_CACHE_HIGH_WATERMARK_PCT (want less than ${cacheHighPct})`,
    );
  }
  if (cacheDatasetsMax !== undefined && new Set(pinnedDatasets).size > cacheDatasetsMax) {
    problems.push(
      `Cannot use ATLAS_PINNED_DATASETS: it names ${pinnedDatasets.length} datasets (want at most ${cacheDatasetsMax}, see ATLAS_MAX_DATASET_COUNT)`,
    );
  }
  return problems;
}

/** Names of sources that nobody declared: mistakes that would show as nothing happening. */
function unknownSources(config: Partial<Config>): string[] {
  const { sources = [], sourcePriority = [], sourceSignatures, sourceTokens } = config;
  const declared = new Set(sources.map(({ name }) => name));
  const used: [string, Iterable<string>][] = [
    ['ATLAS_REGISTRY_PRIORITY', sourcePriority],
    ['ATLAS_REGISTRY_SIGNATURES', sourceSignatures?.keys() ?? []],
    ['ATLAS_REGISTRY_TOKENS', sourceTokens?.keys() ?? []],
  ];
  return used.flatMap(([env, names]) =>
    [...names]
      .filter((name) => !declared.has(name))
      .map((name) => `Cannot use ${env}: there is no source ${quote(name)} (want one declared)`),
  );
}

function problemOf(
  { env, secret }: Setting<unknown>,
  value: string | undefined,
  message: string,
): string {
  const shown = secret === true ? '(hidden)' : quote(value ?? '');
  return `Cannot use ${env}=${shown}: ${message}`;
}

function unknownNames(env: Environment): string[] {
  const known = Object.values(SETTINGS).map((setting) => setting.env);
  return Object.keys(env)
    .filter((name) => name.startsWith('ATLAS_') && !known.includes(name as never))
    .toSorted()
    .map((name) => {
      const nearest = nearestOf(name, known);
      const hint =
        nearest === undefined ? 'see the README for all of them' : `did you mean ${nearest}?`;
      return `Cannot use ${name}: there is no such setting (${hint})`;
    });
}

function nearestOf(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(3, name.length / 3)
    ? best.candidate
    : undefined;
}

/** Counts insertions, deletions and replacements (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
