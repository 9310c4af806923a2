import { compareDescriptors, compareReferences } from '#contracts/gate/compare-descriptors';
import {
  compareJsonSchemas,
  type PartComparison,
  SAME_PART,
} from '#contracts/gate/compare-json-schemas';
import { compareWit } from '#contracts/gate/compare-wit';
import {
  DIRECTIONS,
  type Direction,
  type DirectionVerdicts,
  protectedDirections,
  worstVerdict,
} from '#contracts/gate/direction';
import type { ContractChange, DirectionVerdict, GateComparison } from '#contracts/gate/gate-report';
import type { ProofOptions } from '#contracts/gate/prove-direction';
import type { ReadContent } from '#contracts/gate/read-content';
import type { ReadPart } from '#contracts/gate/read-part';
import type { UnjudgedChange } from '#contracts/gate/unjudged-change';
import { isSame } from '#contracts/json-schema-diff/schema-pair';
import type { ChangeLevel, CompatibilityMode } from '#domain/contract-gate';

/** The most differences that are told of one comparison. */
export const COMPARISON_CHANGES_MAX = 200;

/** The longest text that one of them holds. */
const CHANGE_TEXT_MAX = 600;

/** Compares a contract with an older version of it, part by part. */
export function compareContents(
  older: ReadContent,
  candidate: ReadContent,
  options: ProofOptions & { readonly mode: CompatibilityMode },
): Omit<GateComparison, 'version'> {
  const { mode } = options;
  const guarded = protectedDirections(mode);
  const parts = [
    compareParts(older.schema, candidate.schema, (was, is) =>
      compareJsonSchemas(was, is, { ...options, guarded }),
    ),
    compareParts(older.wit, candidate.wit, compareWit),
    compareDescriptors(older.descriptor, candidate.descriptor),
  ];
  const verdicts: DirectionVerdicts = {
    backward: worstVerdict(parts.map(({ backward }) => backward)),
    forward: worstVerdict(parts.map(({ forward }) => forward)),
  };
  const judged = (change: UnjudgedChange): ContractChange => {
    const isBreaking = change.breaks.some((each) => guarded.includes(each));
    return { ...shortened(change), isBreaking };
  };
  const changes = [
    ...parts.flatMap((part) => part.changes),
    ...compareReferences(older.references, candidate.references),
  ].map(judged);
  const omitted = parts.reduce((sum, part) => sum + part.omitted, 0);
  const isUnchanged = changes.length + omitted === 0 && isSameWit(older, candidate);
  return {
    isCompatible: guarded.every((each) => verdicts[each].kind === 'compatible'),
    ...verdicts,
    level: isUnchanged ? 'none' : levelOf(verdicts, changes, mode),
    changes: changes.toSorted(byWeight).slice(0, COMPARISON_CHANGES_MAX),
    changesOmitted: omitted + Math.max(0, changes.length - COMPARISON_CHANGES_MAX),
  };
}

/** Cuts the middle of long texts: names of properties are a publisher's, and may be as long as the schema. */
function shortened(change: UnjudgedChange): UnjudgedChange {
  const { message, before, after } = change;
  return {
    ...change,
    message: cut(message),
    ...(before === undefined ? {} : { before: cut(before) }),
    ...(after === undefined ? {} : { after: cut(after) }),
  };
}

function cut(text: string): string {
  if (text.length <= CHANGE_TEXT_MAX) return text;
  const half = Math.floor(CHANGE_TEXT_MAX / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`.toWellFormed();
}

/** Compares one part of two contracts; where one side cannot be read, nothing is known. */
function compareParts<T>(
  older: ReadPart<T>,
  newer: ReadPart<T>,
  compare: (older: T | undefined, newer: T | undefined) => PartComparison,
): PartComparison {
  for (const part of [older, newer]) {
    if (part.kind !== 'unreadable') continue;
    const verdict: DirectionVerdict = { kind: 'unknown', reason: part.reason };
    return { ...SAME_PART, backward: verdict, forward: verdict };
  }
  const value = (part: ReadPart<T>): T | undefined =>
    part.kind === 'read' ? part.value : undefined;
  return compare(value(older), value(newer));
}

function isSameWit(older: ReadContent, candidate: ReadContent): boolean {
  const text = ({ wit }: ReadContent): string | undefined =>
    wit.kind === 'read' ? wit.value.canonical : wit.kind;
  const schema = (content: ReadContent) =>
    content.schema.kind === 'read' ? content.schema.value.schema : content.schema.kind;
  return text(older) === text(candidate) && isSame(schema(older), schema(candidate));
}

function levelOf(
  verdicts: DirectionVerdicts,
  changes: readonly ContractChange[],
  mode: CompatibilityMode,
): ChangeLevel {
  // Where nothing is protected, versions still tell readers what they can rely on.
  const guarded: readonly Direction[] = mode === 'NONE' ? ['backward'] : protectedDirections(mode);
  const broken = DIRECTIONS.filter((each) => verdicts[each].kind !== 'compatible');
  if (broken.some((each) => guarded.includes(each))) return 'major';
  // What a schema allows in addition is a break of one direction already.
  const isAdded = changes.some(({ part, isFeature }) => part !== 'jsonSchema' && isFeature);
  return broken.length > 0 || isAdded ? 'minor' : 'patch';
}

/** Puts what breaks the mode first, then what breaks anything, then what was added. */
function byWeight(one: ContractChange, other: ContractChange): number {
  return weightOf(one) - weightOf(other);
}

function weightOf({ isBreaking, isFeature, breaks }: ContractChange): number {
  if (isBreaking) return 0;
  if (isFeature) return 1;
  return breaks.length > 0 ? 2 : 3;
}
