import { describe, expect, it } from 'vitest';
import { changedProgram } from '#test/support/changed-program';
import { drillCommand, expectSucceeded, failedSteps, figureOf } from '#test/support/drill-command';
import { eventually } from '#test/support/wait';

describe('drill store-loss', { timeout: 180_000 }, () => {
  it('succeeds with what is cached, with the rest refused fast, and with a store that comes back', async () => {
    const end = await drillCommand('store-loss');
    expectSucceeded(end);
    expect(figureOf(end, 'slowest answer for a dataset that is not cached')).toBeLessThan(5_000);
    expect(figureOf(end, 'until a dataset that is not cached answers')).toBeLessThan(30);
  });

  it('fails with exit code 1 over a program that answers 500 while the store is away', async () => {
    using program = changedProgram(
      'src/http/problem.js',
      'STORE_UNAVAILABLE: [503',
      'STORE_UNAVAILABLE: [500',
    );
    const end = await drillCommand('store-loss', program);
    expect(failedSteps(end)).toEqual(['the rest is 503']);
  });

  it('ends with exit code 130 when it is stopped, and leaves nothing but its report', async () => {
    const end = await drillCommand('store-loss', {
      during: async ({ child, text }) => {
        await eventually('it to be under way', () => text().includes('answers as before'));
        child.kill('SIGINT');
      },
    });
    expect([end.code, end.report.outcome]).toEqual([130, 'stopped']);
  });
});
