import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProjectionDigest } from '#projections/projection';
import { STORE_SCHEMA } from '#projections/registry-stores/postgres-document-schema';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { SqliteDocuments } from '#projections/registry-stores/sqlite-documents';
import type { ApiAnswer } from '#test/support/api';
import { datasetOf } from '#test/support/data-contracts';
import { type DefinitionClient, definitionClient, freshId } from '#test/support/definition-bed';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';
import { query, startPostgres, type TestPostgres } from '#test/support/postgres';
import { digestAfter } from '#test/support/projection-conformance';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { somePostgres } from '#test/support/store-storages';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const ROLES = ['projector', 'writer', 'reader'] as const;

function job(id: string): object {
  return { id, name: 'Check', kind: 'validation', trigger: { type: 'MANUAL' }, tags: ['t'] };
}

/** The parts of a node that are not as they should be. */
async function troubles(node: TestRegistry): Promise<readonly string[]> {
  const { json } = await node.api.get('/readyz');
  const parts = json.parts as readonly { name: string; ready: boolean }[];
  return parts.filter(({ ready }) => !ready).map(({ name }) => name);
}

describe('the stores of the registries in Postgres', () => {
  let nats: TestNats;
  let postgres: TestPostgres;
  let nodes: Record<(typeof ROLES)[number], TestRegistry>;
  let writer: DefinitionClient;
  let reader: DefinitionClient;
  beforeAll(async () => {
    nats = await startTestNats({ provision: false });
    postgres = await startPostgres();
    const env = {
      NATS_URL: nats.server.url.replace('//', `//${nats.server.token}@`),
      DATABASE_URL: postgres.url,
      ATLAS_DATABASE_TIMEOUT_MS: '1000',
      ATLAS_DATABASE_CONNECT_TIMEOUT_MS: '500',
      ATLAS_LOG_LEVEL: 'silent',
    };
    const started = await Promise.all(
      ROLES.map(async (role) => [role, await startTestRegistry({ ...env, ATLAS_ROLE: role })]),
    );
    nodes = Object.fromEntries(started) as typeof nodes;
    writer = definitionClient(nodes.writer.api);
    reader = definitionClient(nodes.reader.api);
  });
  afterAll(async () => {
    for (const role of [...ROLES].reverse()) await nodes[role][Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
  });

  const expectTheFold = async (): Promise<void> => {
    const broker = await nats.connect();
    const log = openLog(broker);
    const { last } = await log.head();
    const db = somePostgres(postgres.url);
    const stores = new RegistryStores(new PostgresDocuments(db));
    await eventually('the stores to reach the end of the log', async () => {
      const { position } = await stores.open();
      return position >= last;
    });
    using folder = tempFolder();
    const fold: ProjectionDigest = await digestAfter(
      {
        open: () => new RegistryStores(new SqliteDocuments(join(folder.path, 'fold.sqlite'))),
        [Symbol.asyncDispose]: async () => undefined,
      },
      [log],
      500,
    );
    expect(await stores.digest()).toEqual(fold);
    await db.close();
    await broker.close();
  };

  it('are kept by the projector, and the writer shows there what it has written', async () => {
    const ids = Array.from({ length: 20 }, () => freshId('kept'));
    await Promise.all(
      ids.map(async (id) => {
        const { status, position } = await writer.post('/job-definitions', job(id));
        expect(status).toBe(201);
        // On a machine that is too busy a write is answered before its own node shows it.
        await eventually('the writer shows it', async () => {
          return (await writer.get(`/job-definitions/${id}/1.0.0`)).status === 200;
        });
        const asked = { 'Atlas-Min-Position': String(position) };
        const seen = await eventually('the reader has come so far', async () => {
          const answer = await reader.get(`/job-definitions/${id}`, asked);
          return answer.status === 503 ? undefined : answer;
        });
        expect(seen.json.versions).toHaveLength(1);
      }),
    );
    await expectTheFold();
  });

  it('take their reads with them when Postgres is killed, and nothing else; they catch up when it is back', async () => {
    const [id, later, contract] = [freshId('before'), freshId('later'), freshId('contract')];
    const first = await writer.post('/job-definitions', job(id));
    await writer.post('/contracts', {
      name: contract,
      descriptor: datasetOf({ datasetType: contract }),
    });
    await postgres.kill();
    const away = { status: 503, code: 'VIEW_UNAVAILABLE', retryable: true };
    for (const client of [writer, reader, definitionClient(nodes.projector.api)]) {
      for (const path of [
        `/job-definitions/${id}/1.0.0`,
        `/job-definitions/${id}`,
        '/job-definitions?tag=t',
        '/action-profiles',
        `/dataset-contracts/${contract}`,
      ])
        expect((await client.get(path)).json, path).toMatchObject(away);
      const past = await client.get(`/job-definitions/${id}/1.0.0?at=${first.position}`);
      expect([past.status, past.json.id]).toEqual([200, id]);
      expect((await client.get(`/contracts/${contract}/latest`)).status).toBe(200);
    }
    const written = await writer.post('/job-definitions', job(later));
    expect(written.status).toBe(201);
    for (const verb of ['submit', 'approve'])
      expect((await writer.post(`/job-definitions/${later}/1.0.0/${verb}`)).status).toBe(200);
    expect((await writer.post(`/job-definitions/${later}/runs`)).status).toBeLessThan(300);
    await eventually('the projector to say so', async () =>
      (await troubles(nodes.projector)).includes('registry-stores'),
    );
    expect((await nodes.projector.api.get('/readyz')).json.status).toBe('degraded');
    await postgres.restart();
    const shown = await eventually(
      'the stores to catch up',
      async (): Promise<ApiAnswer | undefined> => {
        const answer = await reader.get(`/job-definitions/${later}/latest`);
        return answer.status === 200 ? answer : undefined;
      },
    );
    expect(shown.json).toMatchObject({ id: later, stage: 'active' });
    await eventually(
      'the projector to be well',
      async () => (await troubles(nodes.projector)).length === 0,
    );
    await expectTheFold();
  });

  it('are built again by the nodes themselves when Postgres is emptied while nothing is written', async () => {
    const id = freshId('idle');
    expect((await writer.post('/job-definitions', job(id))).status).toBe(201);
    const isShown = async () => (await reader.get(`/job-definitions/${id}`)).status === 200;
    await eventually('the reader to show it', isShown);
    await query(postgres.url, `DROP SCHEMA ${STORE_SCHEMA} CASCADE`);
    expect(await isShown()).toBe(false);
    await eventually('the reader to show it again', isShown);
  });

  it('are built again in a Postgres that was emptied', async () => {
    await query(postgres.url, `DROP SCHEMA ${STORE_SCHEMA} CASCADE`);
    const id = freshId('emptied');
    expect((await writer.post('/job-definitions', job(id))).status).toBe(201);
    await expectTheFold();
    await eventually(
      'reads to go on',
      async () => (await reader.get(`/job-definitions/${id}`)).status === 200,
    );
  });
});

describe('a node whose Postgres is away', () => {
  it('does not hold up writes of contracts and definitions once it knows', async () => {
    const postgres = await startPostgres();
    const node = await startTestRegistry({
      DATABASE_URL: postgres.url,
      ATLAS_JOB_RUN_STORE: 'sqlite',
      ATLAS_DATABASE_CONNECT_TIMEOUT_MS: '300',
      ATLAS_VISIBLE_WAIT_MS: '60000',
      ATLAS_LOG_LEVEL: 'silent',
    });
    const client = definitionClient(node.api);
    await postgres.kill();
    // Waits for nobody: no view of this node reads it, but its projector does.
    await node.api.post('/registry/datasets', { name: freshId('d'), schema_fingerprint: 'fp' });
    await eventually('the node to know', async () =>
      (await troubles(node)).includes('registry-stores'),
    );
    const id = freshId('unheld');
    expect((await client.post('/job-definitions', job(id))).status).toBe(201);
    const contract = { name: id, descriptor: datasetOf({ datasetType: id }) };
    expect((await client.post('/contracts', contract)).status).toBe(201);
    expect((await node.api.post('/registry/job-runs', { job: 'x' })).status).toBe(201);
    expect((await node.api.get('/registry/job-runs')).status).toBe(200);
    await node[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });
});
