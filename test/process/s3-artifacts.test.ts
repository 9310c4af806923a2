import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sha256Of } from '#domain/digest';
import { artifactPath } from '#stores/layout';
import { registration } from '#test/support/registration';
import { startTestRegistry } from '#test/support/registry';
import { someBytes } from '#test/support/store-conformance';
import { openTestS3, type TestS3 } from '#test/support/test-s3';
import { eventually } from '#test/support/wait';

describe('a registry with its artifacts in S3', () => {
  let s3: TestS3;
  let env: Record<string, string>;
  beforeAll(async () => {
    s3 = await openTestS3();
    const { endpoint = '', credentials, region, prefix } = s3.options();
    vi.stubEnv('AWS_ACCESS_KEY_ID', credentials?.accessKeyId ?? '');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials?.secretAccessKey ?? '');
    env = {
      ATLAS_STORE: 's3',
      ATLAS_S3_ENDPOINT: endpoint,
      ATLAS_S3_REGION: region,
      ATLAS_S3_BUCKET: s3.bucketName,
      ATLAS_S3_PREFIX: `${prefix}/`,
      ATLAS_S3_PATH_STYLE: 'true',
      ATLAS_STORE_CATALOG_MS: '20',
    };
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await s3[Symbol.asyncDispose]();
  });

  it('keeps and serves them, and its bucket is a source of another registry', async () => {
    await using registry = await startTestRegistry(env);
    const { api } = registry;
    const bytes = someBytes(100_000);
    const sha256 = sha256Of(bytes);
    const put = await api.send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw: bytes });
    expect(put.status).toBe(201);
    const artifact = { key: 'data.sqlite', sha256, bytes: bytes.length };
    await api.post('/registry/datasets', registration('in/s3', { objects: [artifact] }));
    const published = await api.post('/registry/datasets/in/s3/publish', { artifact });
    expect(published.json).toMatchObject({ status: 'published' });
    const url = `${api.url}/store/${artifactPath(sha256)}`;
    const part = await fetch(url, { headers: { Range: 'bytes=50000-' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(50_000))).toBe(true);
    const { ATLAS_S3_ENDPOINT: endpoint, ATLAS_S3_BUCKET: bucket, ATLAS_S3_PREFIX: prefix } = env;
    await using other = await startTestRegistry({
      ATLAS_REGISTRY_SOURCES: `lake=s3:${endpoint}/${bucket}/${prefix}`,
      ATLAS_ALLOW_PRIVATE_STORE_HOSTS: 'true',
      ATLAS_REGISTRY_TTL_MS: '100',
      ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
      ATLAS_ENABLE_DEBUG_DATASETS: 'true',
    });
    // The server of S3 shares a busy machine with everything else.
    await eventually(
      'the dataset to be known there',
      async () => {
        const { json } = await other.api.get('/debug/registry-health');
        if (json.datasets === 1 && json.sources[0].healthy) return true;
        throw new Error(`It says: ${JSON.stringify(json)}`);
      },
      50_000,
    );
  });

  it('keeps results of several megabytes of a run there, and gives them back from every kind of store of runs', async () => {
    const results = { rows: Array.from({ length: 60_000 }, (_, i) => `${i}:${'x'.repeat(60)}`) };
    const bytes = Buffer.from(JSON.stringify(results));
    expect(bytes.length).toBeGreaterThan(4_000_000);
    for (const backend of ['sqlite', 'filesystem']) {
      await using registry = await startTestRegistry({ ...env, ATLAS_JOB_RUN_STORE: backend });
      const { api } = registry;
      const { id } = (await api.post('/registry/job-runs', { job: 'large' })).json;
      const end = { status: 'succeeded', results };
      expect((await api.post(`/registry/job-runs/${id}/finish`, end)).status).toBe(200);
      const shown = (await api.get(`/registry/job-runs/${id}`)).json;
      const sha256 = sha256Of(bytes);
      for (const part of [sha256, `/registry/job-runs/${id}/results`, `${bytes.length}`])
        expect(JSON.stringify(shown)).toContain(part);
      expect(JSON.stringify(shown).length).toBeLessThan(5_000);
      const answer = await fetch(`${api.url}/registry/job-runs/${id}/results`);
      expect([answer.status, answer.headers.get('etag')]).toEqual([200, `"${sha256}"`]);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
      const stored = await fetch(`${api.url}/store/${artifactPath(sha256)}`);
      expect(Buffer.from(await stored.arrayBuffer()).equals(bytes)).toBe(true);
    }
  });

  it('does not start with wrong credentials, and says so', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
    await expect(startTestRegistry(env)).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: expect.stringMatching(/credentials|denied|signature/i),
    });
  });
});
