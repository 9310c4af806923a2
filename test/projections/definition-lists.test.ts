import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseContractVersion, versionOrderKey } from '#domain/contract-name';
import { NEWEST, toPosition } from '#domain/position';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import type { DefinitionPage, DefinitionSummary } from '#projections/catalog/definition-lists';
import type { DefinitionUser, DefinitionUserPage } from '#projections/catalog/definition-uses';
import { HOSTILE } from '#test/support/hostile';
import { type JobBed, openJobBed, UP } from '#test/support/job-bed';
import { everyAction } from '#test/support/jobs';

let bed: JobBed;
beforeEach(() => {
  bed = openJobBed();
});
afterEach(() => {
  bed[Symbol.dispose]();
});

const v = parseContractVersion;
const acme = parseScope('acme', 'dev');
const shown = (rows: readonly { readonly id: string; readonly version: string }[]) =>
  rows.map(({ id, version }) => `${id} ${version}`);

describe('list()', () => {
  const list = (rest: Partial<DefinitionPage> = {}) =>
    bed.reader.jobDefinitions.list(DEFAULT_SCOPE, {
      after: undefined,
      limit: 99,
      asOf: NEWEST,
      ...rest,
    });
  const tagged = (match: 'all' | 'any', ...of: readonly string[]) =>
    list({ tags: { match, of } }).map(({ id }) => id);

  it('filters by all of some tags or any of them, to the letter', async () => {
    await bed.job('a', { tags: ['x', 'y'] });
    await bed.job('b', { tags: ['y', 'z'] });
    await bed.job('c', { tags: [] });
    await bed.job('d', { tags: ['x', 'y', 'z', 'xy'] });
    expect(tagged('all', 'x', 'y')).toEqual(['a', 'd']);
    expect(tagged('any', 'x', 'z')).toEqual(['a', 'b', 'd']);
    expect(tagged('all', 'xy', 'y')).toEqual(['d']);
    expect(tagged('all')).toEqual(['a', 'b', 'c', 'd']);
    expect(tagged('any')).toEqual([]);
    expect(tagged('all', 'x', 'x')).toEqual(['a', 'd']);
    for (const text of [...HOSTILE, '%', 'x%', '_', 'X', "x' OR 1=1 --", '["x"]', '1', 'null']) {
      expect(tagged('any', text), text).toEqual([]);
      expect(tagged('all', 'x', text), text).toEqual([]);
    }
  });

  it('filters by id and by the stage that held at the position', async () => {
    await bed.job('a', {}, ...UP);
    await bed.job('b', {});
    await bed.job('a', { name: 'second' });
    expect(shown(list({ id: 'a' }))).toEqual(['a 1.0.0', 'a 1.0.1']);
    expect(list({ id: 'A' })).toEqual([]);
    expect(shown(list({ stage: 'active' }))).toEqual(['a 1.0.0']);
    expect(shown(list({ stage: 'draft' }))).toEqual(['a 1.0.1', 'b 1.0.0']);
    expect(shown(list({ stage: 'draft', asOf: toPosition(1) }))).toEqual(['a 1.0.0']);
    expect(shown(list({ asOf: toPosition(4) }))).toEqual(['a 1.0.0', 'b 1.0.0']);
    expect(list({ asOf: toPosition(0) })).toEqual([]);
  });

  it('filters profiles by what they do', async () => {
    const only = (type: string) => everyAction.filter((action) => action.type === type);
    await bed.profile('all', { actions: everyAction });
    await bed.profile('mail', { actions: only('SEND_NOTIFICATION') });
    await bed.profile('hook', { actions: only('CALL_WEBHOOK') });
    const page = { after: undefined, limit: 9, asOf: NEWEST };
    const doing = (actionType: DefinitionPage['actionType']) =>
      bed.reader.actionProfiles
        .list(DEFAULT_SCOPE, { ...page, ...(actionType === undefined ? {} : { actionType }) })
        .map(({ id }) => id);
    expect(doing('SEND_NOTIFICATION')).toEqual(['all', 'mail']);
    expect(doing('CALL_WEBHOOK')).toEqual(['all', 'hook']);
    expect(doing('OPEN_TICKET')).toEqual(['all']);
    expect(doing(undefined)).toEqual(['all', 'hook', 'mail']);
    expect(list({ actionType: 'CALL_WEBHOOK' })).toEqual([]);
  });

  it('gives every row once over all pages, whatever their size, in the order of ids and versions', async () => {
    for (let i = 0; i < 14; i += 1)
      await bed.job(`n${i % 3}`, { name: `number ${i}`, tags: i % 2 === 0 ? ['even'] : ['odd'] });
    const filter = { tags: { match: 'any', of: ['even', 'none'] }, stage: 'draft' } as const;
    const whole = list(filter);
    expect(whole).toHaveLength(7);
    for (const limit of [1, 2, 3, 7, 8]) {
      const seen: DefinitionSummary[] = [];
      for (let after: DefinitionPage['after']; ; ) {
        const rows = list({ ...filter, limit, after });
        seen.push(...rows);
        const last = rows.at(-1);
        if (last === undefined) break;
        after = { id: last.id, orderKey: versionOrderKey(last.version) };
      }
      expect(seen).toEqual(whole);
    }
    expect(shown(list({ id: 'n0' }))).toEqual([0, 1, 2, 3, 4].map((i) => `n0 1.0.${i}`));
  });
});

describe('dependants()', () => {
  const users = (rest: Partial<DefinitionUserPage>) =>
    bed.reader.uses.dependants(DEFAULT_SCOPE, {
      kind: 'action-profile',
      name: 'store',
      after: undefined,
      limit: 99,
      asOf: NEWEST,
      ...rest,
    });
  const told = (rows: readonly DefinitionUser[]) =>
    rows.map(({ id, version, refersTo }) => `${id} ${version} ${refersTo}`);

  it('lists who uses a profile or a contract, by version, stage, page and position', async () => {
    const store = (version: string) => ({ id: 'store', version });
    const contract = { name: 'store', version: 'latest' };
    await bed.job('b', { onSuccess: [store('1.0.0')], onFailure: [store('1.0.0')] });
    await bed.job('a', { onAnomaly: [store('latest'), store('1.0.0')], contract });
    await bed.job('a', { onSuccess: [store('2.0.0')] }, 'retired');
    await bed.job('c', { onSuccess: [{ id: 'other', version: '1.0.0' }] });
    const all = ['a 1.0.0 1.0.0', 'a 1.0.0 latest', 'a 1.0.1 2.0.0', 'b 1.0.0 1.0.0'];
    expect(told(users({}))).toEqual(all);
    expect(told(users({ versions: ['latest', v('2.0.0')] }))).toEqual([all[1], all[2]]);
    expect(told(users({ versions: [] }))).toEqual([]);
    expect(told(users({ stage: 'draft' }))).toEqual([all[0], all[1], all[3]]);
    expect(told(users({ stage: 'draft', asOf: toPosition(1) }))).toEqual([all[3]]);
    expect(told(users({ kind: 'contract' }))).toEqual(['a 1.0.0 latest']);
    const seen: DefinitionUser[] = [];
    for (let after: DefinitionUserPage['after']; ; ) {
      const rows = users({ limit: 1, after });
      seen.push(...rows);
      const last = rows.at(-1);
      if (last === undefined) break;
      const { id, refersTo } = last;
      after = { id, orderKey: versionOrderKey(last.version), refersTo };
    }
    expect(told(seen)).toEqual(all);
    expect(
      bed.reader.uses.dependants(acme, { ...page(), kind: 'contract', name: 'store' }),
    ).toEqual([]);
  });

  const page = () => ({ after: undefined, limit: 9, asOf: NEWEST });
});
