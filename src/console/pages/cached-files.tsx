import { Badge, Digest } from '#console/parts/bits';
import { Table } from '#console/parts/table';
import { bytesText, durationText } from '#console/parts/words';

export interface CachedFile {
  readonly sha256: string;
  readonly kind: string;
  readonly datasets: readonly string[];
  readonly bytes: number;
  readonly pinned: boolean;
  readonly leases: number;
  readonly verified_age_ms: number | null;
  readonly last_use_age_ms: number | null;
  readonly open_failures: number;
  readonly quarantined_until: string | null;
}

/** The files that a node keeps. */
export function CachedFiles({ files }: { readonly files: readonly CachedFile[] }) {
  return (
    <Table
      label="Cached files"
      rows={files}
      keyOf={({ sha256 }) => sha256}
      columns={[
        { title: 'Of', show: ({ datasets }) => datasets.join(', ') },
        {
          title: 'Kind',
          show: ({ kind, pinned }) => (
            <>
              {kind} {pinned && <Badge of="pinned" />}
            </>
          ),
        },
        { title: 'Size', isNumber: true, show: ({ bytes }) => bytesText(bytes) },
        { title: 'Checked', isNumber: true, show: ({ verified_age_ms: age }) => ageText(age) },
        { title: 'Last used', isNumber: true, show: ({ last_use_age_ms: age }) => ageText(age) },
        { title: 'SHA-256', show: ({ sha256 }) => <Digest of={sha256} /> },
      ]}
    />
  );
}

function ageText(ms: number | null): string {
  return ms === null ? 'never' : `${durationText(ms)} ago`;
}
