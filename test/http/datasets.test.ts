import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { HOSTILE } from '#test/support/hostile';
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

describe('POST /registry/datasets', () => {
  it('registers a new name: 201, existing false', async () => {
    const answer = await api.post('/registry/datasets', registration('110/homo_sapiens/GRCh38'));
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      existing: false,
      manifest: { name: '110/homo_sapiens/GRCh38', row_count: 1 },
    });
    expect(answer.headers.get('location')).toBe('/registry/datasets/110%2Fhomo_sapiens%2FGRCh38');
    expect(answer.position).toBeGreaterThan(0);
  });

  it('registers the same fingerprint again: 200, existing true, objects and row count replaced', async () => {
    const name = `again/${newId()}`;
    const first = (await api.post('/registry/datasets', registration(name))).json.manifest;
    const objects = [{ key: 'a', sha256: sha256Of('a'), bytes: 1, media_type: 'text/plain' }];
    const second = await api.post(
      '/registry/datasets',
      registration(name, { objects, row_count: null }),
    );
    expect(second.status).toBe(200);
    expect(second.json).toMatchObject({
      existing: true,
      manifest: {
        dataset_id: first.dataset_id,
        created_at: first.created_at,
        objects,
        row_count: null,
      },
    });
    expect(second.json.manifest.updated_at >= first.updated_at).toBe(true);
  });

  it('refuses another fingerprint: 409 that names have and got', async () => {
    const name = `conflict/${newId()}`;
    await api.post('/registry/datasets', registration(name));
    const answer = await api.post(
      '/registry/datasets',
      registration(name, { schema_fingerprint: 'sha256:two' }),
    );
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({
      code: 'FINGERPRINT_CONFLICT',
      outcome: 'not-applied',
      retryable: false,
      details: { have: 'sha256:one', got: 'sha256:two' },
    });
    expect((await api.get(`/registry/datasets/${name}`)).json.schema_fingerprint).toBe(
      'sha256:one',
    );
  });

  it('refuses an empty name and an empty fingerprint: 400', async () => {
    expect((await api.post('/registry/datasets', registration(''))).status).toBe(400);
    const noFingerprint = registration('x', { schema_fingerprint: '' });
    expect((await api.post('/registry/datasets', noFingerprint)).json).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
    });
  });

  it('refuses two objects with the same key', async () => {
    const object = { key: 'a', sha256: sha256Of('a'), bytes: 1 };
    const twice = registration(`twice/${newId()}`, { objects: [object, object] });
    expect((await api.post('/registry/datasets', twice)).json).toMatchObject({ status: 400 });
  });

  it('refuses hostile names, unknown fields and wrong types: 400 that says where', async () => {
    for (const name of HOSTILE) {
      expect(
        (await api.post('/registry/datasets', registration(name))).status,
        JSON.stringify(name),
      ).toBe(400);
    }
    const unknown = await api.post('/registry/datasets', registration('x', { tenant: 'other' }));
    expect(unknown.json.details.faults[0].message).toContain('tenant');
    const wrong = await api.post(
      '/registry/datasets',
      registration('x', { row_count: -1, objects: [{ key: 1 }] }),
    );
    expect(wrong.json.details.faults.length).toBeGreaterThan(2);
  });

  it('refuses what is not JSON, not declared as JSON, or too large', async () => {
    const send = (raw: string, type: string) =>
      api.send('/registry/datasets', { method: 'POST', raw, headers: { 'Content-Type': type } });
    expect((await send('{"a":', 'application/json')).json.code).toBe('INVALID_JSON');
    expect((await send('{}', 'text/plain')).status).toBe(415);
    expect((await send('x'.repeat(11_000_000), 'application/json')).status).toBe(413);
  });

  it('gives a retry with the same key the first answer, and refuses the key for another request', async () => {
    const name = `key/${newId()}`;
    const headers = { 'Idempotency-Key': newId() };
    const first = await api.post('/registry/datasets', registration(name), headers);
    await api.post('/registry/datasets', registration(name, { row_count: 2 }));
    const again = await api.post('/registry/datasets', registration(name), headers);
    expect(again.status).toBe(201);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.position).toBe(first.position);
    const other = await api.post(
      '/registry/datasets',
      registration(name, { row_count: 3 }),
      headers,
    );
    expect(other.json).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    const prefixed = await api.post('/registry/datasets', registration(name), {
      'X-Idempotency-Key': headers['Idempotency-Key'],
    });
    expect(prefixed.headers.get('idempotency-replayed')).toBe('true');
    expect(
      (
        await api.post('/registry/datasets', registration(name), {
          'Idempotency-Key': 'x'.repeat(256),
        })
      ).status,
    ).toBe(400);
  });

  it('keeps one registration when 40 clients race', async () => {
    const name = `race/${newId()}`;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        api.post('/registry/datasets', registration(name, { row_count: i })),
      ),
    );
    expect(answers.filter((a) => a.status === 201)).toHaveLength(1);
    expect(answers.filter((a) => a.status === 200)).toHaveLength(39);
    expect(new Set(answers.map((a) => a.json.manifest.dataset_id)).size).toBe(1);
    expect(new Set(answers.map((a) => a.position)).size).toBe(40);
  });
});

describe('GET /registry/datasets/{name}', () => {
  it('finds a name with its slashes as they are and as %2F', async () => {
    const name = `deep/${newId()}/x.y-z_1`;
    await api.post('/registry/datasets', registration(name));
    for (const path of [name, encodeURIComponent(name)]) {
      expect((await api.get(`/registry/datasets/${path}`)).json.name).toBe(name);
    }
  });

  it('answers 404 for what is not there and 400 for what cannot be', async () => {
    expect((await api.get('/registry/datasets/nowhere')).json.code).toBe('NOT_FOUND');
    expect((await api.get('/registry/datasets/a%00b')).status).toBe(400);
    expect((await api.get('/registry/datasets/a%2F..%2Fb')).status).toBe(400);
    expect((await api.get('/registry/datasets/a?unknown=1')).status).toBe(400);
    expect((await api.get('/registry/datasets/a?at=1&at=2')).status).toBe(400);
  });

  it('answers 304 to whoever has it, also when asked with Cache-Control: no-cache', async () => {
    const name = `etag/${newId()}`;
    await api.post('/registry/datasets', registration(name));
    const first = await api.get(`/registry/datasets/${name}`);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[^"]+"$/);
    const headers = { 'If-None-Match': `"other", ${etag}`, 'Cache-Control': 'no-cache' };
    const second = await api.get(`/registry/datasets/${name}`, headers);
    expect([second.status, second.text]).toEqual([304, '']);
    await api.post('/registry/datasets', registration(name, { row_count: 2 }));
    expect((await api.get(`/registry/datasets/${name}`, headers)).status).toBe(200);
  });

  it('shows the past by position and by time', async () => {
    const name = `past/${newId()}`;
    const before = (await api.post('/registry/datasets', registration(`other/${newId()}`)))
      .position;
    const one = await api.post('/registry/datasets', registration(name, { row_count: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const between = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await api.post('/registry/datasets', registration(name, { row_count: 2 }));
    const rows = async (at: string) =>
      (await api.get(`/registry/datasets/${name}?at=${at}`)).json.row_count;
    expect(await rows(String(one.position))).toBe(1);
    expect(await rows(between)).toBe(1);
    expect(await rows(new Date(Date.now() + 60_000).toISOString())).toBe(2);
    expect((await api.get(`/registry/datasets/${name}?at=${before}`)).status).toBe(404);
    expect((await api.get(`/registry/datasets/${name}?at=2020-01-01T00:00:00Z`)).status).toBe(404);
    for (const at of ['yesterday', '2026-13-45T00:00:00Z', '-1', '1.5']) {
      expect((await api.get(`/registry/datasets/${name}?at=${at}`)).status, at).toBe(400);
    }
  });

  it('waits for Atlas-Min-Position, and answers 503 when it does not come', async () => {
    const name = `min/${newId()}`;
    const written = await api.post('/registry/datasets', registration(name));
    const min = (position: number) =>
      api.get(`/registry/datasets/${name}`, { 'Atlas-Min-Position': String(position) });
    expect((await min(written.position)).position).toBeGreaterThanOrEqual(written.position);
    const ahead = await min(written.position + 1_000);
    expect(ahead.json).toMatchObject({ status: 503, code: 'BEHIND', retryable: true });
    expect(
      (await api.get(`/registry/datasets/${name}`, { 'Atlas-Min-Position': 'x' })).status,
    ).toBe(400);
  });
});

describe('GET /registry/datasets', () => {
  it('pages through all datasets in the order of their names, each once', async () => {
    const scope = { 'Atlas-Tenant': 'pages', 'Atlas-Environment': 'dev' };
    const names = Array.from(
      { length: 25 },
      (_, i) => `p/${String((i * 7) % 25).padStart(2, '0')}`,
    );
    for (const name of names) await api.post('/registry/datasets', registration(name), scope);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? '' : `&cursor=${cursor}`;
      const page = await api.get(`/registry/datasets?limit=7${query}`, scope);
      expect(page.json.datasets.length).toBeLessThanOrEqual(7);
      seen.push(...page.json.datasets.map((d: { name: string }) => d.name));
      cursor = page.json.next_cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(names.toSorted());
  });

  it('shows the moment of the first page on all pages', async () => {
    const scope = '/tenants/pinned/environments/dev/registry/datasets';
    for (const name of ['a', 'c', 'e']) await api.post(scope, registration(name));
    const first = (await api.get(`${scope}?limit=1`)).json;
    await api.post(scope, registration('b'));
    await api.post(scope, registration('c', { row_count: 9 }));
    const second = (await api.get(`${scope}?limit=1&cursor=${first.next_cursor}`)).json;
    expect(second.datasets).toMatchObject([{ name: 'c', row_count: 1 }]);
    const third = (await api.get(`${scope}?limit=1&cursor=${second.next_cursor}`)).json;
    expect(third.datasets).toMatchObject([{ name: 'e' }]);
    expect(third.next_cursor).toBeUndefined();
  });

  it('refuses limits, cursors and parameters that it does not know', async () => {
    for (const query of [
      'limit=0',
      'limit=1001',
      'limit=abc',
      'limit=',
      'cursor=garbage',
      'page=2',
      'status=gone',
    ]) {
      expect((await api.get(`/registry/datasets?${query}`)).status, query).toBe(400);
    }
  });

  it('gives an empty list for an empty scope', async () => {
    const answer = await api.get('/tenants/nobody/environments/dev/registry/datasets');
    expect(answer.json).toEqual({ datasets: [], total_count: 0 });
  });
});
