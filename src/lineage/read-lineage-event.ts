import { checkFormat } from '#contracts/format/check-format';
import type { JsonFault } from '#contracts/json/json-fault';
import type { StrictJson } from '#contracts/json/parse-strict-json';
import { canonicalJson, isJsonObject, type Json } from '#domain/canonical-json';
import { isRegistryError, quote } from '#domain/errors';
import {
  LINEAGE_EVENT_TYPES,
  type LineageDataset,
  type LineageEvent,
  type LineageEventType,
  type LineageJob,
} from '#lineage/lineage-event';
import { type LineageFault, LineageFaults } from '#lineage/lineage-fault';
import { sealLineage } from '#lineage/lineage-fingerprint';
import {
  LINEAGE_DATASETS_MAX,
  LINEAGE_EVENT_BYTES_MAX,
  LINEAGE_NAME_UNITS_MAX,
  LINEAGE_NAMESPACE_UNITS_MAX,
  LINEAGE_TIME_UNITS_MAX,
  LINEAGE_URI_UNITS_MAX,
} from '#lineage/lineage-limits';
import { type LineageTime, parseLineageTime } from '#lineage/lineage-time';
import type { LineageValidator } from '#lineage/lineage-validator';
import { ObjectReader } from '#lineage/object-reader';
import { parseLineageJson } from '#lineage/parse-lineage-json';

/** Either the event or everything that is wrong with it, at most `LINEAGE_FAULTS_MAX` faults. */
export type LineageRead =
  | { readonly kind: 'event'; readonly event: LineageEvent }
  | { readonly kind: 'refused'; readonly faults: readonly LineageFault[] };

export interface ReadLineageOptions {
  /** Judges what this reader accepts by the published schema once more. Default: only this reader judges. */
  readonly validator?: LineageValidator;
  /** Bytes of UTF-8. Default `LINEAGE_EVENT_BYTES_MAX`. */
  readonly bytesMax?: number;
  /** The value comes from JSON that was read within these bounds before, and is not taken through its text again. */
  readonly isStored?: boolean;
}

/**
 * Reads one event of OpenLineage 2-0-2, from its JSON text or from a value that is no text. Unknown members and facets
 * are kept; numbers that a double cannot keep become texts. Never throws.
 */
export function readLineageEvent(
  input: Json,
  { validator, bytesMax = LINEAGE_EVENT_BYTES_MAX, isStored = false }: ReadLineageOptions = {},
): LineageRead {
  const parsed = parse(input);
  if (parsed.kind === 'refused') return { kind: 'refused', faults: parsed.faults.map(jsonFault) };
  const { value } = parsed;
  if (!isJsonObject(value)) {
    return refusedAs('schema', 'Cannot read lineage event: is no object (want a JSON object)');
  }
  const faults = new LineageFaults();
  const event = readEvent(new ObjectReader({ value, path: '', faults }));
  // What was taken once stays what it is, should the bounds ever become narrower.
  if (event === undefined || (faults.list.length > 0 && !isStored)) {
    return { kind: 'refused', faults: faults.list };
  }
  const fault = validator?.(value);
  if (fault !== undefined) return { kind: 'refused', faults: [fault] };
  return { kind: 'event', event: { ...event, ...sealLineage(event) } };

  function parse(json: Json): StrictJson {
    if (typeof json === 'string') return parseLineageJson(json, bytesMax);
    return isStored ? { kind: 'parsed', value: json } : copyOf(json);
  }

  /** Takes a value through its text, so that both kinds of input obey the same bounds. */
  function copyOf(json: Json): StrictJson {
    try {
      return parseLineageJson(canonicalJson(json), bytesMax);
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      const fault: JsonFault = { rule: 'json-syntax', line: 1, column: 1, message: error.message };
      return { kind: 'refused', faults: [fault] };
    }
  }
}

type Unsealed<T> = T extends unknown ? Omit<T, 'fingerprint' | 'bytes'> : never;

function readEvent(reader: ObjectReader): Unsealed<LineageEvent> | undefined {
  const base = {
    time: readTime(reader),
    producer: reader.text('producer', LINEAGE_URI_UNITS_MAX),
    schemaUrl: reader.text('schemaURL', LINEAGE_URI_UNITS_MAX),
    document: reader.value,
  };
  switch (kindOf(reader)) {
    case 'run': {
      const run = reader.object('run');
      const runFacets = run?.facets('facets', { isDeletable: false }) ?? {};
      const runId = run === undefined ? '' : readRunId(run);
      return {
        kind: 'run',
        ...base,
        type: readType(reader),
        runId,
        runFacets,
        ...readWork(reader),
      };
    }
    case 'job':
      return { kind: 'job', ...base, ...readWork(reader) };
    case 'dataset': {
      const dataset = reader.object('dataset');
      if (dataset === undefined) return undefined;
      return { kind: 'dataset', ...base, dataset: readDataset(dataset, undefined) };
    }
    default:
      return undefined;
  }
}

/** Tells the three kinds apart as the `not` rules of the schema do; notes a fault where they leave it open. */
function kindOf(reader: ObjectReader): LineageEvent['kind'] | undefined {
  const [hasRun, hasJob, hasDataset] = ['run', 'job', 'dataset'].map((key) => reader.has(key));
  if (hasJob && hasDataset && !hasRun) {
    const want = 'either "job" or "dataset" in an event without a run';
    reader.refuse('dataset', { is: 'stands beside "job"', want, rule: 'value' });
    return undefined;
  }
  if (hasDataset && !hasJob) return 'dataset';
  // Of an event with none of the three, most senders meant a run.
  return hasJob && !hasRun ? 'job' : 'run';
}

function readWork(reader: ObjectReader) {
  const read = (key: string, runFacets: string) =>
    reader.objects(key, LINEAGE_DATASETS_MAX).map((dataset) => readDataset(dataset, runFacets));
  return {
    job: readJob(reader.object('job')),
    inputs: read('inputs', 'inputFacets'),
    outputs: read('outputs', 'outputFacets'),
  };
}

function readJob(job: ObjectReader | undefined): LineageJob {
  if (job === undefined) return { namespace: '', name: '', facets: {} };
  return { ...readNames(job), facets: job.facets('facets', { isDeletable: true }) };
}

function readDataset(dataset: ObjectReader, runFacets: string | undefined): LineageDataset {
  return {
    ...readNames(dataset),
    facets: dataset.facets('facets', { isDeletable: true }),
    runFacets: runFacets === undefined ? {} : dataset.facets(runFacets, { isDeletable: false }),
  };
}

function readNames(reader: ObjectReader) {
  return {
    namespace: reader.name('namespace', LINEAGE_NAMESPACE_UNITS_MAX),
    name: reader.name('name', LINEAGE_NAME_UNITS_MAX),
  };
}

function readType(reader: ObjectReader): LineageEventType {
  if (!reader.has('eventType')) return 'OTHER';
  const { eventType } = reader.value;
  const type = LINEAGE_EVENT_TYPES.find((known) => known === eventType);
  if (type === undefined) {
    const is = typeof eventType === 'string' ? `is ${quote(eventType)}` : 'is no string';
    reader.refuse('eventType', { is, want: `one of ${LINEAGE_EVENT_TYPES.join(', ')}` });
  }
  return type ?? 'OTHER';
}

function readTime(reader: ObjectReader): LineageTime {
  const text = reader.text('eventTime', LINEAGE_TIME_UNITS_MAX);
  const read = parseLineageTime(text);
  if ('time' in read) return read.time;
  // A text that is missing or too long has its fault already.
  const isTold = typeof reader.value['eventTime'] !== 'string';
  if (!isTold && read.fault === 'format') {
    const is = `${quote(text)} is no time of RFC 3339`;
    reader.refuse('eventTime', { is, want: 'one such as 2026-01-31T12:00:00Z' });
  }
  if (!isTold && read.fault === 'range') {
    const is = `${quote(text)} is outside of the years 0000 to 9999 in UTC`;
    reader.refuse('eventTime', { is, want: 'a time within them', rule: 'value' });
  }
  return '' as LineageTime;
}

function readRunId(run: ObjectReader): string {
  const { runId } = run.value;
  const text = run.text('runId', Number.POSITIVE_INFINITY);
  if (typeof runId === 'string' && checkFormat('uuid', text) !== 'valid') {
    run.refuse('runId', { is: `${quote(text)} is no UUID`, want: '8-4-4-4-12 hexadecimal digits' });
  }
  return text.toLowerCase();
}

function jsonFault({ rule, line, column, message }: JsonFault): LineageFault {
  const isOfSize = rule === 'json-size' || rule === 'json-depth';
  const place = `at line ${line}, column ${column}`;
  return { rule: isOfSize ? 'value' : 'syntax', path: '', message: `${message}, ${place}` };
}

function refusedAs(rule: LineageFault['rule'], message: string): LineageRead {
  return { kind: 'refused', faults: [{ rule, path: '', message }] };
}
