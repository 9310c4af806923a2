import { describe, expect, it } from 'vitest';
import { JOB_STAGES, nextJobStages } from '#domain/job-stage';

describe('nextJobStages()', () => {
  it('is this table and nothing else', () => {
    expect(Object.fromEntries(JOB_STAGES.map((stage) => [stage, nextJobStages(stage)]))).toEqual({
      draft: ['pending_approval', 'retired'],
      pending_approval: ['active', 'draft', 'retired'],
      active: ['retired'],
      retired: [],
    });
  });
});
