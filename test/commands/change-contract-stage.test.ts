import { describe, expect, it } from 'vitest';
import {
  type ChangeContractStage,
  changeContractStage,
  decideChangeContractStage,
} from '#commands/change-contract-stage';
import { publishContract } from '#commands/publish-contract';
import { type ContractState, contractEvolution } from '#domain/contract';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { CONTRACT_STAGES, type ContractStage, nextStages } from '#domain/contract-stage';
import { sha256Of } from '#domain/digest';
import { parseScope } from '#domain/scope';
import { blindSource, commandContext, memoryLog } from '#test/support/command-env';
import { contractCommandsOn, schemaOf } from '#test/support/contracts';

const name = parseContractName('a.b');
const version = parseContractVersion('1.0.0');
const newer = parseContractVersion('2.0.0');
const NOW = '2026-01-02T03:04:05.678Z';

function given(stage: ContractStage, newerStage: ContractStage = 'approved'): ContractState {
  const version1 = known(version, stage);
  const version2 = known(newer, newerStage);
  return {
    ...contractEvolution.initial,
    versions: new Map([version1, version2].map((one) => [one.version, one])),
  };
}

function known(one: typeof version, stage: ContractStage) {
  const fingerprint = sha256Of(one);
  return { version: one, stage, fingerprint, publishedAt: NOW, publisher: 'ada' };
}

function decided(
  state: ContractState,
  rest: Partial<ChangeContractStage>,
  by: { readonly actor?: string; readonly isProduction?: boolean } = {},
) {
  const command = { name, version, to: 'deprecated', ...rest } as const;
  const context = { time: NOW, actor: 'bob', isProduction: false, ...by };
  const decision = decideChangeContractStage(state, command, context);
  switch (decision.kind) {
    case 'append':
      return decision.event.data;
    case 'reject':
      return decision.error.code;
    default:
      return decision.kind;
  }
}

describe('decideChangeContractStage()', () => {
  it('takes every step of the table and refuses every other, naming the legal ones', () => {
    for (const from of CONTRACT_STAGES) {
      for (const to of CONTRACT_STAGES) {
        const context = { time: NOW, actor: 'bob', isProduction: true };
        const decision = decideChangeContractStage(given(from), { name, version, to }, context);
        const legal = nextStages(from);
        const want =
          from === to
            ? { kind: 'unchanged' }
            : legal.includes(to)
              ? { kind: 'append', event: { data: { version, from, to } } }
              : { kind: 'reject', error: { code: 'ILLEGAL_TRANSITION', details: { legal } } };
        expect(decision, `${from} -> ${to}`).toMatchObject(want);
      }
    }
  });

  it('finds no version that is not published', () => {
    expect(decided(contractEvolution.initial, {})).toBe('NOT_FOUND');
    expect(decided(given('approved'), { version: parseContractVersion('3.0.0') })).toBe(
      'NOT_FOUND',
    );
  });

  it('lets nobody approve their own version in production, and everybody elsewhere', () => {
    const pending = given('pending_approval');
    const to = 'approved';
    expect(decided(pending, { to }, { actor: 'ada', isProduction: true })).toBe('SELF_APPROVAL');
    expect(decided(pending, { to }, { actor: 'bob', isProduction: true })).toMatchObject({ to });
    expect(decided(pending, { to }, { actor: 'ada', isProduction: false })).toMatchObject({ to });
    const back = { actor: 'ada', isProduction: true };
    expect(decided(pending, { to: 'draft' }, back)).toMatchObject({ to: 'draft' });
    expect(decided(given('deprecated'), { to }, back)).toMatchObject({ to });
  });

  it('lets nobody who published it anywhere approve it in production, however they write their name', () => {
    const promoted = { ...known(version, 'pending_approval'), alsoPublishedBy: 'Grace' };
    const state = { ...contractEvolution.initial, versions: new Map([[version, promoted]]) };
    const approve = (actor: string, isProduction = true) =>
      decided(state, { to: 'approved' }, { actor, isProduction });
    for (const actor of ['ada', 'Ada', 'ADA', 'Grace', 'grace', 'GRACE'])
      expect(approve(actor), actor).toBe('SELF_APPROVAL');
    for (const actor of ['bob', 'ada2', 'grac', 'undefined'])
      expect(approve(actor), actor).toMatchObject({ to: 'approved' });
    expect(approve('grace', false)).toMatchObject({ to: 'approved' });
  });

  it('lets everybody approve a version whose publisher is not known', () => {
    const old = { ...known(version, 'pending_approval'), publisher: undefined };
    const state = { ...contractEvolution.initial, versions: new Map([[version, old]]) };
    const by = { actor: 'undefined', isProduction: true };
    expect(decided(state, { to: 'approved' }, by)).toMatchObject({ to: 'approved' });
  });

  it('keeps notes, a successor and a sunset in UTC', () => {
    const sunset = '2027-01-01T01:00:00+02:00';
    expect(decided(given('approved'), { notes: 'old', successor: newer, sunset })).toEqual({
      version,
      from: 'approved',
      to: 'deprecated',
      notes: 'old',
      successor: newer,
      sunset: '2026-12-31T23:00:00.000Z',
    });
  });

  it('refuses a sunset that is no time, or not after now', () => {
    const wrong = [
      NOW,
      '2026-01-02T03:04:05Z',
      '2026-01-02T05:04:05.678+02:00',
      '2027-01-01',
      '2027-02-30T00:00:00Z',
      'tomorrow',
      '',
      '2027-01-01 00:00:00Z',
      '2027-06-30T23:59:60Z',
    ];
    for (const sunset of wrong)
      expect(decided(given('approved'), { sunset }), sunset).toBe('INVALID_REQUEST');
    const right = decided(given('approved'), { sunset: '2026-01-02T03:04:05.679z' });
    expect(right).toMatchObject({ sunset: '2026-01-02T03:04:05.679Z' });
  });

  it('refuses a successor that is the version itself, not published, or retired', () => {
    for (const successor of [version, '3.0.0', '', 'constructor'])
      expect(decided(given('approved'), { successor }), successor).toBe('INVALID_REQUEST');
    expect(decided(given('approved', 'retired'), { successor: newer })).toBe('INVALID_REQUEST');
    expect(decided(given('approved', 'draft'), { successor: newer })).toMatchObject({
      successor: newer,
    });
  });

  it('refuses a successor and a sunset with any other stage, and a second parting', () => {
    const sunset = '2027-01-01T00:00:00Z';
    expect(decided(given('deprecated'), { to: 'retired', sunset })).toBe('INVALID_REQUEST');
    expect(decided(given('deprecated'), { to: 'approved', successor: newer })).toBe(
      'INVALID_REQUEST',
    );
    expect(decided(given('deprecated'), { sunset })).toBe('ILLEGAL_TRANSITION');
    expect(decided(given('deprecated'), {})).toBe('unchanged');
  });
});

describe('changeContractStage()', () => {
  const prod = parseScope('default', 'prod');
  const as = (actor: string, key?: string) => ({ ...commandContext(key), scope: prod, actor });

  it('carries a version through its whole life in production', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    const published = { name, version, jsonSchema: schemaOf('1') };
    await publishContract(commands, as('ada'), published);
    const approve = { name, version, to: 'approved' } as const;
    const own = changeContractStage(commands, as('ada'), approve);
    await expect(own).rejects.toMatchObject({ code: 'SELF_APPROVAL', outcome: 'not-applied' });
    await changeContractStage(commands, as('bob'), approve);
    await changeContractStage(commands, as('ada'), { name, version, to: 'deprecated' });
    const last = { name, version, to: 'retired' } as const;
    const { state } = await changeContractStage(commands, as('ada'), last);
    expect(state.versions.get(version)?.stage).toBe('retired');
    expect((await log.head()).last).toBe(4);
  });

  it('knows the publisher from the log when its view is behind', async () => {
    const log = memoryLog();
    const source = blindSource(contractEvolution.initial);
    const commands = contractCommandsOn(log, { source });
    await publishContract(commands, as('ada'), { name, version, jsonSchema: schemaOf('1') });
    const own = changeContractStage(commands, as('ada'), { name, version, to: 'approved' });
    await expect(own).rejects.toMatchObject({ code: 'SELF_APPROVAL' });
  });

  it('takes a published version of another name as successor, and no other', async () => {
    const commands = contractCommandsOn(memoryLog());
    const other = parseContractName('x.y');
    for (const each of [name, other])
      await publishContract(commands, commandContext(), {
        name: each,
        version,
        jsonSchema: schemaOf('1'),
      });
    const deprecate = async (successor: string) =>
      await changeContractStage(commands, commandContext(), {
        name,
        version,
        to: 'deprecated',
        successor,
      });
    for (const successor of ['x.y@2.0.0', 'z@1.0.0', 'a.b@1.0.0', 'x.y@', '@1.0.0', 'x.y@1@2'])
      await expect(deprecate(successor), successor).rejects.toMatchObject({
        code: expect.stringMatching(/^INVALID_(REQUEST|NAME)$/),
      });
    expect((await deprecate('x.y@1.0.0')).recorded?.event.data).toMatchObject({
      successor: 'x.y@1.0.0',
    });
  });

  it('gives a retry the first answer, although the step is illegal by now', async () => {
    const commands = contractCommandsOn(memoryLog());
    await publishContract(commands, as('ada'), { name, version, jsonSchema: schemaOf('1') });
    const approve = { name, version, to: 'approved' } as const;
    const first = await changeContractStage(commands, as('bob', 'key'), approve);
    for (const to of ['deprecated', 'retired'] as const)
      await changeContractStage(commands, as('bob'), { name, version, to });
    const again = await changeContractStage(commands, as('bob', 'key'), approve);
    expect(again).toMatchObject({ replayed: true, position: first.position });
  });

  it('lets one of two racing steps win where both cannot be', async () => {
    const commands = contractCommandsOn(memoryLog());
    await publishContract(commands, as('ada'), { name, version, jsonSchema: schemaOf('1') });
    const results = await Promise.allSettled(
      (['approved', 'retired'] as const).map((to) =>
        changeContractStage(commands, as('bob'), { name, version, to }),
      ),
    );
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});
