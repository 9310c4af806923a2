import pc from 'picocolors';
import type { BundleCache, CachedName, ReleasePlace } from '#cli/bundle/bundle-cache';
import {
  type BundleAlert,
  type BundleMetadata,
  type BundleStatus,
  metadataOf,
  writeStatus,
} from '#cli/bundle/bundle-status';
import { type ReleaseFiles, releaseManifestSchema, sha256Hex } from '#cli/bundle/release-format';
import type { VerifyingKey } from '#cli/bundle/signing-key';
import { verifyRelease } from '#cli/bundle/verify-release';
import type { CommandHost } from '#cli/command/command-host';
import { printable } from '#cli/command/printable';

/** One name in a cache and what it stands for; `fault` says why that cannot be used. */
export interface CachedRelease {
  readonly name: string;
  readonly scope: string;
  readonly tag: string;
  readonly ageMs: number;
  readonly metadata: BundleMetadata | undefined;
  readonly fault: string | undefined;
}

/** How a whole cache stands: the status is that of the name that was asked for last. */
export interface CacheOverview extends BundleStatus {
  readonly releases: readonly CachedRelease[];
}

export interface OverviewOptions {
  readonly ageMsMax: number;
  readonly nowMs: number;
  /** Absent: signatures are not looked at, digests are. */
  readonly keys: readonly VerifyingKey[] | undefined;
}

/** Looks what a cache holds, how old it is, and whether it is whole. */
export async function cacheStatus(
  cache: BundleCache,
  options: OverviewOptions,
): Promise<CacheOverview> {
  const looked: { readonly place: ReleasePlace; readonly release: CachedRelease }[] = [];
  for (const name of await cache.names()) {
    const { tenant, environment } = name.ref;
    const place = { tenant, environment, tag: name.tag };
    looked.push({ place, release: look(name, await cache.read(place), options) });
  }
  const releases = looked.map(({ release }) => release);
  const newest = looked.toSorted((a, b) => a.release.ageMs - b.release.ageMs)[0];
  if (newest === undefined)
    return { status: 'not_loaded', alerts: [], usingFallback: false, releases };
  const alerts = releases.flatMap(({ name, fault }) =>
    fault === undefined ? [] : [damaged(name, fault)],
  );
  const { metadata, fault, ageMs } = newest.release;
  const shared = {
    ...(metadata === undefined ? {} : { metadata }),
    alerts,
    usingFallback: false,
    releases,
  };
  if (fault !== undefined) return { ...shared, status: 'verification_failed' };
  if (ageMs > options.ageMsMax) return { ...shared, status: 'stale' };
  return { ...shared, status: 'loaded', folder: cache.folderOf(newest.place) };
}

/** Writes how a cache stands: as JSON, or the status and a table of what is there. */
export function writeCacheStatus(status: CacheOverview, host: CommandHost, asJson: boolean): void {
  writeStatus(status, host, asJson);
  if (asJson || status.releases.length === 0) return;
  const { red } = pc.createColors(host.colours);
  const rows = status.releases.map(({ name, scope, tag, ageMs, metadata, fault }) => [
    name,
    scope,
    tag,
    metadata === undefined ? '-' : String(metadata.position),
    `${(ageMs / 3_600_000).toFixed(1)} h`,
    fault === undefined ? 'whole' : red('damaged'),
  ]);
  const all = [['NAME', 'SCOPE', 'TAG', 'POSITION', 'AGE', 'STATE'], ...rows];
  const widths = all[0]?.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length))) ?? [];
  const lines = all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  host.out.write(`${lines.join('\n')}\n`);
}

function look(
  { ref, tag, cachedAt }: CachedName,
  files: ReleaseFiles | undefined,
  { nowMs, keys }: OverviewOptions,
): CachedRelease {
  const { name, tenant, environment } = ref;
  const shown = {
    name: printable(name),
    scope: `${tenant}/${environment}`,
    tag,
    ageMs: nowMs - Date.parse(cachedAt),
  };
  const nothing = { ...shown, metadata: undefined };
  if (files === undefined) return { ...nothing, fault: 'its files are not all there' };
  if (keys !== undefined) {
    const verdict = verifyRelease(files, keys, { tag, tenant, environment });
    if (verdict.kind === 'refused') return { ...nothing, fault: verdict.reason };
    return { ...shown, metadata: metadataOf(verdict.manifest, cachedAt), fault: undefined };
  }
  return lookUnsigned(files, { shown, cachedAt });
}

function lookUnsigned(
  files: ReleaseFiles,
  {
    shown,
    cachedAt,
  }: {
    readonly shown: Omit<CachedRelease, 'metadata' | 'fault'>;
    readonly cachedAt: string;
  },
): CachedRelease {
  try {
    const text = Buffer.from(files['manifest.json']).toString('utf8');
    const manifest = releaseManifestSchema.parse(JSON.parse(text));
    const isWhole = sha256Hex(files['bundle.json']) === manifest.bundleSha256;
    const fault = isWhole ? undefined : 'bundle.json is not the one that its manifest names';
    return { ...shown, metadata: metadataOf(manifest, cachedAt), fault };
  } catch {
    return { ...shown, metadata: undefined, fault: 'its manifest.json is none' };
  }
}

function damaged(name: string, fault: string): BundleAlert {
  const message = `Cached release ${name} cannot be used: ${fault}`;
  return { severity: 'critical', message, remediation: 'fetch it again' };
}
