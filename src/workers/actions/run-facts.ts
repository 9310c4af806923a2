import type { JsonObject } from '#domain/canonical-json';
import type { JobRun } from '#domain/job-run';

/** Writes what is known of a run that has ended, with the names that it has over HTTP. The same run gives the same facts. */
export function runFacts(run: JobRun): JsonObject {
  const { end } = run;
  return known({
    id: run.id,
    job: run.job,
    kind: run.kind,
    status: run.status,
    inputs: run.inputs,
    submitted_at: run.submittedAt,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    submitted_by: run.submittedBy,
    definition: run.definition && { ...run.definition },
    contract: run.contract && { ...run.contract },
    cause: run.cause && causeFacts(run.cause),
    parent_run_id: run.parentRunId,
    correlation_id: run.correlationId,
    counts: end && { ...end.counts },
    metrics: end?.metrics && { ...end.metrics },
    findings: end?.findings && { ...end.findings },
    message: end?.message,
    report_uri: end?.reportUri,
    report_sha256: end?.reportSha256,
    results: end?.results && { ...end.results },
    metadata: { ...run.metadata },
  });
}

function causeFacts(cause: NonNullable<JobRun['cause']>): JsonObject {
  switch (cause.type) {
    case 'MANUAL':
      return { type: cause.type };
    case 'SCHEDULED':
      return { type: cause.type, occurrence: cause.occurrence };
    case 'EXTERNAL_EVENT':
      return { type: cause.type, source: cause.source, event_id: cause.eventId };
    default:
      return cause satisfies never;
  }
}

function known(facts: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject {
  const entries = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

/** Says a run in lines of text for people, the most important first. */
export function runLines(run: JobRun): readonly string[] {
  const { end, definition } = run;
  const findings = Object.entries(end?.findings ?? {}).map(
    ([severity, count]) => `${count} ${severity}`,
  );
  const counts = Object.entries(end?.counts ?? {}).map(([name, count]) => `${name} ${count}`);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Job', run.job],
    ['Status', run.status],
    ['Run', run.id],
    ['Definition', definition && `${definition.id} ${definition.version}`],
    ['Completed', run.completedAt],
    ['Message', end?.message],
    ['Findings', listed(findings)],
    ['Counts', listed(counts)],
    ['Report', end?.reportUri],
  ];
  return lines.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${oneLine(value)}`],
  );
}

const VALUE_MAX = 500;

function listed(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join(', ');
}

function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{C}\u2028\u2029]+/gu, ' ');
  return line.length > VALUE_MAX ? `${line.slice(0, VALUE_MAX).toWellFormed()}…` : line;
}
