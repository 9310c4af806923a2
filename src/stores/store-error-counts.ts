import type { StoreBackend, StoreError, StoreErrorClass } from '#stores/store-error';

/** How often stores of one kind have failed in one way. */
export interface StoreErrorCount {
  readonly backend: StoreBackend;
  readonly class: StoreErrorClass;
  readonly count: number;
}

/** Counts errors by backend and class alone: few numbers, whatever sources and datasets are called. */
export class StoreErrorCounts {
  readonly #counts = new Map<string, StoreErrorCount>();

  add({ backend, class: errorClass }: StoreError): void {
    const key = `${backend} ${errorClass}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { backend, class: errorClass, count });
  }

  /** All that are not 0, sorted by backend and class. */
  get all(): readonly StoreErrorCount[] {
    return [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
  }
}
