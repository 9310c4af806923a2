import { SchemaComparer } from '#contracts/containment/compare-schemas';
import { compareContents } from '#contracts/gate/compare-contents';
import { findFaults, warnUnusedReferences } from '#contracts/gate/find-faults';
import type { GateComparison, GateJob, GateReport } from '#contracts/gate/gate-report';
import { type ReadContent, readContent } from '#contracts/gate/read-content';
import type { ReadPart } from '#contracts/gate/read-part';
import { SchemaSides } from '#contracts/gate/schema-sides';
import { CHANGE_LEVELS, type ChangeLevel } from '#domain/contract-gate';

export interface GateOptions {
  /** Asked now and then whether the time is over. Default: it never is. */
  readonly expired?: () => boolean;
  /** Schemas that were read before: the predecessor of one job is often the candidate of another. Default: none. */
  readonly sides?: SchemaSides;
}

/**
 * Judges a contract: what is wrong with it by itself, and what it changes against each version before it. Gives the same
 * report for the same job, unless time runs out: then what is not proved yet is unknown.
 */
export function runGate(
  job: GateJob,
  { expired = () => false, sides = new SchemaSides() }: GateOptions = {},
): GateReport {
  const { candidate, predecessors, mode, assertsFormats, stepsMax, isExplained } = job;
  const { faults, warnings } = findFaults(candidate);
  if (faults.length > 0)
    return { faults, warnings, comparisons: [], level: 'none', isCutShort: false };
  let isCutShort = false;
  const noted = (): boolean => {
    isCutShort ||= expired();
    return isCutShort;
  };
  const comparer = new SchemaComparer(assertsFormats);
  const options = { comparer, assertsFormats, stepsMax, expired: noted, mode, sides, isExplained };
  const content = readContent(candidate, options);
  const compare = ({
    version,
    content: older,
  }: GateJob['predecessors'][number]): GateComparison => {
    return { version, ...compareContents(readContent(older, options), content, options) };
  };
  const comparisons = predecessors.map(compare);
  const unused = warnUnusedReferences(
    candidate.references ?? [],
    setOf(content),
    valueOf(content.wit),
  );
  return {
    faults,
    warnings: [...warnings, ...unused],
    comparisons,
    level: largest(comparisons.map(({ level }) => level)),
    isCutShort,
  };
}

function setOf({ schema }: ReadContent) {
  return valueOf(schema)?.set;
}

function valueOf<T>(part: ReadPart<T>): T | undefined {
  return part.kind === 'read' ? part.value : undefined;
}

function largest(levels: readonly ChangeLevel[]): ChangeLevel {
  return CHANGE_LEVELS.findLast((level) => levels.includes(level)) ?? 'none';
}
