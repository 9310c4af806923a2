import { describe, expect, it } from 'vitest';
import { CONTRACT_STAGES, nextStages } from '#domain/contract-stage';

describe('nextStages()', () => {
  it('is this table and nothing else', () => {
    expect(Object.fromEntries(CONTRACT_STAGES.map((stage) => [stage, nextStages(stage)]))).toEqual({
      draft: ['pending_approval', 'retired'],
      pending_approval: ['approved', 'draft', 'retired'],
      approved: ['deprecated'],
      deprecated: ['approved', 'retired'],
      retired: [],
    });
  });

  it('never leads to the stage that it starts from, and leads to every stage from somewhere', () => {
    for (const stage of CONTRACT_STAGES) expect(nextStages(stage)).not.toContain(stage);
    const reached = new Set(CONTRACT_STAGES.flatMap((stage) => nextStages(stage)));
    expect([...reached].toSorted()).toEqual([...CONTRACT_STAGES].toSorted());
  });
});
