import { sha256Of } from '#domain/digest';
import { type JobKind, type JobRun, type JobRunEnd, parseJobRunId } from '#domain/job-run';
import type { JobOutcome } from '#domain/job-run-step';
import type { LineageEventType } from '#lineage/lineage-event';
import type { LineageRun, LineageStamp, RunDataset } from '#lineage/lineage-run';
import { type LineageRunFacts, lineageRunFacts, liveFacet } from '#lineage/lineage-run-facts';
import { type LineageTime, timestampOf } from '#lineage/lineage-time';
import { linkedDataset } from '#lineage/linked-dataset';

/** A job run of this registry that other systems reported. */
export type LineageJobRun = JobRun & {
  /** Names of the datasets that the run writes, as `inputs` has those that it reads. */
  readonly outputs: readonly string[];
};

export interface ToJobRunOptions {
  /**
   * The namespace by which events name datasets of this registry; these appear under their own names. Default: none, and
   * every dataset appears as `<namespace>/<name>`.
   */
  readonly registryNamespace?: string;
}

// The bounds of job runs that are started over HTTP hold for reported ones too.
const JOB_UNITS_MAX = 200;
const DATASET_UNITS_MAX = 1_024;
const DATASETS_MAX = 1_000;
const TEXT_UNITS_MAX = 4_000;
const HASH_DIGITS = 12;

/**
 * Says a run in the words of this registry. Names are `<namespace>/<name>` without control characters; a name that had to
 * be changed or cut ends in `~` and twelve digits of its hash. Datasets beyond 1,000 are counted in the metadata.
 */
export function toJobRun(run: LineageRun, options: ToJobRunOptions = {}): LineageJobRun {
  const facts = lineageRunFacts(run);
  const outcome = outcomeOf(run.status);
  const names = (datasets: readonly RunDataset[]) =>
    datasets.slice(0, DATASETS_MAX).map((dataset) => datasetName(dataset, options));
  const base = {
    id: parseJobRunId(run.runId),
    job: safeName(`${run.source.namespace}/${run.source.name}`, JOB_UNITS_MAX),
    kind: kindOf(run),
    inputs: names(run.inputs.items),
    outputs: names(run.outputs.items),
    metadata: metadataOf(run, facts),
    submittedAt: timestampOf(run.firstEventAt),
    ...(run.startedAt === undefined ? {} : { startedAt: timestampOf(run.startedAt) }),
    lastSignAt: timestampOf(timeOfStamp(run.source.stamp)),
  };
  if (outcome === undefined || run.endedAt === undefined) return { ...base, status: 'running' };
  const completedAt = timestampOf(run.endedAt);
  return { ...base, status: outcome, completedAt, end: endOf(outcome, facts) };
}

function timeOfStamp(stamp: LineageStamp): LineageTime {
  return stamp.slice(0, stamp.indexOf(' ')) as LineageTime;
}

function outcomeOf(status: LineageEventType): JobOutcome | undefined {
  switch (status) {
    case 'COMPLETE':
      return 'succeeded';
    case 'FAIL':
      return 'failed';
    case 'ABORT':
      return 'cancelled';
    case 'START':
    case 'RUNNING':
    case 'OTHER':
      return undefined;
    default:
      return status satisfies never;
  }
}

function endOf(outcome: JobOutcome, { totals, errorMessage }: LineageRunFacts): JobRunEnd {
  const message = errorMessage === undefined ? {} : { message: cut(errorMessage, TEXT_UNITS_MAX) };
  return { outcome, counts: { ...totals }, ...message };
}

/** Who asserts validates, even when measuring as well. */
function kindOf(run: LineageRun): JobKind {
  const datasets = [...run.inputs.items, ...run.outputs.items];
  const has = (name: string): boolean =>
    datasets.some(
      ({ facets, runFacets }) =>
        liveFacet(facets, name) !== undefined || liveFacet(runFacets, name) !== undefined,
    );
  if (has('dataQualityAssertions')) return 'validation';
  return has('dataQualityMetrics') ? 'profiling' : 'load';
}

function metadataOf(run: LineageRun, facts: LineageRunFacts): Readonly<Record<string, string>> {
  const { events, parent, nominalStart, nominalEnd } = facts;
  const leftOut = (datasets: readonly RunDataset[], isCut: boolean) => {
    const count = datasets.length - DATASETS_MAX;
    return count > 0 ? countText(count, !isCut) : undefined;
  };
  const entries: readonly (readonly [string, string | undefined])[] = [
    ['lineage.producer', run.source.producer],
    ['lineage.events', countText(events.count, events.isExact)],
    ['lineage.parent_run_id', parent?.runId],
    ['lineage.parent_job', parent && `${parent.namespace}/${parent.name}`],
    ['lineage.nominal_start', nominalStart],
    ['lineage.nominal_end', nominalEnd],
    ['lineage.inputs_left_out', leftOut(run.inputs.items, run.inputs.isCut)],
    ['lineage.outputs_left_out', leftOut(run.outputs.items, run.outputs.isCut)],
  ];
  return Object.fromEntries(
    entries.flatMap(([key, value]) =>
      value === undefined ? [] : [[key, cut(value, TEXT_UNITS_MAX)]],
    ),
  );
}

function countText(count: number, isExact: boolean): string {
  return isExact ? String(count) : `at least ${count}`;
}

function datasetName(dataset: RunDataset, { registryNamespace }: ToJobRunOptions): string {
  const linked =
    registryNamespace === undefined ? undefined : linkedDataset(dataset, registryNamespace);
  return linked ?? safeName(`${dataset.namespace}/${dataset.name}`, DATASET_UNITS_MAX);
}

function safeName(text: string, unitsMax: number): string {
  const plain = text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '_');
  if (plain === text && plain.length <= unitsMax) return plain;
  // Without the hash two names that differ behind the cut would be one.
  const hash = sha256Of(text).slice(0, HASH_DIGITS);
  return `${cut(plain, unitsMax - HASH_DIGITS - 1)}~${hash}`;
}

/** Cuts a text so that no half of a character is left. */
function cut(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  return text.slice(0, unitsMax).replace(/[\ud800-\udbff]$/, '');
}
