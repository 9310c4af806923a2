import { refHidesSiblings } from '#contracts/json-schema/dialect';
import type { ReferenceGraph } from '#contracts/json-schema/lint/check-references';
import type { LintFindings } from '#contracts/json-schema/lint/lint-findings';
import type { SchemaPlace } from '#contracts/json-schema/schema-place';
import { quote } from '#domain/errors';

/** The keywords whose schemas look at the same value as the schema that they stand in. */
const IN_PLACE = new Set(
  'allOf anyOf dependencies dependentSchemas else if not oneOf then'.split(' '),
);

/** A step to a schema that looks at the same value. Only references can close a loop. */
interface Step {
  readonly target: SchemaPlace;
  /** The keyword of the reference that is followed; undefined for a step to a schema inside. */
  readonly reference: string | undefined;
}

/** A schema on the way that is being followed, how it was come to, and which of its steps are left. */
interface Visit {
  readonly place: SchemaPlace;
  readonly by: Step | undefined;
  readonly steps: Iterator<Step>;
}

/**
 * Refuses references that lead back to where they stand without passing into a member or an item: a validator would
 * follow them for ever. Each schema is visited once, and without recursion, so that long chains cost no stack.
 */
export function checkReferenceLoops(graph: ReferenceGraph, findings: LintFindings): void {
  const done = new Set<SchemaPlace>();
  for (const place of graph.keys()) if (!done.has(place)) follow(place, { graph, done, findings });
}

function follow(
  start: SchemaPlace,
  {
    graph,
    done,
    findings,
  }: { graph: ReferenceGraph; done: Set<SchemaPlace>; findings: LintFindings },
): void {
  const way: Visit[] = [];
  const onWay = new Map<SchemaPlace, number>();
  const enter = (place: SchemaPlace, by: Step | undefined): void => {
    onWay.set(place, way.length);
    way.push({ place, by, steps: stepsFrom(place, graph).values() });
  };
  enter(start, undefined);
  for (let visit = way.at(-1); visit !== undefined; visit = way.at(-1)) {
    const { done: isLeft, value: step } = visit.steps.next();
    if (isLeft === true) {
      done.add(visit.place);
      onWay.delete(visit.place);
      way.pop();
      continue;
    }
    const closedAt = onWay.get(step.target);
    if (closedAt !== undefined) blame(way.slice(closedAt), step, findings);
    else if (!done.has(step.target)) enter(step.target, step);
  }
}

/** Names the last reference of a loop: `loop` begins with the schema that `closing` leads back to. */
function blame(loop: readonly Visit[], closing: Step, findings: LintFindings): void {
  const steps = [...loop.slice(1).map(({ by }) => by), closing];
  const at = steps.findLastIndex((step) => step?.reference !== undefined);
  const keyword = steps[at]?.reference;
  const from = loop[at]?.place;
  if (keyword === undefined || from === undefined) return;
  const target = steps[at]?.target.pointer ?? '';
  findings.fault(
    'ref-loop',
    { pointer: `${from.pointer}/${keyword}`, document: from.document },
    `Cannot follow ${keyword} to ${quote(`#${target}`)}: leads back to itself for the same value (want a member or an item between)`,
  );
}

function stepsFrom(place: SchemaPlace, graph: ReferenceGraph): readonly Step[] {
  const references = graph.get(place) ?? [];
  const steps = references.map(({ keyword, target }): Step => ({ target, reference: keyword }));
  if (references.length > 0 && refHidesSiblings(place.dialect)) return steps;
  for (const [path, target] of place.children) {
    const keyword = path.split('/', 1)[0] ?? '';
    if (IN_PLACE.has(keyword)) steps.push({ target, reference: undefined });
  }
  return steps;
}
