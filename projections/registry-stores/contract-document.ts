import type { Publication, StageChange } from '#domain/contract';
import type { RecordedEvent } from '#domain/event';
import type { ContractRow } from '#projections/catalog/contract-queries';

/** Makes what is stored of a version that was published. */
export function publishedContract(publication: Publication, at: RecordedEvent): ContractRow {
  const {
    bundle,
    gate,
    promotion,
    publisher = at.metadata.actor,
    stage = 'approved',
  } = publication;
  const { time, actor } = at.metadata;
  const { position } = at;
  const staged = { position, time, actor };
  const deprecated = stage === 'deprecated' ? staged : undefined;
  return {
    bundle,
    createdAt: time,
    position,
    publisher,
    gate,
    promotion,
    stage,
    staged,
    deprecated,
  };
}

/** Makes what is stored of a version after a step to another stage. */
export function stagedContract(
  before: ContractRow,
  { to, notes, successor, sunset }: StageChange,
  { position, metadata: { time, actor } }: RecordedEvent,
): ContractRow {
  const staged = {
    position,
    time,
    actor,
    ...(notes === undefined ? {} : { notes }),
    ...(successor === undefined ? {} : { successor }),
    ...(sunset === undefined ? {} : { sunset }),
  };
  return { ...before, stage: to, staged, deprecated: deprecationAfter(before, staged, to) };
}

// A retired version keeps its last deprecation; approval ends it.
function deprecationAfter(
  { deprecated }: ContractRow,
  staged: ContractRow['staged'],
  to: StageChange['to'],
): ContractRow['deprecated'] {
  if (to === 'deprecated') return staged;
  return to === 'approved' ? undefined : deprecated;
}
