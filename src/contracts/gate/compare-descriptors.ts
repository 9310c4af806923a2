import { compareDatasets } from '#contracts/gate/compare-datasets';
import { compareFree, type FreeValue } from '#contracts/gate/compare-free';
import type { PartComparison } from '#contracts/gate/compare-json-schemas';
import { COMPATIBLE, type Direction } from '#contracts/gate/direction';
import type { DirectionVerdict } from '#contracts/gate/gate-report';
import type { UnjudgedChange } from '#contracts/gate/unjudged-change';
import { show } from '#contracts/json-schema-diff/show';
import type { JsonObject } from '#domain/canonical-json';
import { readDescriptor, type TypedDescriptor } from '#domain/data-contract';

/** A change that breaks nothing and adds nothing that others use. */
const HARMLESS = { breaks: [], isFeature: false } as const;

/**
 * Compares two descriptors. Typed ones by the rows that they allow; in free ones, and in what is left of typed ones, nothing
 * breaks anybody.
 */
export function compareDescriptors(
  older: JsonObject | undefined,
  newer: JsonObject | undefined,
): PartComparison {
  const [was, is] = [typedOf(older), typedOf(newer)];
  const rest =
    was === undefined || is === undefined
      ? compareFree({ value: older, pointer: '' }, { value: newer, pointer: '' })
      : compareRest(was, is);
  const changes = [...compareDatasets(was, is), ...rest];
  const [backward, forward] = [verdictOf(changes, 'backward'), verdictOf(changes, 'forward')];
  return { backward, forward, changes, omitted: 0 };
}

/** Lists the referenced contracts that came, went, or have another content under the same URI. */
export function compareReferences(
  older: ReadonlyMap<string, string>,
  newer: ReadonlyMap<string, string>,
): readonly UnjudgedChange[] {
  return [...new Set([...older.keys(), ...newer.keys()])].flatMap((uri) => {
    const [was, is] = [older.get(uri), newer.get(uri)];
    if (was === is) return [];
    const verb = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    const change: UnjudgedChange = {
      rule: `reference-${verb}`,
      part: 'references',
      message: `The reference ${show(uri)} ${verb === 'changed' ? 'has another content' : `was ${verb}`}`,
      ...(was === undefined ? {} : { before: uri }),
      ...(is === undefined ? {} : { after: uri }),
      ...HARMLESS,
    };
    return [change];
  });
}

function typedOf(descriptor: JsonObject | undefined): TypedDescriptor | undefined {
  if (descriptor === undefined) return undefined;
  const read = readDescriptor(descriptor);
  // What was published before its kind had a form is free.
  return read.kind === 'typed' ? read.descriptor : undefined;
}

/** Compares what is no dataset: of a data contract all the rest, of a dataset contract nothing is left. */
function compareRest(older: TypedDescriptor, newer: TypedDescriptor): readonly UnjudgedChange[] {
  return compareFree(restOf(older), restOf(newer));
}

function restOf(descriptor: TypedDescriptor): FreeValue {
  const { kind } = descriptor;
  if (kind === 'dataset-contract') return { value: { kind }, pointer: '' };
  const { datasets: _, ...rest } = descriptor;
  return { value: rest, pointer: '' };
}

function verdictOf(changes: readonly UnjudgedChange[], direction: Direction): DirectionVerdict {
  return changes.some(({ breaks }) => breaks.includes(direction))
    ? { kind: 'incompatible' }
    : COMPATIBLE;
}
