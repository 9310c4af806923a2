import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import type { Json, JsonObject } from '#domain/canonical-json';
import type { LineageRunEvent } from '#lineage/lineage-event';
import type { LineageFault } from '#lineage/lineage-fault';
import { type ReadLineageOptions, readLineageEvent } from '#lineage/read-lineage-event';

const SCHEMAS = resolve(import.meta.dirname, '../../src/lineage/schema');
const FIXTURES = resolve(import.meta.dirname, '../../../shared/fixtures/openlineage');

/** Gives the folder of events made by others, or `undefined` where it is absent. */
export function lineageFixtures(): string | undefined {
  return existsSync(FIXTURES) ? FIXTURES : undefined;
}

/** Reads the schema of events that is part of the package. */
export function eventSchemaText(): string {
  return readFileSync(join(SCHEMAS, 'OpenLineage.json'), 'utf8');
}

/** Reads the schemas of facets that are part of the package, by file name. */
export function facetSchemaTexts(): ReadonlyMap<string, string> {
  const folder = join(SCHEMAS, 'facets');
  const names = readdirSync(folder).sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

export const RUN_ID = '0176a8c2-fe01-7439-87e6-56a1a1b4029f';

/** Makes a facet with what every facet must have. */
export function facet(members: JsonObject = {}): JsonObject {
  return {
    _producer: 'https://example.org/producer',
    _schemaURL: 'https://example.org/facet.json',
    ...members,
  };
}

/** Makes a document of a right run event; members replace those of the same name. */
export function runDocument(members: JsonObject = {}): JsonObject {
  return {
    eventType: 'START',
    eventTime: '2026-01-31T12:00:00Z',
    run: { runId: RUN_ID },
    job: { namespace: 'scheduler', name: 'load.orders' },
    producer: 'https://example.org/producer',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json',
    ...members,
  };
}

/** Reads a document that is a right run event. */
export function runEvent(members: JsonObject = {}): LineageRunEvent {
  const read = readLineageEvent(runDocument(members));
  if (read.kind === 'event' && read.event.kind === 'run') return read.event;
  throw new Error(`not a run event: ${JSON.stringify(read)}`);
}

/** Gives the faults of an input; none when it is read. */
export function faultsOf(input: Json, options?: ReadLineageOptions): readonly LineageFault[] {
  const read = readLineageEvent(input, options);
  return read.kind === 'refused' ? read.faults : [];
}

/** Gives the faults of an input as `<rule> <path>`. */
export function placesOf(input: Json): readonly string[] {
  return faultsOf(input).map(({ rule, path }) => `${rule} ${path}`);
}

// Few values, so that events collide in time, name and facet.
const facets = fc.dictionary(
  fc.constantFrom('schema', 'errorMessage', 'nominalTime', 'parent', '__proto__'),
  fc
    .record({ value: fc.nat(2), _deleted: fc.constantFrom(true, false) }, { requiredKeys: [] })
    .map((members) => facet(members)),
  { maxKeys: 3 },
);

const dataset = (runFacets: string) =>
  fc.record({
    namespace: fc.constantFrom('s3://bucket', 'warehouse'),
    name: fc.constantFrom('orders', 'customers', 'a/b'),
    facets,
    [runFacets]: facets,
  });

/** Makes events of one run that disagree with each other in every way the format allows. */
export const runEvents: fc.Arbitrary<readonly LineageRunEvent[]> = fc.array(
  fc
    .record(
      {
        eventType: fc.constantFrom('START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'),
        eventTime: fc.constantFrom(
          '2026-01-31T12:00:00Z',
          '2026-01-31T13:00:00+01:00',
          '2026-01-31T12:00:00.000001Z',
          '2026-01-31T11:59:59.9Z',
          '2026-01-31T12:00:01Z',
        ),
        run: facets.map((found) => ({ runId: RUN_ID, facets: found })),
        job: fc.record({
          namespace: fc.constant('scheduler'),
          name: fc.constantFrom('load', 'load.orders'),
          facets,
        }),
        inputs: fc.array(dataset('inputFacets'), { maxLength: 4 }),
        outputs: fc.array(dataset('outputFacets'), { maxLength: 4 }),
        note: fc.nat(2),
      },
      { requiredKeys: ['eventTime', 'run', 'job'] },
    )
    .map((members) => runEvent(members as unknown as JsonObject)),
  { minLength: 1, maxLength: 8 },
);
