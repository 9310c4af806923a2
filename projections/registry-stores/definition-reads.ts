import type { ActionProfile } from '#domain/action-profile';
import { type ContractVersion, versionOrderKey } from '#domain/contract-name';
import type { Definition } from '#domain/definition';
import { RegistryError } from '#domain/errors';
import type { JobDefinition } from '#domain/job-definition';
import type { Scope } from '#domain/scope';
import type { DefinitionKind } from '#projections/catalog/definition-lists';
import type { DefinitionRow } from '#projections/catalog/definition-queries';
import type {
  ActionProfileStore,
  StoredProfilePage,
} from '#projections/registry-stores/action-profile-store';
import {
  checkedLimit,
  type DocumentBackend,
  type DocumentPage,
} from '#projections/registry-stores/document-backend';
import { firstOf, rowOf, rowsOf } from '#projections/registry-stores/document-rows';
import { termOf } from '#projections/registry-stores/document-terms';
import type { JobDefinitionStore } from '#projections/registry-stores/job-definition-store';
import type { Shown } from '#projections/shown';

/** The most tags that one list is asked for: as many as one definition may have. */
export const TAGS_ASKED_MAX = 32;

/** Makes the store of job definitions on a backend. */
export function jobDefinitionStoreOn(backend: DocumentBackend): JobDefinitionStore {
  const reads = readsOf<JobDefinition>(backend, 'job-definition');
  return {
    get: async (scope, id) => await reads.get(scope, id),
    listByTags: async (scope, page) => await reads.list(scope, page),
  };
}

/** Makes the store of action profiles on a backend. */
export function actionProfileStoreOn(backend: DocumentBackend): ActionProfileStore {
  return readsOf<ActionProfile>(backend, 'action-profile');
}

interface Reads<D extends Definition> {
  get(
    scope: Scope,
    id: { readonly id: D['id']; readonly version: ContractVersion | 'latest' },
  ): Promise<Shown<DefinitionRow<D> | undefined>>;
  list(scope: Scope, page: StoredProfilePage): Promise<Shown<readonly DefinitionRow<D>[]>>;
}

function readsOf<D extends Definition>(backend: DocumentBackend, kind: DefinitionKind): Reads<D> {
  return {
    get: async (scope, { id: name, version }) => {
      if (version === 'latest') {
        const all = [termOf('stage', 'active')];
        return rowOf<DefinitionRow<D>>(await backend.highest(scope, { kind, name, all }));
      }
      const key = { scope, kind, name, orderKey: versionOrderKey(version) };
      return firstOf<DefinitionRow<D>>(await backend.read([key]));
    },
    list: async (scope, page) =>
      rowsOf<DefinitionRow<D>>(await backend.list(scope, { kind, ...askedOf(page) })),
  };
}

function askedOf(page: StoredProfilePage): Omit<DocumentPage, 'kind'> {
  const { id, tags, stage, actionType, after, limit } = page;
  const asked = [...new Set(tags?.of)].map((tag) => termOf('tag', tag));
  if (asked.length > TAGS_ASKED_MAX) {
    throw new RegistryError(
      'INVALID_REQUEST',
      `Cannot list by ${asked.length} tags: there are too many (want at most ${TAGS_ASKED_MAX})`,
    );
  }
  // Tags and actions first: stages are shared by the most documents.
  const all = [
    ...(tags?.match === 'all' ? asked : []),
    ...(actionType === undefined ? [] : [termOf('action', actionType)]),
    ...(stage === undefined ? [] : [termOf('stage', stage)]),
  ];
  return {
    name: id,
    all,
    any: tags?.match === 'any' ? asked : undefined,
    after: after === undefined ? undefined : { name: after.id, orderKey: after.orderKey },
    limit: checkedLimit(limit),
  };
}
