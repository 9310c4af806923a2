import { meterCircuit, meterStoreErrors } from '#compose/metrics/serving-meters';
import type { Setup } from '#compose/setup';
import type { Sample } from '#ops/metrics/family';
import type { FederatedStore } from '#stores/federated/federated-store';
import type { GuardedStore } from '#stores/guarded-store';
import type { StoreErrorCounts } from '#stores/store-error-counts';

interface SourceMeters {
  readonly store: FederatedStore;
  readonly circuits: ReadonlyMap<string, GuardedStore>;
  readonly errors: StoreErrorCounts;
}

/** Shows how the sources of datasets stand, by the names that their operator gave them. */
export function meterSources({ meters }: Setup, { store, circuits, errors }: SourceMeters): void {
  meterStoreErrors(meters, errors);
  meters.watch('atlas_source_up', () =>
    store.health.map(({ name, healthy }): Sample => [Number(healthy), name]),
  );
  meters.watch('atlas_source_refresh_age_seconds', () =>
    store.health.flatMap(({ name, ageMs }): Sample[] =>
      ageMs === undefined ? [] : [[ageMs / 1_000, name]],
    ),
  );
  for (const [name, guarded] of circuits)
    meterCircuit(meters, `source:${name}`, () => guarded.circuit);
}
