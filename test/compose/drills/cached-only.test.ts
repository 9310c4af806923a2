import { describe, expect, it } from 'vitest';
import { changedProgram } from '#test/support/changed-program';
import { drillCommand, expectSucceeded, failedSteps, figureOf } from '#test/support/drill-command';

describe('drill cached-only', { timeout: 180_000 }, () => {
  it('succeeds with what is cached, with what is not refused, and with nobody asked', async () => {
    const end = await drillCommand('cached-only');
    expectSucceeded(end);
    expect(end.report.steps.map(({ name }) => name)).toEqual([
      'warm the cache',
      '1/drill_first/v1 answers as before',
      '1/drill_second/v1 answers as before',
      'what is not cached is refused',
      'nobody was asked',
    ]);
    expect(figureOf(end, 'start without the source')).toBeGreaterThan(0);
  });

  it('fails with exit code 1 over a program that asks its source all the same', async () => {
    using program = changedProgram(
      'src/compose/sources.js',
      "return 'cached-only'",
      "return 'live'",
    );
    const end = await drillCommand('cached-only', program);
    expect(failedSteps(end)).toContain('nobody was asked');
  });
});
