import { describe, expect, it } from 'vitest';
import { changedProgram } from '#test/support/changed-program';
import { drillCommand, expectSucceeded, failedSteps, figureOf } from '#test/support/drill-command';

describe('drill freeze', { timeout: 180_000 }, () => {
  it('succeeds with writes frozen in time, reads marked as stale, and views that are reset', async () => {
    const end = await drillCommand('freeze');
    expectSucceeded(end);
    expect(figureOf(end, 'from the moment the old broker answers to FROZEN')).toBeLessThan(11);
    expect(end.report.steps.map(({ name }) => name)).toContain('what the old log holds is there');
  });

  it('fails with exit code 1 over a program that marks nothing as stale', async () => {
    using program = changedProgram('src/http/stale-reads.js', "'Atlas-Stale'", "'Atlas-Old'");
    const end = await drillCommand('freeze', program);
    expect(failedSteps(end)).toContain('GET /catalog goes on, marked as stale');
  });
});
