import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

/** Stops at the first command that is refused. Where there is no jq its filter lets everything pass. */
const STRICT = `set -eu
curl() { command curl -sS --fail-with-body "$@"; echo; }
command -v jq > /dev/null || jq() { cat; }
`;

const PATHS = [
  'registry/action-profiles',
  'registry/job-definitions',
  'registry/job-runs/batch',
  'registry/job-events',
  'api/v1/lineage',
];

describe('the commands of docs/jobs.md, one after the other', () => {
  let registry: TestRegistry;
  let blocks: readonly string[];

  beforeAll(async () => {
    registry = await startTestRegistry();
    const text = readFileSync(join(import.meta.dirname, '../../docs/jobs.md'), 'utf8');
    blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block ?? '');
    const script = blocks.join('\n').replace(/^R=.*$/m, `R=${registry.registry.url}`);
    await promisify(execFile)('bash', ['-c', STRICT + script]);
    return async () => await registry[Symbol.asyncDispose]();
  });

  it('stand there for every part', () => {
    const commands = blocks.join('\n');
    for (const path of PATHS) expect(commands).toContain(`$R/${path}`);
  });

  it('define what they say', async () => {
    const { json } = await registry.api.get('/registry/job-definitions?tag=daily&stage=active');
    expect(json.definitions).toMatchObject([{ id: 'orders.check', version: '1.0.0' }]);
  });

  it('end the run in the way that the text says', async () => {
    const { json } = await registry.api.get('/registry/job-runs/orders-monday');
    expect(json).toMatchObject({ status: 'failed', correlation_id: 'month-end' });
    expect(json.actions).toHaveLength(2);
  });

  it('take the batch, whose last operation alone is refused', async () => {
    expect((await registry.api.get('/registry/job-runs/load-1')).json.status).toBe('succeeded');
    expect((await registry.api.get('/registry/job-runs/load-2')).status).toBe(404);
  });

  it('start one run for the event', async () => {
    const { json } = await registry.api.get('/registry/job-runs?definition=orders.profile');
    expect(json.job_runs).toMatchObject([{ status: 'pending', correlation_id: 'load-17' }]);
  });

  it('report a run of OpenLineage', async () => {
    const { json } = await registry.api.get('/registry/job-runs?job=airflow/sales.load_orders');
    expect(json.job_runs).toMatchObject([{ origin: 'openlineage', status: 'succeeded' }]);
  });
});
