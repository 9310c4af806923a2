import type { z } from 'zod';
import { type ContractVersion, versionOrderKey } from '#domain/contract-name';
import { type DefinedVersion, type Definition, parseDefinitionVersion } from '#domain/definition';
import { complete, DefinitionFaults, optional, readParsed } from '#domain/definition-reader';
import { digestOf } from '#http/contract-json';
import type { definedSchema, definitionFields, definitionSummary } from '#http/definition-schemas';
import type { DefinitionSummary } from '#projections/catalog/definition-lists';
import type { DefinitionRow } from '#projections/catalog/definition-queries';

/** What an author sends: id, version, and all the rest, which is the content. */
export interface SentDefinition<I> {
  readonly id: I;
  readonly version?: ContractVersion;
  readonly content: unknown;
}

/** Takes id and version off what an author sends. @throws INVALID_REQUEST with the pointers of those that are wrong */
export function sentDefinition<I extends string>(
  { id, version, ...content }: Readonly<Record<string, unknown>>,
  { noun, parseId }: { readonly noun: string; readonly parseId: (text: string) => I },
): SentDefinition<I> {
  const faults = new DefinitionFaults();
  const named = complete(
    { id: readParsed({ value: id, path: '/id', faults }, parseId) },
    {
      version: optional({ value: version, path: '/version', faults }, (one) =>
        readParsed(one, parseDefinitionVersion),
      ),
    },
  );
  faults.throwIfAny(noun);
  if (named === undefined) throw new TypeError('An id was refused without a fault');
  return { ...named, content };
}

/** Writes what a definition has come to. */
export function definedJson<D extends Definition>(
  id: string,
  { defined, isNew, position }: DefinedOutcome<D>,
): z.output<typeof definedSchema> {
  const { version, stage, fingerprint, definedAt, author } = defined;
  return {
    status: isNew ? 'created' : 'existing',
    id,
    version,
    stage,
    digest: digestOf(fingerprint),
    position,
    createdAt: definedAt,
    author,
  };
}

/** What a definition has come to. */
export interface DefinedOutcome<D extends Definition> {
  readonly defined: DefinedVersion<D>;
  /** Whether this command has made it. */
  readonly isNew: boolean;
  readonly position: number;
}

/** Writes one version: its content, and how far it has come. */
export function definitionJson<D extends Definition>({
  definition,
  stage,
  createdAt,
  author,
  staged,
}: DefinitionRow<D>): z.output<z.ZodObject<typeof definitionFields>> {
  const { id, version, fingerprint, ...content } = definition;
  const { time, actor, notes } = staged;
  return {
    id,
    version,
    stage,
    digest: digestOf(fingerprint),
    createdAt,
    author,
    staged: { time, actor, ...(notes === undefined ? {} : { notes }) },
    ...content,
  };
}

/** Writes one version as lists show it. */
export function summaryJson(row: DefinitionSummary): z.output<typeof definitionSummary> {
  const { id, version, name, stage, tags, fingerprint, createdAt, author } = row;
  const digest = digestOf(fingerprint);
  return { id, version, name, stage, tags: [...tags], digest, createdAt, author };
}

/** Says where a page ended. */
export function cursorBehind({
  id,
  version,
}: {
  readonly id: string;
  readonly version: ContractVersion;
}): { readonly id: string; readonly orderKey: string } {
  return { id, orderKey: versionOrderKey(version) };
}
