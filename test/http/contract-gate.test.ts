import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
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

const order = {
  type: 'object',
  properties: { id: { type: 'integer' }, note: { type: 'string' } },
  required: ['id'],
};
const wider = { ...order, properties: { ...order.properties, tag: true }, required: [] };
const narrower = { ...order, required: ['id', 'note'] };

function fresh(prefix: string): string {
  return `${prefix}.x${newId().replaceAll('-', '')}`;
}

async function publish(name: string, rest: object): Promise<Awaited<ReturnType<Api['post']>>> {
  return await api.post('/registry/contracts', { name, ...rest });
}

async function put(path: string, body: object): Promise<void> {
  expect((await api.send(path, { method: 'PUT', body })).status).toBe(200);
}

describe('publishing through the gate', () => {
  it('computes the version: the first, then minor for a feature, major for a break, patch for words', async () => {
    const name = fresh('computed');
    const versions: string[] = [];
    for (const rest of [
      { jsonSchema: order },
      { jsonSchema: wider },
      { jsonSchema: narrower },
      { jsonSchema: narrower, description: 'the same in other words' },
    ])
      versions.push((await publish(name, rest)).json.version);
    expect(versions).toEqual(['1.0.0', '1.1.0', '2.0.0', '2.0.1']);
  });

  it('refuses a version that promises less than it keeps, with the right one and a document that breaks', async () => {
    const name = fresh('promise');
    await publish(name, { version: '1.0.0', jsonSchema: order });
    const refused = await publish(name, { version: '1.1.0', jsonSchema: narrower });
    expect(refused.json).toMatchObject({
      status: 422,
      code: 'INCOMPATIBLE',
      outcome: 'not-applied',
      details: { want: '2.0.0', mode: 'BACKWARD', level: 'major' },
    });
    const [comparison] = refused.json.details.comparisons;
    expect(comparison.backward).toEqual({
      kind: 'incompatible',
      counterExample: {
        document: { id: expect.any(Number) },
        validUnder: 'older',
        refusal: expect.stringContaining('note'),
      },
    });
    expect(comparison.changes[0]).toMatchObject({
      rule: 'required-added',
      isBreaking: true,
      breaks: ['backward'],
      message: expect.stringContaining('"note"'),
    });
    expect((await publish(name, { version: '2.0.0', jsonSchema: narrower })).status).toBe(201);
  });

  it('tells everything that is wrong with a schema, each with its place', async () => {
    const jsonSchema = `{
  "type": "objekt",
  "properties": { "a": { "$ref": "#/nowhere" }, "b": { "pattern": "(a)\\\\1" } },
  "required": "a"
}`;
    const refused = await publish(fresh('faults'), { jsonSchema });
    expect(refused.json).toMatchObject({ status: 422, code: 'INVALID_SCHEMA' });
    const faults = refused.json.details.faults as { rule: string; line: number }[];
    const rules = faults.map(({ rule, line }) => `${rule} ${line}`);
    expect(rules).toEqual(
      expect.arrayContaining([
        'schema-invalid 2',
        'ref-unresolved 3',
        'pattern-not-linear 3',
        'schema-invalid 4',
      ]),
    );
  });

  it('refuses a body in which a key comes twice, with line and column', async () => {
    const text = '{"name": "a.b", "jsonSchema": {"type": "string",\n "type": "number"}}';
    const response = await fetch(`${api.url}/registry/contracts`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: text,
    });
    const problem = (await response.json()) as { details: { faults: unknown[] } };
    expect(problem).toMatchObject({ status: 400, code: 'INVALID_JSON' });
    expect(problem.details.faults[0]).toMatchObject({ rule: 'json-duplicate-key', line: 2 });
  });

  it('publishes over a missing proof with a reason, and never over a refuted one', async () => {
    const name = fresh('override');
    const type = ['string', 'integer'];
    const shade = { type, format: 'shade' };
    await publish(name, { jsonSchema: { type, format: 'color' } });
    const refused = await publish(name, { version: '1.0.1', jsonSchema: shade });
    expect(refused.json).toMatchObject({ code: 'INCOMPATIBLE' });
    expect(refused.json.details.comparisons[0].backward).toMatchObject({ kind: 'unknown' });
    const override = { reason: 'every color is a shade' };
    const accepted = await publish(name, { version: '1.1.0', jsonSchema: shade, override });
    expect(accepted.json).toMatchObject({ status: 'created', changelog: { override } });
    const broken = { version: '1.2.0', jsonSchema: { type: 'string' }, override };
    expect((await publish(name, broken)).json).toMatchObject({ code: 'INCOMPATIBLE' });
  });

  it('judges by the mode of the name, then of the scope, then of the registry', async () => {
    const scope = '/tenants/modes/environments/dev';
    const name = fresh('mode');
    const inForce = async (): Promise<unknown> =>
      (await api.get(`${scope}/registry/contracts/${name}/compatibility`)).json;
    expect(await inForce()).toEqual({ mode: 'BACKWARD', source: 'default' });
    await put(`${scope}/registry/compatibility`, { mode: 'FORWARD' });
    expect(await inForce()).toEqual({ mode: 'FORWARD', source: 'scope' });
    const send = async (version: string, jsonSchema: object): Promise<number> =>
      (await api.post(`${scope}/registry/contracts`, { name, version, jsonSchema })).status;
    expect(await send('1.0.0', order)).toBe(201);
    expect(await send('1.1.0', wider)).toBe(422);
    await put(`${scope}/registry/contracts/${name}/compatibility`, { mode: 'NONE' });
    expect(await inForce()).toEqual({ mode: 'NONE', source: 'name' });
    expect(await send('1.1.0', wider)).toBe(201);
    await put(`${scope}/registry/contracts/${name}/compatibility`, { mode: null });
    expect(await inForce()).toEqual({ mode: 'FORWARD', source: 'scope' });
  });

  it('reads a reference to a published contract, tells its dependants, and refuses one that is not there', async () => {
    const [address, person] = [fresh('address'), fresh('person')];
    await publish(address, {
      version: '1.0.0',
      jsonSchema: { $defs: { zip: { type: 'string' } } },
    });
    const jsonSchema = { properties: { zip: { $ref: 'address.json#/$defs/zip' } } };
    const references = [{ uri: 'address.json', name: address, version: '1.0.0' }];
    expect((await publish(person, { jsonSchema })).json).toMatchObject({ code: 'INVALID_SCHEMA' });
    expect((await publish(person, { jsonSchema, references })).status).toBe(201);
    const missing = [{ uri: 'address.json', name: address, version: '9.0.0' }];
    expect((await publish(person, { jsonSchema, references: missing })).status).toBe(422);
    const answer = await api.get(`/registry/contracts/${address}/1.0.0/dependants`);
    expect(answer.json.dependants).toEqual([
      { name: person, version: '1.0.0', stage: 'approved', uri: 'address.json' },
    ]);
  });

  it('gives two publishers of the same next version one each', async () => {
    const name = fresh('next');
    await publish(name, { jsonSchema: order });
    const answers = await Promise.all(
      Array.from({ length: 6 }, async (_, at) =>
        publish(name, { jsonSchema: order, description: `number ${at}` }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const versions = answers.map(({ json }) => json.version as string).toSorted();
    expect(versions).toEqual(['1.0.1', '1.0.2', '1.0.3', '1.0.4', '1.0.5', '1.0.6']);
  });

  it('keeps a descriptor whole, whatever its members are called', async () => {
    const name = fresh('descriptor');
    const descriptor = JSON.parse('{"__proto__": {"x": 1}, "constructor": [2]}') as object;
    expect((await publish(name, { version: '1.0.0', descriptor })).status).toBe(201);
    const { json } = await api.get(`/registry/contracts/${name}/1.0.0`);
    expect(JSON.stringify(json.descriptor)).toBe('{"__proto__":{"x":1},"constructor":[2]}');
    expect((await publish(name, { descriptor: [] })).status).toBe(400);
  });

  it('keeps WIT and tells where a text is wrong', async () => {
    const name = fresh('wit');
    const wit = 'package demo:shop@1.0.0;\n\ninterface orders {\n  count: func() -> u32;\n}\n';
    const first = await publish(name, { wit });
    expect(first.status).toBe(201);
    const more = wit.replace('}', '  drop: func();\n}');
    expect((await publish(name, { wit: more })).json).toMatchObject({ version: '1.1.0' });
    const wrong = await publish(name, { wit: wit.replace('u32', 'strin') });
    expect(wrong.json.details.faults[0]).toMatchObject({ part: 'wit', line: 4 });
    expect((await api.get(`/registry/contracts/${name}/1.0.0`)).json.wit).toEqual([
      { path: 'package.wit', text: wit },
    ]);
  });

  it.each([
    ['a schema that refers to itself for ever', { $ref: '#' }],
    ['a pattern that explodes', { pattern: '^(a+)+$' }],
    ['a remote reference', { $ref: 'http://127.0.0.1:1/schema.json' }],
  ])('refuses %s', async (_, jsonSchema) => {
    expect((await publish(fresh('hostile'), { jsonSchema })).json).toMatchObject({
      code: 'INVALID_SCHEMA',
    });
  });
});
