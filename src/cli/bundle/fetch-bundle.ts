import { ResponseError } from '#api-client/errors';
import { type BundleCache, type CachedName, isSameRelease } from '#cli/bundle/bundle-cache';
import { type BundleAlert, type BundleStatus, metadataOf } from '#cli/bundle/bundle-status';
import { isTag, type ReleaseFiles, type ReleaseManifest } from '#cli/bundle/release-format';
import { DamagedRelease, downloadRelease, findRelease } from '#cli/bundle/release-store';
import type { VerifyingKey } from '#cli/bundle/signing-key';
import { verifyRelease } from '#cli/bundle/verify-release';
import { describeError, isAway } from '#cli/command/exit-code';
import type { RegistryClient } from '#cli/remote/registry-client';

export interface FetchOptions {
  readonly client: RegistryClient;
  readonly cache: BundleCache;
  readonly keys: readonly VerifyingKey[];
  readonly tenant: string;
  readonly environment: string;
  /** A tag or an alias. */
  readonly name: string;
  /** The tag to use when the named release cannot be had or is refused. */
  readonly fallbackTag?: string;
  /** After how long what is cached is no longer used while the registry is away. */
  readonly ageMsMax: number;
  readonly nowMs: () => number;
}

type Download =
  | { readonly kind: 'verified'; readonly files: ReleaseFiles; readonly manifest: ReleaseManifest }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'away'; readonly reason: string };

/** A clock that is set back must not make a release fresh for ever. */
const CLOCK_SKEW_MS = 300_000;

/**
 * Brings a release to where it is used. What does not verify is never written and never used; while the registry is away the
 * last release that verified is used, as long as it is not too old.
 */
export async function fetchBundle(options: FetchOptions): Promise<BundleStatus> {
  const got = await download(options, options.name);
  switch (got.kind) {
    case 'verified':
      return (await refusedAsOlder(options, got.manifest)) ?? (await load(options, got));
    case 'away':
      return await fromCache(options, got.reason);
    case 'missing':
    case 'refused':
      return await refused(options, got);
    default:
      return got satisfies never;
  }
}

async function load(
  { cache, tenant, environment, name, nowMs }: FetchOptions,
  { files, manifest }: Extract<Download, { kind: 'verified' }>,
): Promise<BundleStatus> {
  const { tag } = manifest;
  const place = { tenant, environment, tag };
  const cachedAt = new Date(nowMs()).toISOString();
  const before = await cache.read(place);
  if (before === undefined || !isSameRelease(before, files)) await cache.write(place, files);
  await cache.remember({ ref: { tenant, environment, name }, tag, cachedAt });
  const metadata = metadataOf(manifest, cachedAt);
  const folder = cache.folderOf(place);
  return { status: 'loaded', metadata, folder, alerts: [], usingFallback: false };
}

/**
 * An alias only moves forward. One that names an older release than before was turned back by somebody who cannot sign, with
 * a release that was good once.
 */
async function refusedAsOlder(
  options: FetchOptions,
  { position, createdAt, tag }: ReleaseManifest,
): Promise<BundleStatus | undefined> {
  if (isTag(options.name)) return undefined;
  const before = (await cached(options, await recall(options)))?.manifest;
  if (before === undefined) return undefined;
  const isOlder = position < before.position && createdAt < before.createdAt;
  if (!isOlder) return undefined;
  const reason = `${options.name} names ${tag} of position ${position}, and named ${before.tag} of position ${before.position} before`;
  return await refused(options, { kind: 'refused', reason });
}

async function fromCache(options: FetchOptions, reason: string): Promise<BundleStatus> {
  const { cache, tenant, environment, ageMsMax, nowMs } = options;
  const away: BundleAlert = {
    severity: 'warning',
    message: `The registry is away: ${reason}`,
    remediation: 'look at the registry; the release from before is used meanwhile',
  };
  const known = await recall(options);
  const found = await cached(options, known);
  if (known === undefined || found === undefined) {
    const fallback = await useFallbackTag(options, away);
    const alerts = [
      { ...away, severity: 'critical', remediation: 'look at the registry' } as const,
    ];
    return fallback ?? { status: 'download_error', alerts, usingFallback: false };
  }
  const { cachedAt } = known;
  const metadata = metadataOf(found.manifest, cachedAt);
  const ageMs = nowMs() - Date.parse(cachedAt);
  if (ageMs > ageMsMax || ageMs < -CLOCK_SKEW_MS) {
    const message = `The release from before is too old: the registry was last asked at ${cachedAt}`;
    const remediation = 'bring the registry back, or allow more by --max-age-hours';
    const alerts = [away, { severity: 'critical', message, remediation } as const];
    return { status: 'stale', metadata, alerts, usingFallback: true };
  }
  const folder = cache.folderOf({ tenant, environment, tag: known.tag });
  return { status: 'using_fallback', metadata, folder, alerts: [away], usingFallback: true };
}

async function refused(
  options: FetchOptions,
  { kind, reason }: { readonly kind: 'refused' | 'missing'; readonly reason: string },
): Promise<BundleStatus> {
  const isMissing = kind === 'missing';
  const alert: BundleAlert = {
    severity: 'critical',
    message: isMissing ? reason : `Release ${options.name} is refused: ${reason}`,
    remediation: isMissing
      ? 'release a bundle first: contract bundle release'
      : 'find out who has changed it; pin a release that is known to be good by --tag or --fallback-tag',
  };
  const fallback = await useFallbackTag(options, alert);
  const status = isMissing ? 'not_loaded' : 'verification_failed';
  return fallback ?? { status, alerts: [alert], usingFallback: false };
}

/** Uses the release that was named for the worst case: what is cached of it, else what the registry has. */
async function useFallbackTag(
  options: FetchOptions,
  alert: BundleAlert,
): Promise<BundleStatus | undefined> {
  const { fallbackTag: tag, cache, tenant, environment } = options;
  if (tag === undefined || tag === options.name) return undefined;
  const ref = { tenant, environment, name: tag };
  const known = await cache.recall(ref);
  const found = await cached(options, known ?? { ref, tag, cachedAt: '' });
  const used = { status: 'using_fallback', alerts: [alert], usingFallback: true } as const;
  if (found !== undefined) {
    const cachedAt = known?.cachedAt ?? new Date(options.nowMs()).toISOString();
    const folder = cache.folderOf({ tenant, environment, tag });
    return { ...used, metadata: metadataOf(found.manifest, cachedAt), folder };
  }
  const got = await download(options, tag);
  if (got.kind !== 'verified') return undefined;
  return { ...(await load({ ...options, name: tag }, got)), ...used };
}

async function recall({
  cache,
  tenant,
  environment,
  name,
}: FetchOptions): Promise<CachedName | undefined> {
  return await cache.recall({ tenant, environment, name });
}

/** Reads a release from the cache, and verifies it as if it came from anywhere. */
async function cached(
  { cache, keys, tenant, environment }: FetchOptions,
  known: CachedName | undefined,
): Promise<{ readonly manifest: ReleaseManifest } | undefined> {
  if (known === undefined) return undefined;
  const place = { tenant, environment, tag: known.tag };
  const files = await cache.read(place);
  if (files === undefined) return undefined;
  const verdict = verifyRelease(files, keys, place);
  return verdict.kind === 'verified' ? verdict : undefined;
}

async function download(
  { client, keys, tenant, environment }: FetchOptions,
  name: string,
): Promise<Download> {
  try {
    const stored = await findRelease(client, name);
    if (stored === undefined)
      return { kind: 'missing', reason: `There is no release ${name} in ${tenant}/${environment}` };
    const files = await downloadRelease(client, stored);
    const expected = { tenant, environment, ...(isTag(name) ? { tag: name } : {}) };
    const verdict = verifyRelease(files, keys, expected);
    return verdict.kind === 'refused' ? verdict : { ...verdict, files };
  } catch (error) {
    if (error instanceof DamagedRelease) return { kind: 'refused', reason: error.message };
    const isStranger = error instanceof ResponseError && error.problem.code === undefined;
    if (isAway(error) || isStranger) return { kind: 'away', reason: describeError(error) };
    throw error;
  }
}
