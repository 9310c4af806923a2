import { describe, expect, it } from 'vitest';
import { planJobStage, STAGE_NOTES_MAX, type WantedStage } from '#commands/plan-job-stage';
import { type ActionProfile, actionProfileEvolution } from '#domain/action-profile';
import { parseContractVersion } from '#domain/contract-name';
import type { DefinitionState } from '#domain/definition';
import { sha256Of } from '#domain/digest';
import { JOB_STAGES, type JobStage, nextJobStages } from '#domain/job-stage';

const version = parseContractVersion('1.0.0');

function given(stage: JobStage): DefinitionState<ActionProfile> {
  const known = { version, fingerprint: sha256Of(''), definedAt: '', author: 'ada', stage };
  return { versions: new Map([[version, known]]) };
}

function planned(
  state: DefinitionState<ActionProfile>,
  rest: Partial<WantedStage>,
  by: { readonly actor?: string; readonly isProduction?: boolean } = {},
): string {
  const wanted = { noun: 'action profile', id: 'a.b', version, to: 'active', ...rest } as const;
  const plan = planJobStage(state, wanted, { actor: 'bob', isProduction: false, ...by });
  switch (plan.kind) {
    case 'step':
      return `${plan.change.from} -> ${plan.change.to}`;
    case 'refused':
      return plan.error.code;
    default:
      return plan.kind;
  }
}

describe('planJobStage()', () => {
  it('takes every step of the table and refuses every other, naming the legal ones', () => {
    let pairs = 0;
    for (const from of JOB_STAGES) {
      for (const to of JOB_STAGES) {
        const wanted = { noun: 'job definition', id: 'a.b', version, to } as const;
        const plan = planJobStage(given(from), wanted, { actor: 'bob', isProduction: true });
        const legal = nextJobStages(from);
        const want =
          from === to
            ? { kind: 'unchanged' }
            : legal.includes(to)
              ? { kind: 'step', change: { version, from, to } }
              : {
                  kind: 'refused',
                  error: { code: 'ILLEGAL_TRANSITION', details: { legal, from, to } },
                };
        expect(plan, `${from} -> ${to}`).toMatchObject(want);
        pairs += 1;
      }
    }
    expect(pairs).toBe(16);
  });

  it('says what is and what should be', () => {
    const wanted = { noun: 'job definition', id: 'a.b', version, to: 'active' } as const;
    const plan = planJobStage(given('draft'), wanted, { actor: 'bob', isProduction: false });
    expect(plan).toMatchObject({
      error: {
        message:
          'Cannot move job definition "a.b" version "1.0.0" to active: it is draft (want pending_approval or retired)',
      },
    });
  });

  it('finds no version that is not defined', () => {
    expect(planned(actionProfileEvolution.initial, {})).toBe('NOT_FOUND');
    expect(planned(given('draft'), { version: parseContractVersion('v1') })).toBe('NOT_FOUND');
  });

  it('lets nobody activate their own version in production, and everybody elsewhere', () => {
    const pending = given('pending_approval');
    const own = { actor: 'ada', isProduction: true };
    expect(planned(pending, {}, own)).toBe('SELF_APPROVAL');
    expect(planned(pending, {}, { ...own, actor: 'bob' })).toBe('pending_approval -> active');
    expect(planned(pending, {}, { actor: 'ada' })).toBe('pending_approval -> active');
    expect(planned(pending, { to: 'draft' }, own)).toBe('pending_approval -> draft');
    expect(planned(given('active'), { to: 'retired' }, own)).toBe('active -> retired');
  });

  it('takes notes of a bounded length', () => {
    const step = { to: 'retired' } as const;
    expect(planned(given('active'), { ...step, notes: 'x'.repeat(STAGE_NOTES_MAX) })).toBe(
      'active -> retired',
    );
    for (const notes of ['x'.repeat(STAGE_NOTES_MAX + 1), '\uD800'])
      expect(planned(given('active'), { ...step, notes })).toBe('INVALID_REQUEST');
  });
});
