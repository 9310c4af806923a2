import type { Containment } from '#contracts/containment/compare-schemas';
import { applyPatch } from '#contracts/gate/apply-patch';
import { DIRECTIONS, type Direction, type DirectionVerdicts } from '#contracts/gate/direction';
import type { CounterExample } from '#contracts/gate/gate-report';
import {
  type ProofOptions,
  type SchemaSide,
  schemaSide,
  secondOpinion,
} from '#contracts/gate/prove-direction';
import type { SchemaChange, SchemaEffect } from '#contracts/json-schema-diff/schema-change';
import type { Json } from '#domain/canonical-json';

/** How many differences of one comparison are tried by themselves. */
export const BLAME_TRIES_MAX = 20;

/**
 * How many schemas are looked at for that, all tries together: each looks at the whole older schema again. Where nobody asks
 * for an explanation it decides only what a changelog calls breaking.
 */
const BLAME_SCHEMAS_MAX = { explained: 6_000, plain: 600 } as const;

/** How many steps the proof of a single difference may take: it mostly takes some hundred. */
const BLAME_STEPS_MAX = 20_000;

/** How many schemas a small one holds: it is compiled in a few milliseconds. */
const SMALL_MAX = 100;

/** A difference with the directions that it breaks. */
export interface BlamedChange {
  readonly change: SchemaChange;
  readonly breaks: readonly Direction[];
  readonly counterExample: CounterExample | undefined;
}

export interface BlameSubject {
  readonly changes: readonly SchemaChange[];
  readonly verdicts: DirectionVerdicts;
  readonly older: SchemaSide;
  readonly newer: SchemaSide;
  /** The directions in which a certain difference is tried too, for a document that shows it. */
  readonly guarded: readonly Direction[];
}

/**
 * Says of each difference which directions it breaks. What a rule is certain of holds, unless the whole direction is
 * proved, or the older schema with that difference alone is proved not to break it. The unclear ones are tried so, and a
 * direction that is refuted always has somebody to blame.
 */
export function blameChanges(
  { changes, verdicts, older, newer, guarded }: BlameSubject,
  options: ProofOptions,
): readonly BlamedChange[] {
  const suspects = changes.map((change): Suspect => {
    const doubtful = DIRECTIONS.filter((each) => verdicts[each].kind !== 'compatible');
    const certain = doubtful.filter((each) => breaksBy(change.effect).includes(each));
    return { change, breaks: new Set(certain), counterExample: undefined };
  });
  const refuted = DIRECTIONS.filter((each) => verdicts[each].kind === 'incompatible');
  trySuspects(suspects, { older, newer, refuted, guarded, options });
  for (const direction of refuted) blameSomebody(suspects, direction);
  return suspects.map(({ change, breaks, counterExample }) => ({
    change,
    breaks: DIRECTIONS.filter((each) => breaks.has(each)),
    counterExample,
  }));
}

interface Suspect {
  readonly change: SchemaChange;
  readonly breaks: Set<Direction>;
  counterExample: CounterExample | undefined;
}

interface Trial {
  readonly older: SchemaSide;
  readonly newer: SchemaSide;
  readonly refuted: readonly Direction[];
  readonly guarded: readonly Direction[];
  readonly options: ProofOptions;
}

function breaksBy(effect: SchemaEffect): readonly Direction[] {
  switch (effect) {
    case 'narrows':
      return ['backward'];
    case 'widens':
      return ['forward'];
    case 'both':
      return DIRECTIONS;
    case 'none':
    case 'unclear':
      return [];
    default:
      return effect satisfies never;
  }
}

function trySuspects(suspects: readonly Suspect[], trial: Trial): void {
  const unclear = suspects.filter(({ change }) => change.effect === 'unclear');
  for (const { change, breaks } of unclear) {
    // Nothing simpler can be said of what cannot be tried.
    if (change.alone === undefined) for (const each of trial.refuted) breaks.add(each);
  }
  const certain = suspects.filter(({ change, breaks }) => {
    const isGuarded = trial.guarded.some(
      (each) => trial.refuted.includes(each) && breaks.has(each),
    );
    return trial.options.isExplained && change.effect !== 'unclear' && isGuarded;
  });
  const tried = [...unclear, ...certain].filter(({ change }) => change.alone !== undefined);
  const most = BLAME_SCHEMAS_MAX[trial.options.isExplained ? 'explained' : 'plain'];
  const tries = Math.ceil(most / trial.older.set.document.places.size);
  for (const suspect of tried.slice(0, Math.min(tries, BLAME_TRIES_MAX))) {
    if (trial.options.expired()) return;
    trySuspect(suspect, trial);
  }
}

function trySuspect(suspect: Suspect, trial: Trial): void {
  const { older, refuted, guarded, options } = trial;
  const { change, breaks } = suspect;
  const patched = change.alone === undefined ? undefined : applyPatch(older.schema, change.alone);
  if (patched === undefined) return;
  const side = schemaSide(patched, older.references, options);
  for (const direction of refuted) {
    const isShown = options.isExplained && guarded.includes(direction);
    const isCertain = change.effect !== 'unclear';
    if (isCertain && !(breaks.has(direction) && isShown)) continue;
    const proof = proveAlone(direction, { older, side }, options);
    if (proof.kind === 'contained') breaks.delete(direction);
    if (proof.kind !== 'refuted') continue;
    breaks.add(direction);
    if (isShown)
      suspect.counterExample ??= shownBy(proof.counterExample, direction, { ...trial, side });
  }
}

function proveAlone(
  direction: Direction,
  { older, side }: { readonly older: SchemaSide; readonly side: SchemaSide },
  { comparer, expired, ...options }: ProofOptions,
): Containment {
  const budget = { expired, stepsMax: Math.min(options.stepsMax, BLAME_STEPS_MAX) };
  return direction === 'backward'
    ? comparer.compare(older.set, side.set, budget)
    : comparer.compare(side.set, older.set, budget);
}

/**
 * Gives a document that one difference alone makes invalid, as a second validator agrees. A large schema is not compiled for
 * every difference: there the two whole schemas must part over the document, for whatever reason the validator names first.
 */
function shownBy(
  document: Json,
  direction: Direction,
  { older, newer: whole, side }: Trial & { readonly side: SchemaSide },
): CounterExample | undefined {
  const newer = side.set.document.places.size <= SMALL_MAX ? side : whole;
  const opinion = secondOpinion(
    document,
    direction === 'backward'
      ? { writer: older, reader: newer, validUnder: 'older' }
      : { writer: newer, reader: older, validUnder: 'candidate' },
  );
  return opinion.kind === 'agreed' ? opinion.counterExample : undefined;
}

/** Blames the unclear differences for a direction that none is blamed for, or else all that may do something. */
function blameSomebody(suspects: readonly Suspect[], direction: Direction): void {
  if (suspects.some(({ breaks }) => breaks.has(direction))) return;
  const able = suspects.filter(({ change }) => change.effect !== 'none');
  const unclear = able.filter(({ change }) => change.effect === 'unclear');
  const blamed = [unclear, able, suspects].find((list) => list.length > 0) ?? [];
  for (const { breaks } of blamed) breaks.add(direction);
}
