import type { Position } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';
import type { ActionProfileStore } from '#projections/registry-stores/action-profile-store';
import { contractStoreOn } from '#projections/registry-stores/contract-reads';
import type { ContractStore } from '#projections/registry-stores/contract-store';
import {
  actionProfileStoreOn,
  jobDefinitionStoreOn,
} from '#projections/registry-stores/definition-reads';
import type { DocumentBackend } from '#projections/registry-stores/document-backend';
import { foldDocuments, keptEvents, keysNeeded } from '#projections/registry-stores/fold-documents';
import type { JobDefinitionStore } from '#projections/registry-stores/job-definition-store';

/**
 * The stores of the registries: the newest state of every version of contracts, job definitions and action profiles, as
 * canonical JSON in an exchangeable backend. Follows `REGISTRY`.
 */
export class RegistryStores implements Projection {
  readonly name = 'registry-stores';
  readonly contracts: ContractStore;
  readonly jobDefinitions: JobDefinitionStore;
  readonly actionProfiles: ActionProfileStore;
  readonly #backend: DocumentBackend;

  constructor(backend: DocumentBackend) {
    this.#backend = backend;
    this.contracts = contractStoreOn(backend);
    this.jobDefinitions = jobDefinitionStoreOn(backend);
    this.actionProfiles = actionProfileStoreOn(backend);
  }

  async open(): Promise<Checkpoint> {
    return await this.#backend.open();
  }

  async apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position> {
    const last = batch.at(-1)?.position ?? checkpoint.position;
    for (let from = checkpoint.position, rest = batch; ; ) {
      const position = await this.#applyFrom(from, rest, { ...checkpoint, position: last });
      if (position >= last || position <= from) return position;
      // Somebody else came first, but not as far: what is behind their batch is still to be applied.
      rest = rest.filter((message) => message.position > position);
      from = position;
    }
  }

  async clear(): Promise<void> {
    await this.#backend.clear();
  }

  async digest(): Promise<ProjectionDigest> {
    return await this.#backend.digest();
  }

  async close(): Promise<void> {
    await this.#backend.close();
  }

  /** Applies events, if the documents are at the position before them. Gives where the documents are then. */
  async #applyFrom(
    from: Position,
    batch: readonly StoredMessage[],
    to: Checkpoint,
  ): Promise<Position> {
    const events = keptEvents(batch);
    const { position, found } = await this.#backend.read(keysNeeded(events));
    if (position !== from) return position;
    return await this.#backend.put({ documents: foldDocuments(events, found), from, to });
  }
}
