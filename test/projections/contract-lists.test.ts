import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublishContract } from '#commands/publish-contract';
import {
  type ContractName,
  parseContractName,
  parseContractVersion,
  versionOrderKey,
} from '#domain/contract-name';
import { NEWEST, toPosition } from '#domain/position';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import type { ContractSummary } from '#projections/catalog/contract-lists';
import type { ContractQueries } from '#projections/catalog/contract-queries';
import { type ContractBed, openContractBed } from '#test/support/catalog-bed';
import { schemaOf } from '#test/support/contracts';
import { HOSTILE } from '#test/support/hostile';
import { contractName, contractOf } from '#test/support/publishing';

let bed: ContractBed;
beforeEach(() => {
  bed = openContractBed();
});
afterEach(() => {
  bed[Symbol.dispose]();
});

const v = parseContractVersion;

const versionsOf = (rows: readonly ContractSummary[]) => rows.map(({ version }) => version);

describe('versions() and history()', () => {
  it('give versions in their order, with level, stage and digest', async () => {
    await bed.published(...['1.0.0', '1.0.1', '1.1.0', '2.0.0'].map((title) => contractOf(title)));
    await bed.moved('1.0.0', 'deprecated');
    const rows = bed.contracts.versions(DEFAULT_SCOPE, contractName, NEWEST);
    expect(rows.map(({ version, level, stage }) => [version, level, stage])).toEqual([
      ['1.0.0', 'none', 'deprecated'],
      ['1.0.1', 'patch', 'approved'],
      ['1.1.0', 'minor', 'approved'],
      ['2.0.0', 'major', 'approved'],
    ]);
    expect(new Set(rows.map(({ fingerprint }) => fingerprint)).size).toBe(4);
    const early = bed.contracts.versions(DEFAULT_SCOPE, contractName, toPosition(2));
    expect(early.map(({ version, stage }) => [version, stage])).toEqual([
      ['1.0.0', 'approved'],
      ['1.0.1', 'approved'],
    ]);
  });

  it('history() shows the highest first, page by page, with the changes', async () => {
    await bed.published(...['1.0.0', '1.0.1', '1.1.0', '2.0.0'].map((title) => contractOf(title)));
    await bed.published(contractOf('1.0.2', { v: '1.0.2' }));
    const page = { name: contractName, limit: 2, asOf: NEWEST };
    const first = bed.contracts.history(DEFAULT_SCOPE, page);
    const last = first.at(-1);
    if (last === undefined) throw new Error('no entry');
    const before = versionOrderKey(last.version);
    const second = bed.contracts.history(DEFAULT_SCOPE, { ...page, limit: 9, before });
    expect(versionsOf([...first, ...second])).toEqual([
      '2.0.0',
      '1.1.0',
      '1.0.2',
      '1.0.1',
      '1.0.0',
    ]);
    expect(first[0]?.gate).toMatchObject({ level: 'major', comparedWith: ['1.1.0'] });
    expect(first[0]?.gate?.changes[0]?.message).toBe('Title went from "1.1.0" to "2.0.0"');
  });
});

describe('dependants()', () => {
  const other = (name: ContractName, title: string, version: string, uri: string) => ({
    ...contractOf(title, { references: [{ uri, name: contractName, version: v(version) }] }),
    name,
  });

  it('lists who refers to a version or to any, page by page, as of a position, in one scope', async () => {
    const [x, y] = [parseContractName('x'), parseContractName('y')];
    await bed.published(contractOf('1.0.0'), contractOf('1.1.0'));
    await bed.published(other(y, '1', '1.0.0', 'urn:a'), other(x, '1', '1.0.0', 'urn:a'));
    await bed.published(other(x, '1.1', '1.1.0', 'urn:a'));
    const page = { name: contractName, after: undefined, limit: 9, asOf: NEWEST };
    const seen = (rest: object) =>
      bed.contracts
        .dependants(DEFAULT_SCOPE, { ...page, ...rest })
        .map((one) => `${one.name} ${one.version} ${one.refersTo}`);
    const all = ['x 1.0.0 1.0.0', 'x 1.1.0 1.1.0', 'y 1.0.0 1.0.0'];
    expect(seen({})).toEqual(all);
    expect(seen({ version: v('1.0.0') })).toEqual([all[0], all[2]]);
    expect(seen({ asOf: toPosition(3) })).toEqual([all[2]]);
    expect(seen({ limit: 1 })).toEqual([all[0]]);
    const after = { name: 'x', orderKey: versionOrderKey(v('1.0.0')), uri: 'urn:a' };
    expect(seen({ after })).toEqual(all.slice(1));
    expect(bed.contracts.dependants(parseScope('acme', 'dev'), page)).toEqual([]);
  });

  it('lists a contract once for each URI that it uses', async () => {
    await bed.published(contractOf('1.0.0'));
    const references = ['urn:a', 'urn:b'].map((uri) => ({
      uri,
      name: contractName,
      version: v('1.0.0'),
    }));
    await bed.published({ ...contractOf('1', { references }), name: parseContractName('x') });
    const page = { name: contractName, limit: 1, asOf: NEWEST };
    const first = bed.contracts.dependants(DEFAULT_SCOPE, { ...page, after: undefined });
    const orderKey = versionOrderKey(v('1.0.0'));
    const after = { name: 'x', orderKey, uri: first[0]?.uri ?? '' };
    const second = bed.contracts.dependants(DEFAULT_SCOPE, { ...page, after });
    expect([...first, ...second].map(({ uri }) => uri)).toEqual(['urn:a', 'urn:b']);
  });
});

describe('list()', () => {
  const list = (rest: Partial<Parameters<ContractQueries['list']>[1]> = {}) =>
    bed.contracts.list(DEFAULT_SCOPE, { after: undefined, limit: 99, asOf: NEWEST, ...rest });
  const names = (rest: Parameters<typeof list>[0]) => list(rest).map(({ name }) => name);
  const named = (name: string, rest: Partial<PublishContract> = {}) => ({
    ...contractOf('1', rest),
    name: parseContractName(name),
  });

  it('filters by the beginning of the name, to the letter', async () => {
    await bed.published(named('a'), named('a.b'), named('a_b'), named('ab'), named('b'));
    expect(names({ namePrefix: 'a' })).toEqual(['a', 'a.b', 'a_b', 'ab']);
    expect(names({ namePrefix: 'a.' })).toEqual(['a.b']);
    expect(names({ namePrefix: 'a_' })).toEqual(['a_b']);
    for (const namePrefix of ['%', '_', 'A', 'a%', '~', "a'", 'a\u0000'])
      expect(names({ namePrefix }), namePrefix).toEqual([]);
  });

  it('filters by label, by the whole key and the whole value', async () => {
    const labels = { team: 'a%b_"c\'', 'a/b': '' };
    await bed.published(named('a', { labels }), named('b', { labels: { team: 'a' } }), named('c'));
    expect(names({ label: { key: 'team', value: 'a' } })).toEqual(['b']);
    expect(names({ label: { key: 'team', value: labels.team } })).toEqual(['a']);
    expect(names({ label: { key: 'a/b', value: '' } })).toEqual(['a']);
    for (const value of ['%', 'a%', '_', 'A', ''])
      expect(names({ label: { key: 'team', value } }), value).toEqual([]);
    expect(list({ label: { key: 'a/b', value: '' } })[0]?.labels).toEqual(labels);
  });

  it('filters by the stage that held at the position', async () => {
    await bed.published(contractOf('1.0.0'), contractOf('1.0.1', { stage: 'draft' }));
    await bed.moved('1.0.0', 'deprecated');
    expect(versionsOf(list({ stage: 'approved' }))).toEqual([]);
    expect(versionsOf(list({ stage: 'approved', asOf: toPosition(2) }))).toEqual(['1.0.0']);
    expect(versionsOf(list({ stage: 'deprecated' }))).toEqual(['1.0.0']);
    expect(versionsOf(list({ stage: 'draft' }))).toEqual(['1.0.1']);
  });

  it('finds text in name, description and labels without regard to case, and no wildcards', async () => {
    await bed.published(
      named('order.placed', { description: '100 % of "Größe"; it\'s 5_000\\n' }),
      named('plain', { description: '100 of 5000' }),
      named('labelled', { labels: { team: 'Straße 7' } }),
    );
    expect(names({ text: 'ORDER' })).toEqual(['order.placed']);
    expect(names({ text: 'GRÖSSE' })).toEqual([]);
    expect(names({ text: 'gRÖß' })).toEqual(['order.placed']);
    expect(names({ text: 'Gro\u0308ße' })).toEqual(['order.placed']);
    expect(names({ text: 'team=straße' })).toEqual(['labelled']);
    expect(names({ text: '%' })).toEqual(['order.placed']);
    expect(names({ text: '5_0' })).toEqual(['order.placed']);
    expect(names({ text: "it's" })).toEqual(['order.placed']);
    expect(names({ text: '\\' })).toEqual(['order.placed']);
    expect(names({ text: '' })).toHaveLength(3);
    expect(names({ text: '%'.repeat(60_000) })).toEqual([]);
  });

  it('takes every hostile text as text', async () => {
    const texts = HOSTILE.filter((text) => text.isWellFormed() && text !== '');
    for (const [i, text] of texts.entries()) {
      const description = `<${text}>`;
      const labels = { found: text.slice(0, 250) };
      await bed.published(named(`h${i}`, { description, labels }));
    }
    for (const [i, text] of texts.entries()) {
      expect(names({ text: `<${text}>` }), text).toContain(`h${i}`);
      expect(names({ label: { key: 'found', value: text.slice(0, 250) } })).toContain(`h${i}`);
      expect(names({ namePrefix: text, text })).toEqual([]);
    }
  });

  it('holds to all filters at once, on every page, and forgets nothing in between', async () => {
    for (let i = 0; i < 20; i += 1) {
      const labels = { parity: i % 2 === 0 ? 'even' : 'odd' };
      await bed.published(named(`n${i % 4}.x`, { labels, jsonSchema: schemaOf(`1.${i}`) }));
    }
    const filter = {
      label: { key: 'parity', value: 'even' },
      namePrefix: 'n',
      stage: 'approved',
    } as const;
    const seen: ContractSummary[] = [];
    for (let after: Parameters<typeof list>[0]; ; ) {
      const page = list({ ...filter, limit: 3, ...after });
      seen.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      after = { after: { name: last.name, orderKey: versionOrderKey(last.version) } };
    }
    expect(seen).toEqual(list(filter));
    expect(seen).toHaveLength(10);
  });
});
