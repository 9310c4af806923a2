import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#domain/canonical-json';
import { JOB_KINDS } from '#domain/job-run';
import { foldLineage } from '#lineage/fold-lineage';
import { lineageRunFacts } from '#lineage/lineage-run-facts';
import { linkedDataset } from '#lineage/linked-dataset';
import { type LineageJobRun, type ToJobRunOptions, toJobRun } from '#lineage/to-job-run';
import { facet, RUN_ID, runEvent, runEvents } from '#test/lineage/lineage-events';

function jobRun(members: JsonObject, options?: ToJobRunOptions): LineageJobRun {
  return toJobRun(foldLineage(undefined, runEvent(members)), options);
}

function run(facets: JsonObject): JsonObject {
  return { runId: RUN_ID, facets };
}

const dataset = (name: string, members: JsonObject = {}) => ({
  namespace: 's3://b',
  name,
  ...members,
});

function output(statistics: JsonObject, name = 'o'): JsonObject {
  return dataset(name, { outputFacets: { outputStatistics: facet(statistics) } });
}

describe('toJobRun()', () => {
  it.each([
    ['START', 'running'],
    ['RUNNING', 'running'],
    ['OTHER', 'running'],
    ['COMPLETE', 'succeeded'],
    ['FAIL', 'failed'],
    ['ABORT', 'cancelled'],
  ])('says of %s that the run is %s', (eventType, status) => {
    const told = jobRun({ eventType });
    expect(told.status).toBe(status);
    expect(told.end?.outcome).toBe(status === 'running' ? undefined : status);
    expect(told.completedAt).toBe(status === 'running' ? undefined : '2026-01-31T12:00:00.000Z');
  });

  it('says a whole run in the words of the registry', () => {
    const events = [
      runEvent({ run: run({ nominalTime: facet({ nominalStartTime: '2026-01-31T00:00:00Z' }) }) }),
      runEvent({
        eventType: 'FAIL',
        eventTime: '2026-01-31T12:05:00.123456Z',
        run: run({
          parent: facet({ run: { runId: 'p' }, job: { namespace: 'scheduler', name: 'dag' } }),
          errorMessage: facet({ message: 'out of disk', programmingLanguage: 'JAVA' }),
        }),
        inputs: [dataset('in')],
        outputs: [output({ rowCount: 5, size: 100 }), output({ rowCount: 7, fileCount: 2 }, 'p')],
      }),
    ];
    const folded = events
      .slice(1)
      .reduce(foldLineage, foldLineage(undefined, events[0] ?? runEvent()));
    expect(toJobRun(folded)).toEqual({
      id: RUN_ID,
      job: 'scheduler/load.orders',
      kind: 'load',
      status: 'failed',
      inputs: ['s3://b/in'],
      outputs: ['s3://b/o', 's3://b/p'],
      submittedAt: '2026-01-31T12:00:00.000Z',
      startedAt: '2026-01-31T12:00:00.000Z',
      lastSignAt: '2026-01-31T12:05:00.123Z',
      completedAt: '2026-01-31T12:05:00.123Z',
      end: {
        outcome: 'failed',
        counts: { rows: 12, bytes: 100, files: 2 },
        message: 'out of disk',
      },
      metadata: {
        'lineage.producer': 'https://example.org/producer',
        'lineage.events': '2',
        'lineage.parent_run_id': 'p',
        'lineage.parent_job': 'scheduler/dag',
        'lineage.nominal_start': '2026-01-31T00:00:00.000Z',
      },
    });
  });

  it('submits a run with its first event and starts it with the first that says so', () => {
    const ended = jobRun({ eventType: 'COMPLETE' });
    expect(ended).not.toHaveProperty('startedAt');
    expect(ended.submittedAt).toBe('2026-01-31T12:00:00.000Z');
    const other = runEvent({ eventType: 'OTHER', eventTime: '2026-01-31T11:00:00Z' });
    const started = foldLineage(foldLineage(undefined, other), runEvent());
    expect(toJobRun(started)).toMatchObject({
      submittedAt: '2026-01-31T11:00:00.000Z',
      startedAt: '2026-01-31T12:00:00.000Z',
    });
  });

  it('tells validation before profiling before load', () => {
    const with_ = (facets: JsonObject) => jobRun({ inputs: [dataset('i', facets)] }).kind;
    const assertions = { dataQualityAssertions: facet({ assertions: [] }) };
    const metrics = { dataQualityMetrics: facet({ columnMetrics: {} }) };
    expect(with_({ inputFacets: { ...assertions, ...metrics } })).toBe('validation');
    expect(with_({ facets: assertions, inputFacets: metrics })).toBe('validation');
    expect(with_({ inputFacets: metrics })).toBe('profiling');
    expect(with_({ facets: { schema: facet() } })).toBe('load');
  });

  it('forgets a facet that was deleted, and counts that are none', () => {
    const deleted = { dataQualityAssertions: facet({ _deleted: true }) };
    expect(jobRun({ inputs: [dataset('i', { facets: deleted })] }).kind).toBe('load');
    const counts = (...outputs: JsonObject[]) =>
      jobRun({ eventType: 'COMPLETE', outputs }).end?.counts;
    expect(counts(output({ rowCount: 'wrong', size: -1, fileCount: 1.5 }))).toEqual({});
    const most = { rowCount: Number.MAX_SAFE_INTEGER };
    expect(counts(output(most))).toEqual({ rows: Number.MAX_SAFE_INTEGER });
    expect(counts(output(most), output({ rowCount: 1 }, 'p'))).toEqual({});
  });

  it('keeps different long names apart, and halves no character', () => {
    const job = (name: string) => jobRun({ job: { namespace: 'n', name } }).job;
    const [one, two] = [`${'x'.repeat(500)}1`, `${'x'.repeat(500)}2`].map(job);
    expect(one).toMatch(/^n\/x+~[0-9a-f]{12}$/);
    expect(one).toHaveLength(200);
    expect(one).not.toBe(two);
    for (const count of [300, 301])
      expect(job(`${'y'.repeat(count % 2)}${'😀'.repeat(300)}`).isWellFormed()).toBe(true);
  });

  it('lets no control character into a name, and keeps such names apart', () => {
    const job = (name: string) => jobRun({ job: { namespace: 'n', name } }).job;
    expect(job('a\nb')).toMatch(/^n\/a_b~[0-9a-f]{12}$/);
    expect(job('a\nb')).not.toBe(job('a\rb'));
    expect(job('a_b')).toBe('n/a_b');
  });

  it('names a thousand datasets and says how many it left out', () => {
    const inputs = Array.from({ length: 1_234 }, (_, n) => dataset(String(n)));
    const told = jobRun({ inputs });
    expect(told.inputs).toHaveLength(1_000);
    expect(told.metadata).toMatchObject({ 'lineage.inputs_left_out': '234' });
    expect(told.metadata).not.toHaveProperty('lineage.outputs_left_out');
  });

  it('names datasets of this registry as the registry does', () => {
    const inputs = [
      { namespace: 'atlas://default/dev', name: '110/homo_sapiens' },
      { namespace: 'atlas://default/dev', name: '../x' },
      { namespace: 'elsewhere', name: '110/homo_sapiens' },
    ];
    expect(jobRun({ inputs }, { registryNamespace: 'atlas://default/dev' }).inputs).toEqual([
      'atlas://default/dev/../x',
      '110/homo_sapiens',
      'elsewhere/110/homo_sapiens',
    ]);
    expect(linkedDataset({ namespace: 'a', name: 'b' }, 'c')).toBeUndefined();
  });

  it('keeps the bounds of a job run, whatever the events say', () => {
    fc.assert(
      fc.property(
        runEvents,
        fc.string({ minLength: 1, maxLength: 400, unit: 'binary' }),
        (events, name) => {
          const job = { namespace: 'n', name: name.toWellFormed() };
          const all = [...events, runEvent({ job, eventTime: '2030-01-01T00:00:00Z' })];
          const first = foldLineage(undefined, runEvent());
          const told = toJobRun(all.reduce(foldLineage, first));
          expect(told.job).toMatch(/^\P{Cc}{1,400}$/u);
          expect(told.job.length).toBeLessThanOrEqual(200);
          expect(JOB_KINDS).toContain(told.kind);
          expect(told.status === 'running').toBe(told.end === undefined);
        },
      ),
    );
  });
});

describe('lineageRunFacts()', () => {
  it('says nothing of facets that are not as their schemas want them', () => {
    const facets = {
      parent: facet({ run: 'x', job: {} }),
      errorMessage: facet({ message: 5 }),
      nominalTime: facet({ nominalStartTime: 'yesterday', nominalEndTime: null }),
    };
    const facts = lineageRunFacts(foldLineage(undefined, runEvent({ run: run(facets) })));
    expect(facts).toEqual({ events: { count: 1, isExact: true }, totals: {} });
  });

  it('knows the parent by the name of the time before 1.0', () => {
    const parentRun = facet({ run: { runId: 'p' }, job: { namespace: 'n', name: 'j' } });
    const facts = lineageRunFacts(foldLineage(undefined, runEvent({ run: run({ parentRun }) })));
    expect(facts.parent).toEqual({ runId: 'p', namespace: 'n', name: 'j' });
  });
});
