import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256Of } from '#domain/digest';
import { newId } from '#flow/new-id';
import type { Api, ApiAnswer } from '#test/support/api';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { openTestS3, type TestS3 } from '#test/support/test-s3';

const TABLE = { name: 'things', key: ['id'] };

let folder: TempFolder;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => {
  folder[Symbol.dispose]();
});

function sqlite(sql: string): Buffer {
  const path = join(folder.path, `${newId()}.sqlite`);
  const db = new Database(path);
  db.exec(sql);
  db.close();
  const bytes = readFileSync(path);
  rmSync(path);
  return bytes;
}

async function publish(api: Api, bytes: Buffer, tables?: object[]): Promise<ApiAnswer> {
  const sha256 = sha256Of(bytes);
  const name = `sqlite/${newId()}`;
  await api.send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw: bytes });
  const artifact = { key: 'data.sqlite', sha256, bytes: bytes.length };
  const declared = tables === undefined ? {} : { tables };
  await api.post('/registry/datasets', registration(name, { objects: [artifact], ...declared }));
  return await api.post(`/registry/datasets/${name}/publish`, { artifact });
}

const GOOD =
  'CREATE TABLE things (id TEXT PRIMARY KEY, n INTEGER); INSERT INTO things VALUES (1, 2)';

function suite(api: () => Api): void {
  it('takes a SQLite file that holds what its manifest declares, and one that declares nothing', async () => {
    expect((await publish(api(), sqlite(GOOD), [TABLE])).json).toMatchObject({
      status: 'published',
      tables: [TABLE],
    });
    expect((await publish(api(), sqlite(GOOD))).status).toBe(200);
    expect((await publish(api(), Buffer.from('no SQLite'))).status).toBe(200);
  });

  it.each([
    ['a declared table that is missing', GOOD, [{ name: 'others', key: ['id'] }], 'others'],
    ['a declared column that is missing', GOOD, [{ name: 'things', key: ['what'] }], 'what'],
    ['a key without an index', GOOD, [{ name: 'things', key: ['n'] }], 'things'],
    ['a view', `${GOOD}; CREATE VIEW v AS SELECT 1`, [TABLE], 'view'],
    [
      'a trigger',
      `${GOOD}; CREATE TRIGGER t AFTER INSERT ON things BEGIN DELETE FROM things; END`,
      [TABLE],
      'trigger',
    ],
  ])('refuses a SQLite file with %s, and says what is wrong', async (_what, sql, tables, text) => {
    const answer = await publish(api(), sqlite(sql), tables);
    expect(answer.json).toMatchObject({
      status: 422,
      code: 'DATASET_UNUSABLE',
      outcome: 'not-applied',
    });
    expect(answer.json.detail).toContain(text);
    // No path of this machine.
    expect(answer.json.detail).not.toContain('/tmp');
  });

  it('refuses what is no SQLite file where tables are declared, and one that was cut off', async () => {
    const text = await publish(api(), Buffer.from('a,b\n1,2\n'), [TABLE]);
    expect(text.json).toMatchObject({ code: 'DATASET_UNUSABLE' });
    const whole = sqlite(`${GOOD}; CREATE TABLE more AS SELECT randomblob(20000)`);
    const cut = await publish(api(), whole.subarray(0, 8_192), [TABLE]);
    expect(cut.json).toMatchObject({ code: 'DATASET_UNUSABLE' });
  });
}

describe('publishing SQLite files into a folder', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startTestRegistry();
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
  });
  suite(() => registry.api);
});

describe('publishing SQLite files into S3', () => {
  let s3: TestS3;
  let registry: TestRegistry;
  beforeAll(async () => {
    s3 = await openTestS3();
    const { endpoint = '', credentials, region, prefix } = s3.options();
    vi.stubEnv('AWS_ACCESS_KEY_ID', credentials?.accessKeyId ?? '');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials?.secretAccessKey ?? '');
    registry = await startTestRegistry({
      ATLAS_STORE: 's3',
      ATLAS_S3_ENDPOINT: endpoint,
      ATLAS_S3_REGION: region,
      ATLAS_S3_BUCKET: s3.bucketName,
      ATLAS_S3_PREFIX: `${prefix}/`,
      ATLAS_S3_PATH_STYLE: 'true',
    });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await registry[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
  });
  suite(() => registry.api);
});
