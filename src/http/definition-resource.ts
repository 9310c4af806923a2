import type { z } from 'zod';
import type { CommandAnswer, CommandContext } from '#commands/run-command';
import type { ContractVersion } from '#domain/contract-name';
import type { DefinedVersion, Definition, DefinitionState } from '#domain/definition';
import { quote, RegistryError } from '#domain/errors';
import type { DomainEvent } from '#domain/event';
import type { JobStage } from '#domain/job-stage';
import type { Scope } from '#domain/scope';
import type { SentDefinition } from '#http/definition-json';
import type { HttpCommands, RegistryStorePorts } from '#http/dependencies';
import type { CatalogReader } from '#projections/catalog/catalog-reader';
import type { DefinitionQueries, DefinitionRow } from '#projections/catalog/definition-queries';
import type { StoredProfilePage } from '#projections/registry-stores/action-profile-store';
import type { Shown } from '#projections/shown';

/** What a command about a definition has come to. */
type Answer<D extends Definition> = CommandAnswer<DefinitionState<D>, DomainEvent>;

/** A step of one version. */
export interface DefinitionStep<D extends Definition> {
  readonly id: D['id'];
  readonly version: ContractVersion;
  readonly to: JobStage;
  readonly notes?: string;
}

/** What definitions of either kind say. */
export interface Described {
  readonly name: string;
  readonly tags: readonly string[];
}

/** What the stores of job definitions and of action profiles have in common. */
export interface DefinitionStore<D extends Definition> {
  get(
    scope: Scope,
    id: { readonly id: D['id']; readonly version: ContractVersion | 'latest' },
  ): Promise<Shown<DefinitionRow<D> | undefined>>;
  list(
    scope: Scope,
    page: StoredProfilePage,
  ): Promise<Shown<readonly DefinitionRow<D & Described>[]>>;
}

/** What tells job definitions and action profiles apart, for routes that are otherwise the same. */
export interface DefinitionResource<D extends Definition> {
  /** As errors name it. */
  readonly noun: 'job definition' | 'action profile';
  /** The segment behind `/registry/`, which is the tag as well. */
  readonly path: 'job-definitions' | 'action-profiles';
  /** What names of operations end with, such as `JobDefinition`. */
  readonly title: string;
  readonly parseId: (text: string) => D['id'];
  /** The body of a definition. */
  readonly body: z.ZodType<Readonly<Record<string, unknown>>>;
  /** One version with its content. */
  readonly schema: z.ZodType;
  /** Where versions are looked up as of a position. */
  readonly queries: (catalog: CatalogReader) => DefinitionQueries<D>;
  /** Where the newest state of versions is looked up. */
  readonly store: (stores: RegistryStorePorts) => DefinitionStore<D>;
  readonly define: (
    commands: HttpCommands,
    context: CommandContext,
    sent: SentDefinition<D['id']>,
  ) => Promise<Answer<D> & { readonly defined: DefinedVersion<D> }>;
  readonly changeStage: (
    commands: HttpCommands,
    context: CommandContext,
    step: DefinitionStep<D>,
  ) => Promise<Answer<D>>;
}

/** Says that a definition, or a version of it, is not there. */
export function definitionNotFound(
  { noun, path }: Pick<DefinitionResource<Definition>, 'noun' | 'path'>,
  id: string,
  version?: string,
): RegistryError {
  const what = version === undefined ? '' : ` version ${quote(version)}`;
  const is = version === 'latest' ? 'no version of it is active' : 'it is not defined';
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find ${noun} ${quote(id)}${what}: ${is} in this tenant and environment (want a defined version: GET /registry/${path})`,
    { details: { id, ...(version === undefined ? {} : { version }) } },
  );
}
