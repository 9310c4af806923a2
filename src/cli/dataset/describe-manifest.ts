import type { Schemas } from '#api-client/operations';
import { printable } from '#cli/command/printable';

type Manifest = Schemas['Manifest'];

/** Writes a manifest for people. */
export function describeManifest(manifest: Manifest): string {
  const { name, status, schema_fingerprint: fingerprint, objects, artifact } = manifest;
  const { row_count: rows, created_at: created, published_at: published, tables = [] } = manifest;
  const lines: (readonly [string, string])[] = [
    ['name', name],
    ['status', status],
    ['fingerprint', fingerprint],
    ['rows', rows === null ? '-' : String(rows)],
    ['registered', created],
    ['changed', manifest.updated_at],
    ...(published === undefined ? [] : [['published', published] as const]),
    ...tables.map(({ name: table, key }) => ['table', `${table} by ${key.join(', ')}`] as const),
    ...objects.map(
      (object) => ['object', objectText(object, artifact?.key === object.key)] as const,
    ),
  ];
  return `${lines.map(([what, text]) => printable(`${what.padEnd(12)}${text}`)).join('\n')}\n`;
}

/** Writes a number of bytes for people. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1_024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power] ?? ''}`;
}

function objectText(
  { key, sha256, bytes }: Manifest['objects'][number],
  isArtifact: boolean,
): string {
  return `${key}  ${bytesText(bytes)}  ${sha256}${isArtifact ? '  the artifact' : ''}`;
}
