import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentValidator } from '#contracts/validation/validate-document';
import { canonicalJson, type JsonObject } from '#domain/canonical-json';
import { JOB_KINDS, type JobRun, parseJobRunId } from '#domain/job-run';
import { JOB_OUTCOMES } from '#domain/job-run-step';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { foldLineage } from '#lineage/fold-lineage';
import { fromJobRun, lineageRunId } from '#lineage/from-job-run';
import type { LineageRunEvent } from '#lineage/lineage-event';
import { lineageValidator, parseSchema } from '#lineage/lineage-validator';
import { readLineageEvent } from '#lineage/read-lineage-event';
import { toJobRun } from '#lineage/to-job-run';
import { eventSchemaText, facetSchemaTexts } from '#test/lineage/lineage-events';
import { failedRun } from '#test/support/action-bed';

const validator = lineageValidator(eventSchemaText());

/** Reads an event as this registry would when it comes from outside. */
function readBack(document: JsonObject): LineageRunEvent {
  const read = readLineageEvent(canonicalJson(document), { validator });
  if (read.kind === 'event' && read.event.kind === 'run') return read.event;
  throw new Error(`not a run event: ${JSON.stringify(read)}`);
}

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9./_-]{0,40}$/);
const endedRun: fc.Arbitrary<JobRun> = fc
  .record({
    id: fc.oneof(fc.uuid(), fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$/)),
    job: name,
    kind: fc.constantFrom(...JOB_KINDS),
    outcome: fc.constantFrom(...JOB_OUTCOMES),
    inputs: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    message: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    error: fc.nat(5),
    at: fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
  })
  .map(({ id, outcome, message, error, at, ...rest }) =>
    failedRun({
      ...rest,
      id: parseJobRunId(id),
      status: outcome,
      completedAt: at.toISOString(),
      end: { outcome, message, counts: { rows: 3 }, findings: { error } },
    }),
  );

describe('fromJobRun()', () => {
  it('gives an event that the reader and the published schema take, and that reads as the same run', () => {
    fc.assert(
      fc.property(endedRun, (run) => {
        const event = readBack(fromJobRun(DEFAULT_SCOPE, run, 'atlas'));
        const told = toJobRun(foldLineage(undefined, event), {
          registryNamespace: 'atlas',
        });
        // OpenLineage knows no run that was left out, and tells cleansing from loading by nothing.
        expect(told.status).toBe(run.status === 'skipped' ? 'cancelled' : run.status);
        expect(told.kind).toBe(run.kind === 'cleansing' ? 'load' : run.kind);
        expect(told.job).toBe(`atlas/${run.job}`);
        expect(told.completedAt).toBe(run.completedAt);
        expect(told.end?.message).toBe(run.status === 'failed' ? run.end?.message : undefined);
        expect(new Set(told.inputs).size).toBe(run.inputs.length);
      }),
    );
  });

  it('keeps the names of datasets of this registry where the namespace is its own', () => {
    const run = failedRun({ inputs: ['110/homo_sapiens/GRCh38'] });
    const event = readBack(fromJobRun(DEFAULT_SCOPE, run, 'atlas'));
    const told = toJobRun(foldLineage(undefined, event), { registryNamespace: 'atlas' });
    expect(told.inputs).toEqual(['110/homo_sapiens/GRCh38']);
  });

  it('writes each facet as its own published schema wants it', () => {
    const texts = facetSchemaTexts();
    const run = failedRun({ cause: { type: 'SCHEDULED', occurrence: '2026-03-01T11:00:00.000Z' } });
    const event = readBack(fromJobRun(DEFAULT_SCOPE, run, 'atlas'));
    const profiled = readBack(fromJobRun(DEFAULT_SCOPE, { ...run, kind: 'profiling' }, 'atlas'));
    const facets = {
      ...event.runFacets,
      ...event.job.facets,
      ...event.inputs[0]?.runFacets,
      ...profiled.inputs[0]?.runFacets,
    };
    const names = Object.keys(facets).filter((one) => one !== 'atlas_jobRun');
    expect(names.toSorted()).toEqual([
      'dataQualityAssertions',
      'dataQualityMetrics',
      'errorMessage',
      'jobType',
      'nominalTime',
    ]);
    for (const one of names) {
      const { _schemaURL: url } = facets[one] as unknown as { readonly _schemaURL: string };
      const file = /([A-Za-z]+\.json)#/.exec(url)?.[1] ?? '';
      const text = texts.get(file) ?? '';
      expect(url.startsWith((JSON.parse(text) as { $id: string }).$id)).toBe(true);
      // The parts that it takes from the schema of events are judged with the event.
      const own = text.replaceAll(/\{\s*"\$ref": "https:[^"]+"\s*\},?/g, '');
      const validate = documentValidator(parseSchema(own), {
        dialect: '2020-12',
        assertsFormats: true,
      });
      expect(validate({ [one]: facets[one] ?? {} })).toMatchObject({ kind: 'valid' });
    }
  });

  it('is the same document every time, and counts once however often it comes', () => {
    const document = fromJobRun(DEFAULT_SCOPE, failedRun(), 'atlas');
    expect(fromJobRun(DEFAULT_SCOPE, failedRun({ actions: [] }), 'atlas')).toEqual(document);
    const event = readBack(document);
    const once = foldLineage(undefined, event);
    expect(foldLineage(once, event)).toEqual(once);
  });

  it('keeps an id that is a UUID, and gives others one that no other scope has', () => {
    const id = '0176A8C2-FE01-7439-87E6-56A1A1B4029F';
    expect(lineageRunId(DEFAULT_SCOPE, id)).toBe(id.toLowerCase());
    const derived = lineageRunId(DEFAULT_SCOPE, 'run-1');
    expect(derived).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(lineageRunId(DEFAULT_SCOPE, 'run-1')).toBe(derived);
    expect(lineageRunId(parseScope('acme', 'dev'), 'run-1')).not.toBe(derived);
  });

  it('refuses a run that has not ended', () => {
    const { end: _, completedAt: __, ...running } = failedRun();
    expect(() => fromJobRun(DEFAULT_SCOPE, { ...running, status: 'running' }, 'a')).toThrow(
      RangeError,
    );
  });
});
