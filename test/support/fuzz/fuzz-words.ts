import type { Json, JsonObject } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { facet, runDocument } from '#test/lineage/lineage-events';
import { dataContractOf, datasetOf } from '#test/support/data-contracts';
import type { FuzzOperation } from '#test/support/fuzz/described-api';
import { everyAction } from '#test/support/jobs';
import type { Seeded } from '#test/support/seed';

/** Files that requests upload. Their digests are known beforehand. */
export const BLOBS = ['one', 'two', 'three', ''].map((text) => Buffer.from(text));

/** What is published before the first request, and never written again: what reads of rows need. */
export const SERVED = '110/homo_sapiens/GRCh38';

/** The report of a drill that is there before the first request. */
export const DRILL = 'rot-2026-01-31T12-00-00-000Z';

const LEARNED_MAX = 40;

/** What the answers so far have told, newest last. */
export class Learned {
  readonly #values = new Map<string, string[]>();

  /** Keeps a value of a kind; the oldest goes when there are too many. */
  add(kind: string, value: unknown): void {
    if (typeof value !== 'string' || value === '') return;
    const known = this.#values.get(kind) ?? [];
    known.push(value);
    if (known.length > LEARNED_MAX) known.shift();
    this.#values.set(kind, known);
  }

  of(kind: string): readonly string[] {
    return this.#values.get(kind) ?? [];
  }

  /** Reads what an answer tells for later requests. */
  read(operationId: string, json: JsonObject, etag: string | undefined): void {
    this.add('etag', etag);
    this.add(`cursor:${operationId}`, json['next_cursor']);
    if (/JobRun$|JobDefinition$/.test(operationId)) this.add('run', json['id']);
    if (operationId === 'createWebhook') this.add('webhook', json['id']);
    if (operationId === 'issueApiKey') this.add('api-key', json['id']);
    if (operationId === 'postLineageEvent') {
      this.add('run', json['run_id']);
      if (json['kind'] !== 'run') this.add('lineage-document', json['id']);
    }
    const manifest = (json['datasets'] as readonly JsonObject[] | undefined)?.[0]?.['manifest'];
    if (operationId === 'getCatalog') this.add('manifest', (manifest as JsonObject)?.['sha256']);
  }
}

const DATASETS = ['fuzz', 'fuzz/a', 'fuzz/b/c', '1/mus_musculus/GRCm39'];
const CONTRACTS = ['fuzz', 'fuzz.a', 'fuzz.orders', 'fuzz.b-c_d', 'fuzz.wit'];
const VERSIONS = ['v1', 'v2', '1.0.0', '1.1.0', '2.0.0-rc.1'];
// Enough of them that some are in use while others are retired, which is for good.
const DEFINITIONS = ['fuzz', ...Array.from({ length: 19 }, (_, index) => `fuzz.job-${index}`)];
// Few, so that steps meet what was defined.
const DEFINITION_VERSIONS = ['1.0.0', '2.0.0', 'latest'];
const RUNS = ['run-1', 'run-2', 'run-3'];
const TIMES = ['2026-01-31T12:00:00Z', '2020-01-01T00:00:00.5+02:00', '2999-01-01T00:00:00Z'];

const OF_PARAMETER: Readonly<Record<string, readonly string[]>> = {
  at: ['1', '5', '40', ...TIMES],
  from: ['1', '10'],
  label: ['team', 'team=data'],
  format: ['json', 'markdown'],
  table: ['gene_summary', 'nothing'],
  species: ['homo_sapiens', 'Homo_Sapiens', 'nobody'],
  assembly: ['GRCh38'],
  release: ['110'],
  region: ['1:1-1000', '1:100-200', '2:1-5'],
  range: ['1:1-1000'],
  dataset: [SERVED, SERVED, 'fuzz/a'],
  gene_id: ['G00001', 'G00002'],
  name_like: ['first*', 'fi'],
  biotype: ['protein_coding'],
  include: ['coords', 'coords,biotype,counts,length'],
  key: ['G00001', '["G00001"]', '["G00001","x"]'],
  feature: ['gene'],
  dataset_type: ['orders', 'Orders'],
  submitted_from: TIMES,
  submitted_before: TIMES,
  action_type: ['CALL_WEBHOOK', 'STORE_RESULTS'],
  toEnvironment: ['test', 'prod'],
  timeZone: ['Europe/Berlin', 'UTC'],
  cron: ['0 3 * * *', '*/5 * 1 * 1-5'],
  sunset: TIMES,
  parent_run_id: RUNS,
  submitted_by: ['ann', 'ben'],
  // Nobody has such a name.
  url: ['https://hooks.invalid/a', 'https://hooks.invalid/b'],
};

/** Says which words a name stands for, where the document only says that it is a text. */
export function wordsFor(
  { path, operationId }: FuzzOperation,
  name: string,
  learned: Learned,
): readonly string[] {
  if (name === 'cursor') return learned.of(`cursor:${operationId}`);
  if (name === 'sha256') return digests(path, learned);
  if (name === 'version' || name === 'other' || name === 'successor')
    return path.includes('contracts') ? VERSIONS : DEFINITION_VERSIONS;
  if (name === 'name' && path.includes('datasets'))
    return path.startsWith('/registry') ? DATASETS : [SERVED];
  if (name === 'name' && path.includes('/contracts')) return CONTRACTS;
  if (name === 'name' && path.startsWith('/v1/genes')) return ['first-1', 'first-2'];
  if (name === 'id' && path.includes('/job-runs')) return [...RUNS, ...learned.of('run')];
  if (name === 'id' && path.includes('/webhooks')) return learned.of('webhook');
  if (name === 'id' && path.includes('/api-keys')) return learned.of('api-key');
  if (name === 'id' && path.includes('/lineage')) return learned.of('lineage-document');
  if (name === 'id' && path.includes('/drills')) return [DRILL];
  if (name === 'id' && path.includes('/lookup')) return ['G00001', 'G00003'];
  if (name === 'id') return DEFINITIONS;
  if (name === 'datasets') return DATASETS;
  return OF_PARAMETER[name] ?? [];
}

function digests(path: string, learned: Learned): readonly string[] {
  if (path.startsWith('/store/datasets')) return learned.of('manifest');
  return BLOBS.map((blob) => sha256Of(blob));
}

const PERSON = { type: 'object', properties: { name: { type: 'string' } } };
const SCHEMAS: readonly Json[] = [
  PERSON,
  { ...PERSON, required: ['name'] },
  { $schema: 'http://json-schema.org/draft-07/schema#', type: ['string', 'null'], maxLength: 9 },
  { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [true, false] },
  '{"type":"integer","minimum":3}',
  true,
];
const WIT = 'package fuzz:a@1.0.0;\ninterface things { get: func(id: u32) -> option<string>; }\n';
const OBJECTS = BLOBS.map((blob, index) => ({
  key: `data-${index}`,
  sha256: sha256Of(blob),
  bytes: blob.length,
}));
const CONTRACT = { name: 'fuzz.orders', version: 'v1' };
const LINEAGE = [
  runDocument(),
  runDocument({ eventType: 'COMPLETE', inputs: [{ namespace: 'n', name: 'i' }] }),
  runDocument({ run: { runId: '0176a8c2-fe01-7439-87e6-56a1a1b40290', facets: { x: facet() } } }),
  {
    eventTime: '2026-01-31T12:00:00Z',
    producer: 'https://example.org/producer',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
    dataset: { namespace: 'n', name: 'd' },
  },
];

/** Right values for members whose content the document leaves open. */
const OF_MEMBER: Readonly<Record<string, readonly Json[]>> = {
  jsonSchema: SCHEMAS,
  wit: [WIT, [{ path: 'a.wit', text: WIT }]],
  descriptor: [datasetOf(), dataContractOf(), { kind: 'other', x: [1, null] }],
  references: [[], [{ uri: 'other.json', name: 'fuzz', version: 'v1' }]],
  labels: [{ team: 'data' }, {}],
  objects: [OBJECTS, OBJECTS.slice(0, 1), []],
  artifact: OBJECTS,
  tables: [[], [{ name: 'gene_summary', key: ['gene_id'] }]],
  actions: [[everyAction[0]], [everyAction[3], everyAction[5]], []] as never,
  contract: [CONTRACT],
  onSuccess: [[], [{ id: 'fuzz', version: 'latest' }]],
  onFailure: [[], [{ id: 'fuzz', version: '1.0.0' }]],
  onAnomaly: [[]],
  metadata: [{}, { a: 'b' }, { team: 'ü' }],
  gene_ids: [['G00001', 'nothing']],
  ids: [['G00001', 'G00002', 'x']],
  results: [{ rows: 3 }, null, [], 'text'],
  data: [{ a: 1 }, null],
  counts: [{ rows: 4 }, {}],
  metrics: [{ ratio: 0.5 }],
  operations: [
    [{ op: 'start', job: 'load' }],
    [
      { op: 'start', job: 'load', id: 'run-1' },
      { op: 'progress', id: 'run-1', progress: { done: 1 } },
      { op: 'finish', id: 'run-2', status: 'succeeded' },
    ],
    [{ op: 'begin', id: 'run-3' }, { op: 'cancel', id: 'run-3' }, { op: 'nothing' }],
  ],
};

/** Gives a right value for a member whose content is open; `undefined` where the document says enough. */
export function memberValue(name: string, random: Seeded): Json | undefined {
  const values = OF_MEMBER[name];
  return values?.[random.int(values.length)];
}

/** Gives a right body where the document does not say what stands in it. */
export function openBody({ operationId }: FuzzOperation, random: Seeded): Json | undefined {
  const event = (): Json => LINEAGE[random.int(LINEAGE.length)] ?? {};
  if (operationId === 'postLineageEvent') return event();
  return operationId === 'postLineageBatch' ? [event(), event()] : undefined;
}
