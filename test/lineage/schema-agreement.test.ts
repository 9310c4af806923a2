import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentValidator } from '#contracts/validation/validate-document';
import type { Json, JsonObject } from '#domain/canonical-json';
import {
  eventSchemaText,
  facet,
  faultsOf,
  RUN_ID,
  runDocument,
} from '#test/lineage/lineage-events';

// Of the formats the reader asserts those of times and ids; what is no URI is only worth a warning.
const schema = JSON.parse(
  eventSchemaText().replaceAll('"format": "uri"', '"format": "none"'),
) as Json;
const validate = documentValidator(withoutUnknownFormat(schema), {
  dialect: '2020-12',
  assertsFormats: true,
});

function withoutUnknownFormat(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutUnknownFormat);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) => key !== 'format' || inner !== 'none',
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutUnknownFormat(inner)]));
}

const dataset: JsonObject = {
  namespace: 'warehouse',
  name: 'orders',
  facets: { schema: facet({ _deleted: true }) },
  inputFacets: { quality: facet({ _deleted: true }) },
  outputFacets: { quality: facet() },
};
const full = runDocument({
  run: { runId: RUN_ID, facets: { parent: facet({ _deleted: true }) } },
  job: { namespace: 'scheduler', name: 'load', facets: { sql: facet({ _deleted: false }) } },
  inputs: [dataset],
  outputs: [dataset, dataset],
  dataset,
});

/** Every place in a value, as a path of keys. */
function places(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]));
  return [path, ...inner];
}

function changed(value: Json, [key, ...rest]: readonly string[], change: Json | undefined): Json {
  if (key === undefined || typeof value !== 'object' || value === null) return change ?? null;
  const entries = Object.entries(value).flatMap(([name, member]) => {
    if (name !== key) return [[name, member] as const];
    if (rest.length === 0 && change === undefined) return [];
    return [[name, changed(member, rest, change)] as const];
  });
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}

const change = fc.option(
  fc.constantFrom<Json>(
    null,
    1,
    true,
    'x',
    [],
    {},
    'COMPLETE',
    RUN_ID,
    '2026-01-31T12:00:00Z',
    { a: {} },
    { a: facet() },
    { namespace: 'a', name: 'b' },
  ),
  { nil: undefined },
);
const step = fc.tuple(fc.constantFrom(...places(full).slice(1)), change);

describe('the reader and the schema', () => {
  it('agree on events with up to five random changes', () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const event = steps.reduce<Json>((value, [path, to]) => changed(value, path, to), full);
        const faults = faultsOf(event);
        const verdict = validate(event).kind;
        if (faults.length === 0) accepted += 1;
        else refused += 1;
        // What only this registry refuses is told as a fault of the value.
        const breaksSchema = faults.some(({ rule }) => rule === 'schema');
        if (breaksSchema) expect(verdict).toBe('invalid');
        if (faults.length === 0) expect(verdict).toBe('valid');
      }),
      { numRuns: 5_000 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(100);
    console.log(`reader and schema agree: ${accepted} accepted, ${refused} refused`);
  });
});
