import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '#domain/canonical-json';
import { lineageValidator } from '#lineage/lineage-validator';
import { lineageWarner } from '#lineage/lineage-warnings';
import { readLineageEvent } from '#lineage/read-lineage-event';
import {
  eventSchemaText,
  facet,
  facetSchemaTexts,
  lineageFixtures,
  RUN_ID,
  runDocument,
} from '#test/lineage/lineage-events';

const warner = lineageWarner({
  event: eventSchemaText(),
  facets: [...facetSchemaTexts().values()],
});
const validator = lineageValidator(eventSchemaText());

function warningsOf(input: Json): readonly string[] {
  const read = readLineageEvent(input, { validator });
  if (read.kind === 'refused') throw new Error(JSON.stringify(read.faults));
  return warner(read.event).map(({ path }) => path);
}

/** A facet that names a schema of OpenLineage. */
function known(members: JsonObject): JsonObject {
  return facet({ _schemaURL: 'https://openlineage.io/spec/facets/1-0-0/X.json', ...members });
}

describe('lineageWarner()', () => {
  it('warns of known facets that break their schema, wherever they stand', () => {
    const wrong = known({ columnMetrics: 1, assertions: 1, rowCount: 'x', fields: 1, query: 1 });
    const document = runDocument({
      run: {
        runId: RUN_ID,
        facets: { parent: wrong, nominalTime: known({ nominalStartTime: 5 }) },
      },
      job: { namespace: 'a', name: 'b', facets: { sql: wrong } },
      inputs: [
        {
          namespace: 'a',
          name: 'b',
          inputFacets: { dataQualityMetrics: wrong, dataQualityAssertions: wrong },
        },
      ],
      outputs: [
        {
          namespace: 'a',
          name: 'b',
          facets: { schema: wrong },
          outputFacets: { outputStatistics: wrong },
        },
      ],
    });
    expect(warningsOf(document).toSorted()).toEqual([
      '/inputs/0/inputFacets/dataQualityAssertions',
      '/inputs/0/inputFacets/dataQualityMetrics',
      '/job/facets/sql',
      '/outputs/0/facets/schema',
      '/outputs/0/outputFacets/outputStatistics',
      '/run/facets/nominalTime',
      '/run/facets/parent',
    ]);
  });

  it('is silent about facets of others, even under a known name, and about unknown ones', () => {
    const run = { runId: RUN_ID, facets: { parent: facet({ run: 1 }), mine: known({ a: 1 }) } };
    expect(warningsOf(runDocument({ run }))).toEqual([]);
  });

  it('warns of a producer that is no URI', () => {
    expect(warningsOf(runDocument({ producer: 'producer', schemaURL: '' }))).toEqual([
      '/producer',
      '/schemaURL',
    ]);
  });

  it('judges the facets of static events too', () => {
    const { run: _run, job: _job, ...base } = runDocument();
    const dataset = { namespace: 'a', name: 'b', facets: { schema: known({ fields: 1 }) } };
    expect(warningsOf({ ...base, dataset })).toEqual(['/dataset/facets/schema']);
    const job = { namespace: 'a', name: 'b', facets: { ownership: known({ owners: 1 }) } };
    expect(warningsOf({ ...base, job })).toEqual(['/job/facets/ownership']);
  });

  it('has a schema that compiles for every facet of the package', () => {
    expect(facetSchemaTexts().size).toBe(38);
    for (const [name, text] of facetSchemaTexts()) {
      const one = lineageWarner({ event: eventSchemaText(), facets: [text] });
      const [key = ''] = Object.keys((JSON.parse(text) as { properties: object }).properties);
      // Facets need what every facet needs; a schema that cannot be read would say nothing here.
      const event = readLineageEvent(everywhere(key, known({})));
      if (event.kind === 'refused') throw new Error(name);
      const broken = { ...event.event, ...stripped(event.event) };
      expect(one(broken as typeof event.event), name).not.toEqual([]);
    }
  });
});

/** An event with the facet in every place that facets have. */
function everywhere(key: string, facet: JsonObject): JsonObject {
  const dataset = { namespace: 'a', name: 'b', facets: { [key]: facet } };
  return runDocument({
    run: { runId: RUN_ID, facets: { [key]: facet } },
    job: { namespace: 'a', name: 'b', facets: { [key]: facet } },
    inputs: [{ ...dataset, inputFacets: { [key]: facet } }],
    outputs: [{ ...dataset, outputFacets: { [key]: facet } }],
  });
}

/** The same event with facets that lack what the reader would have refused to miss. */
function stripped(event: object): object {
  const text = JSON.stringify(event).replaceAll('"_producer":', '"_nobody":');
  return JSON.parse(text) as object;
}

const fixtures = lineageFixtures();
if (fixtures !== undefined) {
  describe('the schemas of the package', () => {
    it('are those of OpenLineage 2-0-2, indented anew', () => {
      const upstream = (path: string): unknown =>
        JSON.parse(readFileSync(join(fixtures, path), 'utf8'));
      expect(JSON.parse(eventSchemaText())).toEqual(upstream('spec/OpenLineage.json'));
      for (const [name, text] of facetSchemaTexts()) {
        expect(JSON.parse(text), name).toEqual(upstream(`spec/facets/${name}`));
      }
    });
  });

  describe('the warner and real facets', () => {
    it('accepts every example that comes with the facets of the specification', () => {
      const folder = join(fixtures, 'spec/tests');
      let count = 0;
      for (const name of readdirSync(folder)) {
        const schema = facetSchemaTexts().get(`${name}.json`);
        if (schema === undefined || !existsSync(join(folder, name))) continue;
        for (const file of readdirSync(join(folder, name))) {
          const example = JSON.parse(readFileSync(join(folder, name, file), 'utf8')) as JsonObject;
          for (const [key, value] of Object.entries(example)) {
            const one = lineageWarner({ event: eventSchemaText(), facets: [schema] });
            const read = readLineageEvent(everywhere(key, value as JsonObject));
            const warnings = read.kind === 'event' ? one(read.event) : read.faults;
            expect(warnings, `${name}/${file}`).toEqual([]);
            count += 1;
          }
        }
      }
      expect(count).toBeGreaterThan(30);
      console.log(`${count} examples of facets accepted`);
    });
  });
}
