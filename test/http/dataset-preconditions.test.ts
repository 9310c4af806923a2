import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { newId } from '#flow/new-id';
import type { Api, ApiAnswer } from '#test/support/api';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

async function register(
  name: string,
  headers: Record<string, string>,
  rest: object = {},
): Promise<ApiAnswer> {
  return await api.post('/registry/datasets', registration(name, rest), headers);
}

async function etagOf(name: string): Promise<string> {
  const answer = await api.get(`/registry/datasets/${encodeURIComponent(name)}`);
  return answer.headers.get('etag') ?? '';
}

describe('POST /registry/datasets with If-Match and If-None-Match', () => {
  it('registers a new name under If-None-Match: *, and answers 412 once it is there', async () => {
    const name = `pre/${newId()}`;
    expect((await register(name, { 'If-None-Match': '*' })).status).toBe(201);
    const refused = await register(name, { 'If-None-Match': '*' });
    expect(refused.status).toBe(412);
    expect(refused.json).toMatchObject({ code: 'PRECONDITION_FAILED', outcome: 'not-applied' });
  });

  it('replaces what has the ETag that GET gives, and nothing that has moved on', async () => {
    const name = `pre/${newId()}`;
    expect((await register(name, { 'If-Match': '*' })).status).toBe(412);
    await register(name, {});
    const etag = await etagOf(name);
    expect((await register(name, { 'If-Match': `"other", ${etag}` })).status).toBe(200);
    expect((await register(name, { 'If-Match': etag })).status).toBe(412);
    expect((await register(name, { 'If-Match': '*' })).status).toBe(200);
  });

  it('takes no weak tag for a match, and refuses what is no tag: 400', async () => {
    const name = `pre/${newId()}`;
    await register(name, {});
    expect((await register(name, { 'If-Match': `W/${await etagOf(name)}` })).status).toBe(412);
    for (const wrong of ['dataset-1', '"a" "b"', '"a",', Array(40).fill('"a"').join(',')])
      expect((await register(name, { 'If-Match': wrong })).status, wrong).toBe(400);
  });

  it('takes a weak tag of what is there for one that must not match: 412', async () => {
    const name = `pre/${newId()}`;
    await register(name, {});
    const etag = await etagOf(name);
    for (const tag of [etag, `W/${etag}`])
      expect((await register(name, { 'If-None-Match': tag })).status, tag).toBe(412);
    expect((await register(name, { 'If-None-Match': 'W/"other"' })).status).toBe(200);
  });

  it('gives a retry under the same Idempotency-Key the first answer', async () => {
    const name = `pre/${newId()}`;
    const headers = { 'If-None-Match': '*', 'Idempotency-Key': newId() };
    const first = await register(name, headers);
    const again = await register(name, headers);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.position).toBe(first.position);
  });

  it('lets exactly one of 16 writers win each round', async () => {
    const name = `race/${newId()}`;
    await register(name, {});
    for (let round = 0; round < 5; round += 1) {
      const etag = await etagOf(name);
      const answers = await Promise.all(
        // All say the same, so that only the revision tells them apart.
        Array.from({ length: 16 }, async () => register(name, { 'If-Match': etag })),
      );
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      expect(statuses).toEqual([200, ...Array(15).fill(412)]);
    }
  });
});

describe('POST /registry/datasets/{name}/publish with If-Match', () => {
  it('publishes what has the ETag that GET gives, and nothing that has moved on', async () => {
    const name = `pre/${newId()}`;
    const bytes = Buffer.from(name);
    const artifact = { key: 'a', sha256: sha256Of(bytes), bytes: bytes.length };
    const upload = { method: 'PUT', raw: bytes } as const;
    await api.send(`/registry/artifacts/${artifact.sha256}`, {
      ...upload,
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    await register(name, {}, { objects: [artifact] });
    const path = `/registry/datasets/${encodeURIComponent(name)}/publish`;
    const etag = await etagOf(name);
    await register(name, {}, { objects: [artifact] });
    expect((await api.post(path, { artifact }, { 'If-Match': etag })).status).toBe(412);
    const now = await etagOf(name);
    expect((await api.post(path, { artifact }, { 'If-Match': now })).status).toBe(200);
    expect((await api.post(path, { artifact }, { 'If-Match': now })).status).toBe(412);
  });
});
