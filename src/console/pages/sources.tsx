import { Badge } from '#console/parts/bits';
import { Table } from '#console/parts/table';
import { countText, durationText } from '#console/parts/words';

/** How the other registries do that this one shows. */
export interface RegistryHealth {
  readonly mode: string;
  readonly datasets: number;
  readonly sources: readonly {
    readonly name: string;
    readonly priority: number;
    readonly healthy: boolean;
    readonly last_error: string | null;
    readonly age_ms: number | null;
    readonly datasets: number;
    readonly shadowed_datasets: number;
    readonly circuit: string;
  }[];
  readonly errors: readonly {
    readonly backend: string;
    readonly class: string;
    readonly count: number;
  }[];
}

/** The sources of a registry. */
export function SourceTable({ of }: { readonly of: RegistryHealth['sources'] }) {
  return (
    <Table
      label="Sources"
      rows={of}
      keyOf={({ name }) => name}
      columns={[
        { title: 'Source', show: ({ name }) => name },
        {
          title: 'State',
          show: ({ healthy, last_error: error }) => (
            <>
              <Badge of={healthy ? 'ready' : 'failed'} /> {error ?? ''}
            </>
          ),
        },
        { title: 'Circuit', show: ({ circuit }) => <Badge of={circuit} /> },
        { title: 'Datasets', isNumber: true, show: ({ datasets }) => countText(datasets) },
        {
          title: 'Hidden by others',
          isNumber: true,
          show: ({ shadowed_datasets: hidden }) => countText(hidden),
        },
        {
          title: 'Read',
          isNumber: true,
          show: ({ age_ms: age }) => (age === null ? 'never' : `${durationText(age)} ago`),
        },
      ]}
    />
  );
}
