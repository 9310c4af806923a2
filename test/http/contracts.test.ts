import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { HOSTILE } from '#test/support/hostile';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry({ ATLAS_CONTRACT_BYTES_MAX: '4194304' });
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { b: {}, a: {} },
};

function contract(name: string, rest: object = {}): object {
  return { name, version: 'v1', jsonSchema: schema, ...rest };
}

/** A name that no other test uses. */
function fresh(prefix: string): string {
  return `${prefix}.x${newId().replaceAll('-', '')}`;
}

describe('POST /registry/contracts', () => {
  it('publishes a version once: 201, then 200 for the same content, 409 for other content', async () => {
    const name = fresh('publish');
    const first = await api.post('/registry/contracts', contract(name));
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({
      status: 'created',
      name,
      version: 'v1',
      digest: expect.stringMatching(/^sha256:/),
    });
    expect(first.headers.get('location')).toBe(`/registry/contracts/${name}/v1`);
    const spaced = JSON.stringify(
      { properties: { a: {}, b: {} }, type: 'object', $schema: schema.$schema },
      null,
      2,
    );
    const same = await api.post('/registry/contracts', contract(name, { jsonSchema: spaced }));
    expect(same.status).toBe(200);
    expect(same.json).toEqual({ ...first.json, status: 'existing' });
    const other = await api.post(
      '/registry/contracts',
      contract(name, { jsonSchema: { type: 'array' } }),
    );
    expect(other.json).toMatchObject({
      status: 409,
      code: 'VERSION_CONFLICT',
      outcome: 'not-applied',
    });
  });

  it('has one winner when 20 publishers race for a version', async () => {
    const name = fresh('race');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        api.post('/registry/contracts', contract(name, { description: `number ${i}` })),
      ),
    );
    expect(answers.filter((a) => a.status === 201)).toHaveLength(1);
    expect(answers.filter((a) => a.status === 409)).toHaveLength(19);
  });

  it('refuses a schema that is not valid under its draft, with every fault', async () => {
    const drafts = [
      'http://json-schema.org/draft-07/schema#',
      'https://json-schema.org/draft/2019-09/schema',
      schema.$schema,
    ];
    for (const $schema of drafts) {
      const bad = { $schema, type: 'objekt', required: 'a', properties: { x: { minLength: -1 } } };
      const answer = await api.post(
        '/registry/contracts',
        contract(fresh('bad'), { jsonSchema: bad }),
      );
      expect(answer.json, $schema).toMatchObject({ status: 422, code: 'INVALID_SCHEMA' });
      const paths = answer.json.details.faults.map((fault: { pointer?: string }) => fault.pointer);
      expect(paths).toEqual(expect.arrayContaining(['/required', '/properties/x/minLength']));
    }
  });

  it('refuses what is no schema at all, and drafts that it does not know', async () => {
    for (const jsonSchema of [
      'not json',
      '[]',
      '"text"',
      '3',
      { $schema: 'https://example.com/own' },
    ]) {
      const answer = await api.post('/registry/contracts', contract(fresh('none'), { jsonSchema }));
      expect(answer.status, JSON.stringify(jsonSchema)).toBe(422);
    }
  });

  it('refuses hostile names and versions', async () => {
    for (const name of [...HOSTILE, 'a.v1', 'A.b']) {
      expect(
        (await api.post('/registry/contracts', contract(name))).status,
        JSON.stringify(name),
      ).toBe(400);
    }
    for (const version of [...HOSTILE, '1', 'v01', '1.0.0+build']) {
      expect(
        (await api.post('/registry/contracts', contract('a', { version }))).status,
        JSON.stringify(version),
      ).toBe(400);
    }
  });
});

describe('GET /registry/contracts/{name}/{version}', () => {
  it('gives the bundle in the shape that its readers know, the schema as text', async () => {
    const name = fresh('shape');
    const text = '{ "type": "object",\n  "title": "as written" }';
    const published = await api.post(
      '/registry/contracts',
      contract(name, { jsonSchema: text, description: 'What it is' }),
    );
    const answer = await api.get(`/registry/contracts/${name}/v1`);
    expect(answer.json).toEqual({
      name,
      version: 'v1',
      description: 'What it is',
      createdAt: published.json.createdAt,
      jsonSchema: text,
    });
    expect(answer.headers.get('cache-control')).toContain('immutable');
  });

  it('answers 304, 404, and 404 for the time before it was published', async () => {
    const name = fresh('read');
    const published = await api.post('/registry/contracts', contract(name));
    const etag = (await api.get(`/registry/contracts/${name}/v1`)).headers.get('etag') ?? '';
    expect(
      (await api.get(`/registry/contracts/${name}/v1`, { 'If-None-Match': etag })).status,
    ).toBe(304);
    expect((await api.get(`/registry/contracts/${name}/v2`)).json.code).toBe('NOT_FOUND');
    expect(
      (await api.get(`/registry/contracts/${name}/v1?at=${published.position - 1}`)).status,
    ).toBe(404);
    expect((await api.get(`/registry/contracts/${name}/latest!`)).status).toBe(400);
  });

  it('keeps a schema that is larger than a message of the broker', async () => {
    const name = fresh('large');
    const jsonSchema = JSON.stringify({ type: 'string', description: 'x'.repeat(2_000_000) });
    expect((await api.post('/registry/contracts', contract(name, { jsonSchema }))).status).toBe(
      201,
    );
    expect((await api.get(`/registry/contracts/${name}/v1`)).json.jsonSchema).toBe(jsonSchema);
    expect((await api.post('/registry/contracts', contract(name, { jsonSchema }))).status).toBe(
      200,
    );
  });
});

describe('GET /registry/contracts', () => {
  it('lists versions in their order, page by page through the Link header, as of one moment', async () => {
    const scope = { 'Atlas-Tenant': 'lists' };
    const versions = ['v2', 'v10', 'v1', '1.10.0', '1.9.0'];
    for (const version of versions)
      await api.post('/registry/contracts', contract('b.c', { version }), scope);
    await api.post('/registry/contracts', contract('a.z'), scope);
    const seen: string[] = [];
    let path: string | undefined = '/registry/contracts?limit=2';
    while (path !== undefined) {
      const page = await api.get(path, scope);
      expect(Object.keys(page.json)).toEqual(['contracts']);
      seen.push(
        ...page.json.contracts.map(
          (c: { name: string; version: string }) => `${c.name} ${c.version}`,
        ),
      );
      path = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
      // What is published between two pages is not on the second.
      await api.post('/registry/contracts', contract(fresh('between')), scope);
    }
    expect(seen).toEqual(['a.z v1', 'b.c v1', 'b.c 1.9.0', 'b.c 1.10.0', 'b.c v2', 'b.c v10']);
  });

  it('gives an empty list for an empty scope', async () => {
    expect((await api.get('/registry/contracts', { 'Atlas-Tenant': 'empty' })).json).toEqual({
      contracts: [],
    });
  });
});

describe('the bucket of contracts', () => {
  it('is kept whatever tenants and environments are called', async () => {
    const scope = '/tenants/contract/environments/contract';
    await api.post(`${scope}/registry/datasets`, registration('not/a/contract'));
    const { json } = await api.post(`${scope}/registry/contracts`, contract('own.contract'));
    expect(json.status).toBe('created');
    const { position } = await api.get(`${scope}/registry/contracts/own.contract/v1`);
    await eventually('the bucket to have got so far', async () => {
      const ready = await api.get('/readyz');
      const part = ready.json.parts.find((one: { name: string }) => one.name === 'contracts-kv');
      expect(part.detail).toBe('live');
      return part.position >= position;
    });
  });
});
