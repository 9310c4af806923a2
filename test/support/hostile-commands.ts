import { sha256Of } from '#domain/digest';
import { runDocument } from '#test/lineage/lineage-events';
import { type HostileCommand, type Posted, readAt } from '#test/support/hostile-command';
import { definitionCommands } from '#test/support/hostile-definitions';

const BYTES = 'hostile';
const ARTIFACT = { key: 'a', sha256: sha256Of(BYTES), bytes: BYTES.length };
const SCHEMA = '{"type":"string"}';
const OPEN_SCHEMA = { type: 'object', properties: { a: { description: 'd' } } };

/** What all commands need once: bytes, a contract, and a job that can run. */
export const HOSTILE_GROUND: readonly Posted[] = [
  {
    path: '/registry/contracts',
    body: { name: 'base', version: 'v1', jsonSchema: SCHEMA, stage: 'approved' },
  },
  {
    path: '/registry/job-definitions',
    body: {
      id: 'base',
      version: '1.0.0',
      name: 'Base',
      kind: 'load',
      trigger: { type: 'MANUAL' },
    },
  },
  ...['submit', 'approve', 'activate'].map((step) => ({
    path: `/registry/job-definitions/base/1.0.0/${step}`,
    body: {},
  })),
];

/** The bytes that the ground needs, and their digest. */
export const HOSTILE_ARTIFACT = { bytes: Buffer.from(BYTES), sha256: ARTIFACT.sha256 };

/** Makes every command that takes a text; none of them meets another token's. */
export function hostileCommands(token: string): readonly HostileCommand[] {
  return [
    ...datasetCommands(token),
    ...contractCommands(token),
    ...runCommands(token),
    ...definitionCommands(token),
    ...otherCommands(token),
  ];
}

function datasetCommands(token: string): readonly HostileCommand[] {
  const name = `h/${token}`;
  const register = {
    path: '/registry/datasets',
    body: { name, schema_fingerprint: 'one', objects: [ARTIFACT] },
  };
  const at = `/registry/datasets/${name}`;
  const publish = { path: `${at}/publish`, body: { artifact: ARTIFACT } };
  return [
    {
      operationId: 'registerDataset',
      path: '/registry/datasets',
      body: {
        ...register.body,
        objects: [{ ...ARTIFACT, media_type: 'text/plain' }],
        tables: [{ name: 't', key: ['k'], range: { within: 'w', start: 's', end: 'e' } }],
      },
      read: readAt('/registry/datasets/{name}'),
    },
    { operationId: 'publishDataset', ...publish, before: [register], read: () => at },
    {
      operationId: 'withdrawDataset',
      path: `${at}/withdraw`,
      body: { reason: 'because' },
      before: [register, publish],
    },
  ];
}

function contractCommands(token: string): readonly HostileCommand[] {
  const name = `h.${token}`;
  const publish = {
    path: '/registry/contracts',
    body: { name, version: 'v1', jsonSchema: SCHEMA, stage: 'approved' },
  };
  const at = `/registry/contracts/${name}`;
  const content = {
    version: 'v1',
    description: 'd',
    jsonSchema: OPEN_SCHEMA,
    descriptor: { kind: 'other', text: 'x' },
    references: [{ uri: 'base.json', name: 'base', version: 'v1' }],
    labels: { team: 'data' },
    stage: 'draft',
    override: { reason: 'because' },
  };
  return [
    {
      operationId: 'publishContract',
      path: '/registry/contracts',
      body: { name, ...content },
      read: readAt('/registry/contracts/{name}/{version}'),
      dropped: ['reason'],
    },
    { operationId: 'checkContract', path: `${at}/check`, body: content, isKept: false },
    {
      operationId: 'changeContractStage',
      path: `${at}/v1/stage`,
      body: {
        stage: 'deprecated',
        notes: 'n',
        successor: 'base@v1',
        sunset: '2030-01-31T12:00:00Z',
      },
      before: [publish],
    },
    {
      operationId: 'promoteContract',
      path: `${at}/v1/promote`,
      body: { toEnvironment: 'test', notes: 'n', override: { reason: 'because' } },
      before: [publish],
      dropped: ['reason', 'toEnvironment'],
    },
    {
      operationId: 'setCompatibilityMode',
      method: 'PUT',
      path: `${at}/compatibility`,
      body: { mode: 'FULL' },
      before: [publish],
    },
  ];
}

function runCommands(token: string): readonly HostileCommand[] {
  const id = `r-${token}`;
  const at = `/registry/job-runs/${id}`;
  const start = (status: string): Posted => ({
    path: '/registry/job-runs',
    body: { id, job: 'load', status },
  });
  const told = {
    submitted_by: 'ann',
    parent_run_id: 'p',
    correlation_id: 'c',
    inputs: ['i'],
    metadata: { a: 'b' },
  };
  const readRun = readAt('/registry/job-runs/{id}');
  const progress = { progress: { done: 1, message: 'm' } };
  return [
    {
      operationId: 'startJobRun',
      path: '/registry/job-runs',
      body: { id, job: 'load', ...told },
      read: readRun,
    },
    {
      operationId: 'runJobDefinition',
      path: '/registry/job-definitions/base/runs',
      body: { id, version: 'latest', ...told },
      read: readRun,
      dropped: ['version'],
    },
    {
      operationId: 'beginJobRun',
      path: `${at}/begin`,
      body: { by: 'ben' },
      before: [start('pending')],
    },
    {
      operationId: 'progressJobRun',
      path: `${at}/progress`,
      body: progress,
      before: [start('running')],
      read: () => at,
    },
    {
      operationId: 'finishJobRun',
      path: `${at}/finish`,
      body: {
        status: 'succeeded',
        counts: { rows: 1 },
        metrics: { ratio: 0.5 },
        message: 'm',
        report_uri: 'https://r.example',
        report_sha256: ARTIFACT.sha256,
      },
      before: [start('running')],
      read: () => at,
    },
    {
      operationId: 'getJobRunResults',
      path: `${at}/finish`,
      body: { status: 'succeeded', results: { text: 'x' } },
      before: [start('running')],
      read: () => `${at}/results`,
      notInLog: ['text', 'results'],
    },
    {
      operationId: 'cancelJobRun',
      path: `${at}/cancel`,
      body: { message: 'm' },
      before: [start('running')],
      read: () => at,
    },
  ];
}

function otherCommands(token: string): readonly HostileCommand[] {
  return [
    {
      operationId: 'postJobEvent',
      path: '/registry/job-events',
      body: { source: 's', id: token, type: 't', subject: 'x', data: { text: 'x' } },
      isKept: false,
    },
    {
      operationId: 'batchJobRuns',
      path: '/registry/job-runs/batch',
      body: { operations: [{ op: 'start', id: `b-${token}`, job: 'load', metadata: { a: 'b' } }] },
    },
    {
      operationId: 'lookupGenes',
      path: '/v1/genes/lookup',
      body: { dataset: 'x', gene_ids: ['x'] },
      isKept: false,
    },
    { operationId: 'ensemblLookups', path: '/lookup/id', body: { ids: ['x'] }, isKept: false },
    {
      operationId: 'postLineageEvent',
      path: '/api/v1/lineage',
      body: runDocument({
        run: { runId: runIdOf(token) },
        inputs: [{ namespace: 'n', name: 'i' }],
      }),
    },
  ];
}

function runIdOf(token: string): string {
  const hex = sha256Of(token);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
