import type { JsonObject } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import type { JobRun } from '#domain/job-run';
import type { JobOutcome } from '#domain/job-run-step';
import { type Scope, scopeKey } from '#domain/scope';
import { SEVERITIES } from '#domain/severity';

/** Names this registry as the producer of an event. */
const PRODUCER = 'urn:atlas-registry:job-runs';
const EVENT_SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';
const FACETS = 'https://openlineage.io/spec/facets';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Says a run that has ended as the last event of an OpenLineage run: COMPLETE, FAIL or ABORT. The same run gives the same
 * document every time. A run whose id is no UUID gets one that follows from its scope and id.
 * @throws RangeError for a run that has not ended
 */
export function fromJobRun(scope: Scope, run: JobRun, namespace: string): JsonObject {
  const { completedAt, end } = run;
  if (completedAt === undefined || end === undefined)
    throw new RangeError(`Cannot say run "${run.id}" as ended: it is "${run.status}"`);
  return {
    eventType: eventTypeOf(end.outcome),
    eventTime: completedAt,
    producer: PRODUCER,
    schemaURL: EVENT_SCHEMA,
    run: { runId: lineageRunId(scope, run.id), facets: runFacets(run) },
    job: {
      namespace,
      name: run.job,
      facets: {
        jobType: facet('2-0-4/JobTypeJobFacet', {
          processingType: 'BATCH',
          integration: 'ATLAS',
          jobType: run.kind.toUpperCase(),
        }),
      },
    },
    inputs: run.inputs.map((name) => ({ namespace, name, inputFacets: inputFacets(run) })),
    outputs: [],
  };
}

function eventTypeOf(outcome: JobOutcome): 'COMPLETE' | 'FAIL' | 'ABORT' {
  switch (outcome) {
    case 'succeeded':
      return 'COMPLETE';
    case 'failed':
      return 'FAIL';
    case 'cancelled':
    // OpenLineage has no word for a run that was left out; it did not come to its end either.
    case 'skipped':
      return 'ABORT';
    default:
      return outcome satisfies never;
  }
}

/** Gives the UUID by which OpenLineage knows a run. */
export function lineageRunId(scope: Scope, id: string): string {
  if (UUID.test(id)) return id.toLowerCase();
  const hex = sha256Of(`${scopeKey(scope)}/${id}`);
  // RFC 9562, section 5.8: version 8 is for hashes of one's own; the variant takes two bits.
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
  ];
  return [...parts, hex.slice(20, 32)].join('-');
}

function runFacets(run: JobRun): JsonObject {
  const { end, cause } = run;
  const facets: Record<string, JsonObject> = { atlas_jobRun: registryFacet(run) };
  if (cause?.type === 'SCHEDULED') {
    const members = { nominalStartTime: cause.occurrence };
    facets['nominalTime'] = facet('1-0-1/NominalTimeRunFacet', members);
  }
  if (end?.message !== undefined && end.outcome === 'failed') {
    const members = { message: end.message, programmingLanguage: 'none' };
    facets['errorMessage'] = facet('1-0-1/ErrorMessageRunFacet', members);
  }
  return facets;
}

/** What OpenLineage has no facet for. */
function registryFacet({ id, kind, definition, contract, correlationId, end }: JobRun): JsonObject {
  return {
    _producer: PRODUCER,
    _schemaURL: 'urn:atlas-registry:facet:job-run:1',
    id,
    kind,
    outcome: end?.outcome ?? 'failed',
    counts: { ...end?.counts },
    ...(end?.metrics === undefined ? {} : { metrics: { ...end.metrics } }),
    ...(end?.reportUri === undefined ? {} : { reportUri: end.reportUri }),
    ...(definition === undefined ? {} : { definition: { ...definition } }),
    ...(contract === undefined ? {} : { contract: { ...contract } }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

/** Whoever validates asserts, and whoever profiles measures: by these facets readers tell the two apart. */
function inputFacets({ kind, end }: JobRun): JsonObject {
  switch (kind) {
    case 'validation': {
      const assertions = SEVERITIES.flatMap((severity) => {
        const count = end?.findings?.[severity];
        if (count === undefined) return [];
        return [
          { assertion: `findings_${severity}`, success: count === 0, severity, actual: `${count}` },
        ];
      });
      return {
        dataQualityAssertions: facet('1-1-0/DataQualityAssertionsDatasetFacet', { assertions }),
      };
    }
    case 'profiling': {
      const schema = '1-0-3/DataQualityMetricsInputDatasetFacet';
      return { dataQualityMetrics: facet(schema, { columnMetrics: {} }) };
    }
    case 'cleansing':
    case 'load':
      return {};
    default:
      return kind satisfies never;
  }
}

function facet(schema: string, members: JsonObject): JsonObject {
  const name = schema.slice(schema.indexOf('/') + 1);
  const schemaUrl = `${FACETS}/${schema}.json#/$defs/${name}`;
  return { _producer: PRODUCER, _schemaURL: schemaUrl, ...members };
}
