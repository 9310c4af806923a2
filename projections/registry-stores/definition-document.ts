import type { Defined, Definition, JobStageChange } from '#domain/definition';
import type { RecordedEvent } from '#domain/event';
import type { DefinitionRow } from '#projections/catalog/definition-queries';

/** Makes what is stored of a version of a definition that was added: a draft. */
export function definedVersion<D extends Definition>(
  { definition, author }: Defined<D>,
  { position, metadata: { time, actor } }: RecordedEvent,
): DefinitionRow<D> {
  const staged = { position, time, actor };
  return { definition, createdAt: time, position, author, stage: 'draft', staged };
}

/** Makes what is stored of a version after a step to another stage. */
export function stagedDefinition<D extends Definition>(
  before: DefinitionRow<D>,
  { to, notes }: JobStageChange,
  { position, metadata: { time, actor } }: RecordedEvent,
): DefinitionRow<D> {
  const staged = { position, time, actor, ...(notes === undefined ? {} : { notes }) };
  return { ...before, stage: to, staged };
}
