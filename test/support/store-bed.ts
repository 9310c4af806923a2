import type { JsonObject } from '#domain/canonical-json';
import {
  type ContractVersion,
  parseContractName,
  parseContractVersion,
} from '#domain/contract-name';
import { parseActionProfileId, parseJobDefinitionId } from '#domain/definition';
import { sha256Of } from '#domain/digest';
import { type Position, START } from '#domain/position';
import { DEFAULT_SCOPE, type Scope, scopeKey } from '#domain/scope';
import type { MemoryLog } from '#log/memory-log';
import { subjectOf } from '#log/subjects';
import type { DocumentBackend, KeptKind } from '#projections/registry-stores/document-backend';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { memoryLog } from '#test/support/command-env';
import { someEvent } from '#test/support/events';
import { takeFrom } from '#test/support/log-under-test';

/** What an event is about. */
export interface About {
  readonly kind: KeptKind;
  readonly name: string;
  readonly scope?: Scope;
}

/** A log that takes any event, and the stores that show it. */
export interface StoreBed extends AsyncDisposable {
  readonly log: MemoryLog;
  readonly stores: RegistryStores;
  /** Appends one event and gives its position. */
  append(about: About, type: string, data: JsonObject): Promise<Position>;
  /** Appends a version of a contract for dataset types. Shown by `catchUp`. */
  contract(name: string, version: string, rest?: SomeContract): Promise<Position>;
  /** Appends a version of a job definition or an action profile. */
  definition(
    kind: 'job-definition' | 'action-profile',
    id: string,
    rest: SomeDefinition,
  ): Promise<Position>;
  /** Appends a change of stage. */
  moved(about: About, version: string, to: string): Promise<Position>;
  /** Applies what is new in the log. */
  catchUp(batchMax?: number): Promise<void>;
}

export interface SomeContract {
  readonly stage?: string;
  readonly types?: readonly string[];
  readonly scope?: Scope;
}

export interface SomeDefinition {
  readonly version: string;
  readonly tags?: readonly string[];
  readonly actions?: readonly string[];
  readonly scope?: Scope;
}

const STAGED = {
  contract: 'ContractStageChanged',
  'job-definition': 'JobStageChanged',
  'action-profile': 'ActionProfileStageChanged',
} as const;

/** Opens stores on a backend, which is closed with them. */
export async function openStoreBed(backend: DocumentBackend): Promise<StoreBed> {
  const log = memoryLog();
  const stores = new RegistryStores(backend);
  await stores.open();
  const append: StoreBed['append'] = async ({ kind, name, scope = DEFAULT_SCOPE }, type, data) => {
    const subject = subjectOf({ scope, kind, id: name });
    const last = (await log.readSubject(subject, START)).at(-1);
    const before = last === undefined ? {} : { previousHash: last.hash };
    const outcome = await log.append(
      subject,
      last?.position ?? START,
      someEvent({ type, data, ...before }),
    );
    if (outcome.kind !== 'appended') throw new Error(outcome.kind);
    return outcome.position;
  };
  return {
    log,
    stores,
    append,
    contract: async (name, version, { stage, types = [], scope = DEFAULT_SCOPE } = {}) =>
      await append({ kind: 'contract', name, scope }, 'ContractPublished', {
        bundle: {
          name,
          version,
          fingerprint: sha256Of(`${name}@${version}`),
          // Tells in every answer whose it is.
          description: scopeKey(scope),
          descriptor: {
            kind: 'data-contract',
            datasets: types.map((datasetType) => ({ datasetType })),
          },
        },
        publisher: 'someone',
        ...(stage === undefined ? {} : { stage }),
      }),
    definition: async (kind, id, { version, tags = [], actions, scope = DEFAULT_SCOPE }) =>
      await append(
        { kind, name: id, scope },
        kind === 'job-definition' ? 'JobDefined' : 'ActionProfileDefined',
        {
          definition: {
            id,
            version,
            fingerprint: sha256Of(`${id}@${version}`),
            name: scopeKey(scope),
            tags,
            ...(actions === undefined ? {} : { actions: actions.map((type) => ({ type })) }),
          },
          author: 'someone',
        },
      ),
    moved: async (about, version, to) =>
      await append(about, STAGED[about.kind], { version, from: 'draft', to, notes: `now ${to}` }),
    catchUp: async (batchMax = 50) => {
      const { last } = await log.head();
      let checkpoint = await stores.open();
      while (checkpoint.position < last) {
        const { position } = checkpoint;
        const batch = await takeFrom(log, position, Math.min(batchMax, last - position));
        const applied = await stores.apply(batch, { ...checkpoint, streamCreated: 'now' });
        checkpoint = { position: applied, streamCreated: 'now' };
      }
    },
    [Symbol.asyncDispose]: async () => await stores.close(),
  };
}

/** Names a version of a contract as reads want it. */
export function contractId(name: string, version: string) {
  return { name: parseContractName(name), version: parseContractVersion(version) };
}

/** Names a version of a job definition. */
export function jobVersion(id: string, version: string) {
  return { id: parseJobDefinitionId(id), version: wanted(version) };
}

/** Names a version of an action profile. */
export function profileVersion(id: string, version: string) {
  return { id: parseActionProfileId(id), version: wanted(version) };
}

function wanted(version: string): ContractVersion | 'latest' {
  return version === 'latest' ? version : parseContractVersion(version);
}
