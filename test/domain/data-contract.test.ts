import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#domain/canonical-json';
import { dependenciesOf, readDescriptor } from '#domain/data-contract';
import { columnOf, dataContractOf, datasetOf, wholeDataset } from '#test/support/data-contracts';

function pathsOf(descriptor: JsonObject): readonly string[] {
  const read = readDescriptor(descriptor);
  return read.kind === 'refused' ? read.faults.map(({ path }) => path).toSorted() : [];
}

const template = {
  id: 'not-null',
  name: 'Not null',
  ruleType: 'validation',
  parameters: [
    { name: 'share', dataType: 'number', required: true },
    { name: 'label', dataType: 'string', required: true, defaultValue: 'x' },
  ],
};
const binding = {
  id: 'b1',
  ruleTemplateId: 'not-null',
  scope: 'column',
  datasetType: 'ORDERS',
  columnId: 'note',
  parameters: { share: 0.5 },
};

function withBinding(rest: JsonObject, more: JsonObject = {}): readonly string[] {
  const ruleBindings = [{ ...binding, ...rest }];
  return pathsOf(dataContractOf({ ruleTemplates: [template], ruleBindings, ...more }));
}

describe('readDescriptor() of a data contract', () => {
  it('takes one that uses every member', () => {
    const reference = { id: 'r', version: '1', library: 'l' };
    const whole = dataContractOf({
      name: 'Sales',
      description: 'All of sales',
      datasets: [wholeDataset, datasetOf({ datasetType: 'customers' })],
      ruleTemplates: [{ ...template, severity: 'critical', expression: 'x', tags: ['a'] }],
      ruleBindings: [
        { ...binding, columnId: 'status', activationWindow: { start: '2026-01-01T00:00:00Z' } },
      ],
      schemaRef: reference,
      ruleSetRef: reference,
      infraProfileRef: reference,
      governanceProfileRef: { id: 'g' },
      metadata: { a: 'b' },
    });
    expect(pathsOf(whole)).toEqual([]);
  });

  it('leaves descriptors of another kind alone', () => {
    for (const kind of ['Data-Contract', 7, null, 'dataset-contracts'])
      expect(readDescriptor({ kind, columns: 7 })).toEqual({ kind: 'free' });
    expect(readDescriptor({})).toEqual({ kind: 'free' });
  });

  it('refuses a data contract without datasets, and two datasets of one type in any case', () => {
    expect(pathsOf(dataContractOf({ datasets: [] }))).toEqual(['/datasets']);
    const datasets = [datasetOf(), datasetOf({ datasetType: 'ORDERS' })];
    expect(pathsOf(dataContractOf({ datasets }))).toEqual(['/datasets/1']);
  });

  it('tells where in which dataset a fault is', () => {
    const datasets = [datasetOf(), datasetOf({ datasetType: 'b', columns: [columnOf('')] })];
    expect(pathsOf(dataContractOf({ datasets }))).toEqual(['/datasets/1/columns/0/id']);
  });

  it.each<[string, JsonObject, readonly string[]]>([
    ['a template that is not there', { ruleTemplateId: 'other' }, ['/ruleTemplateId']],
    ['a dataset that is not there', { datasetType: 'x' }, ['/columnId', '/datasetType']],
    ['a column that is not there', { columnId: 'x' }, ['/columnId']],
    ['a column for a whole dataset', { scope: 'dataset' }, ['/columnId']],
    ['a parameter that is required and missing', { parameters: {} }, ['/parameters/share']],
    ['a parameter of another type', { parameters: { share: 'half' } }, ['/parameters/share']],
    [
      'a parameter that the template does not have',
      { parameters: { share: 1, more: 1 } },
      ['/parameters/more'],
    ],
    [
      'a window that ends as it starts',
      { activationWindow: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00+01:00' } },
      ['/activationWindow/end'],
    ],
    ['a window that is no time', { activationWindow: { end: 'soon' } }, ['/activationWindow/end']],
  ])('refuses a binding to %s', (_, rest, want) => {
    expect(withBinding(rest)).toEqual(want.map((path) => `/ruleBindings/0${path}`));
  });

  it('takes a binding to a template of a rule set that is referred to', () => {
    const elsewhere = { ruleTemplateId: 'other', parameters: { any: 1, kind: 'x' } };
    expect(withBinding(elsewhere, { ruleSetRef: { id: 'rules' } })).toEqual([]);
    const nested = { ruleTemplateId: 'other', parameters: { any: [1] } };
    expect(withBinding(nested, { ruleSetRef: { id: 'rules' } })).toEqual([
      '/ruleBindings/0/parameters/any',
    ]);
  });

  it('does not blame bindings for a fault of the dataset that they are about', () => {
    const datasets = [datasetOf({ owner: 7 })];
    expect(withBinding({}, { datasets })).toEqual(['/datasets/0/owner']);
  });

  it('takes the example of the documentation', () => {
    const text = readFileSync('docs/contracts.md', 'utf8');
    const blocks = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, block]) => block ?? '');
    const example = blocks.find((block) => block.includes('"kind": "data-contract"')) ?? '';
    const { descriptor } = JSON.parse(example) as { readonly descriptor: JsonObject };
    expect(readDescriptor(descriptor)).toMatchObject({ kind: 'typed' });
  });
});

describe('dependenciesOf()', () => {
  it('gives the names that all datasets depend on', () => {
    const on = (name: string) => ({ dependsOn: [{ name, version: 'latest' }] });
    const datasets = [datasetOf(on('a.b')), datasetOf({ datasetType: 'c', ...on('d') })];
    expect([...dependenciesOf(dataContractOf({ datasets }))]).toEqual(['a.b', 'd']);
    expect([...dependenciesOf({ dependsOn: [{ name: 'a' }] })]).toEqual([]);
    expect([...dependenciesOf(datasetOf({ dependsOn: 'a' }))]).toEqual([]);
  });
});
