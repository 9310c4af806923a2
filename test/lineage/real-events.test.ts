import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { foldLineage, isTerminal } from '#lineage/fold-lineage';
import { lineageValidator } from '#lineage/lineage-validator';
import { lineageWarner } from '#lineage/lineage-warnings';
import { readLineageBatch } from '#lineage/read-lineage-batch';
import { readLineageEvent } from '#lineage/read-lineage-event';
import { toJobRun } from '#lineage/to-job-run';
import {
  eventSchemaText,
  facetSchemaTexts,
  lineageFixtures,
  runEvent,
} from '#test/lineage/lineage-events';

/** The events that are refused, and for what. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  'scenarios/simple_run_event/events/simple_run_event.json': ['schema /run/runId'],
  'proxy/fluentd/events/event_no_run_id.json': ['schema /run/runId'],
};

/** The events that are read although a facet breaks its schema, and which facet. */
const WARNED: Readonly<Record<string, readonly string[]>> = {
  // Metrics without columns were right in older versions of the facet.
  'proxy/fluentd/events/event_full.json': ['/inputs/0/inputFacets/dataQualityMetrics'],
  'proxy/fluentd/events/event_invalid_dataset_facet.json': ['/outputs/0/facets/ownership'],
  'proxy/fluentd/events/event_invalid_input_dataset_facet.json': [
    '/inputs/0/inputFacets/dataQualityMetrics',
  ],
  'proxy/fluentd/events/event_invalid_job_facet.json': ['/job/facets/ownership'],
  'proxy/fluentd/events/event_invalid_output_dataset_facet.json': [
    '/outputs/0/outputFacets/outputStatistics',
  ],
  'proxy/fluentd/events/event_invalid_run_facet.json': ['/run/facets/parent'],
};

describe('an event as small as it may be', () => {
  it('is read, and is a run that is under way', () => {
    const run = foldLineage(undefined, runEvent({ eventType: 'START' }));
    expect(isTerminal(run.status)).toBe(false);
    expect(toJobRun(run).status).toBe('running');
  });
});

const fixtures = lineageFixtures();
if (fixtures !== undefined) {
  const files = ['scenarios', 'proxy'].flatMap((folder) =>
    readdirSync(join(fixtures, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /(events|docker)\/[^/]+\.json$/.test(path))
      .map((path) => `${folder}/${path}`),
  );
  const full = 'spec/tests/example_full_event.json';
  if (existsSync(join(fixtures, full))) files.push(full);
  const texts = files
    .sort()
    .map((path) => [path, readFileSync(join(fixtures, path), 'utf8')] as const);

  const validator = lineageValidator(eventSchemaText());
  const warner = lineageWarner({
    event: eventSchemaText(),
    facets: [...facetSchemaTexts().values()],
  });

  describe('real events', () => {
    it('are read, but for those that have no UUID for their run', () => {
      const refused: Record<string, readonly string[]> = {};
      for (const [path, text] of texts) {
        const read = readLineageEvent(text, { validator });
        if (read.kind === 'event') expect(read.event.document).toEqual(JSON.parse(text));
        else refused[path] = read.faults.map((fault) => `${fault.rule} ${fault.path}`);
      }
      expect(refused).toEqual(REFUSED);
      console.log(`${texts.length} events: ${texts.length - Object.keys(refused).length} read`);
    });

    it('are warned of where a known facet breaks its schema', () => {
      const warned: Record<string, readonly string[]> = {};
      for (const [path, text] of texts) {
        const read = readLineageEvent(text);
        const faults = read.kind === 'event' ? warner(read.event) : [];
        if (faults.length > 0) warned[path] = faults.map((fault) => fault.path);
      }
      expect(warned).toEqual(WARNED);
    });

    it('are read one by one from a batch of all of them', async () => {
      const all = `[${texts.map(([, text]) => text).join(',')}]`;
      const batch = await readLineageBatch(all, { eventsMax: texts.length, validator });
      if (batch.kind === 'refused') throw new Error('refused');
      const refused = batch.items.filter(({ kind }) => kind === 'refused');
      const paths = refused.map(({ index }) => texts[index]?.[0] ?? '');
      expect(paths.toSorted()).toEqual(Object.keys(REFUSED).toSorted());
    });

    it('become job runs that ended', () => {
      for (const [path, text] of texts) {
        const read = readLineageEvent(text);
        if (read.kind === 'refused' || read.event.kind !== 'run') continue;
        const run = foldLineage(undefined, read.event);
        const told = toJobRun(run);
        expect(told.status !== 'running', path).toBe(isTerminal(run.status));
        expect(told.job, path).toBe(`${read.event.job.namespace}/${read.event.job.name}`);
      }
    });
  });
}
