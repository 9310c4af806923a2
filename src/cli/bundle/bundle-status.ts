import pc from 'picocolors';
import type { ReleaseManifest } from '#cli/bundle/release-format';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT, type ExitCode } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';

/**
 * How the contracts of a consumer stand. `loaded`: fresh from the registry, and verified. `using_fallback`: the registry is
 * away or its release is refused, and a verified one from before is used. `stale`: the same, and it is too old to be used.
 */
export type BundleState =
  | 'loaded'
  | 'using_fallback'
  | 'stale'
  | 'verification_failed'
  | 'download_error'
  | 'not_loaded';

/** Something that somebody should know of, and what to do about it. */
export interface BundleAlert {
  readonly severity: 'warning' | 'critical';
  readonly message: string;
  readonly remediation: string;
}

/** Which release is there. */
export interface BundleMetadata {
  readonly tag: string;
  readonly sha256: string;
  /** RFC 3339, both. */
  readonly createdAt: string;
  readonly position: number;
  readonly cachedAt: string;
}

/** How the contracts of a consumer stand, with everything that it should know. */
export interface BundleStatus {
  readonly status: BundleState;
  readonly metadata?: BundleMetadata;
  /** Where the files lie that may be used. */
  readonly folder?: string;
  readonly alerts: readonly BundleAlert[];
  readonly usingFallback: boolean;
}

const WORDS: Readonly<Record<BundleState, string>> = {
  loaded: 'loaded',
  using_fallback: 'using a release from before',
  stale: 'stale',
  verification_failed: 'verification failed',
  download_error: 'download failed',
  not_loaded: 'not loaded',
};

/** Gives the exit code of a status. What is used by way of fallback is not a failure. */
export function exitCodeOfStatus({ status }: BundleStatus): ExitCode {
  switch (status) {
    case 'loaded':
    case 'using_fallback':
      return EXIT.ok;
    case 'verification_failed':
    case 'not_loaded':
      return EXIT.refused;
    case 'stale':
    case 'download_error':
      return EXIT.unreachable;
    default:
      return status satisfies never;
  }
}

/** Takes from a manifest what tells one release from another. */
export function metadataOf(manifest: ReleaseManifest, cachedAt: string): BundleMetadata {
  const { tag, bundleSha256: sha256, createdAt, position } = manifest;
  return { tag, sha256, createdAt, position, cachedAt };
}

/** Writes a status: JSON on standard output, or words there and alerts on standard error. */
export function writeStatus(status: BundleStatus, host: CommandHost, asJson: boolean): void {
  if (asJson) {
    host.out.write(jsonLine({ metadata: null, ...status }));
    return;
  }
  const { green, yellow, red, bold } = pc.createColors(host.colours);
  const { metadata, folder, usingFallback } = status;
  const good = usingFallback ? yellow : green;
  const paint = exitCodeOfStatus(status) === EXIT.ok ? good : red;
  const lines = [
    `Contracts: ${paint(WORDS[status.status])}`,
    ...(metadata === undefined
      ? []
      : [
          `  ${bold(metadata.tag)}, position ${metadata.position}, created ${metadata.createdAt}, cached ${metadata.cachedAt}`,
          `  SHA-256 ${metadata.sha256}`,
        ]),
    ...(folder === undefined ? [] : [`  in ${printable(folder)}`]),
  ];
  host.out.write(`${lines.join('\n')}\n`);
  for (const { severity, message, remediation } of status.alerts) {
    const mark = severity === 'critical' ? red('critical') : yellow('warning');
    host.err.write(`${mark}: ${printable(message)} (${printable(remediation)})\n`);
  }
}
