import { describe, expect, it } from 'vitest';
import { changedProgram } from '#test/support/changed-program';
import { drillCommand, expectSucceeded, failedSteps, figureOf } from '#test/support/drill-command';

describe('drill rot', { timeout: 180_000 }, () => {
  it('succeeds with damage anywhere found, repaired, and in quarantine when it goes on, and says how long a changed row can be served', async () => {
    const end = await drillCommand('rot');
    expectSucceeded(end);
    const names = end.report.steps.map(({ name }) => name);
    for (const place of ['head', 'row', 'end']) {
      expect(names).toContain(`damage the ${place} of 1/drill_${place}/v1, found and repaired`);
      expect(figureOf(end, `${place}: until it was found`)).toBeGreaterThan(0);
    }
    expect(names).toEqual(
      expect.arrayContaining([
        'it is refused',
        'it is listed',
        'what was in quarantine answers as before',
      ]),
    );
    expect(figureOf(end, 'quarantine')).toBeGreaterThan(3);
    // Nothing in a file of SQLite tells that a letter of a row is another one: how long that can be must be said.
    expect(figureOf(end, 'row: a changed row was served for')).toBeGreaterThan(0);
    expect(figureOf(end, 'a changed row can be served at most, with your settings')).toBe(856);
  });

  it('fails with exit code 1 over a program that reads nothing again', async () => {
    using program = changedProgram(
      'src/cache/integrity.js',
      'checkedAt(kept) <= since',
      'checkedAt(kept) === since',
    );
    const end = await drillCommand('rot', program);
    expect(failedSteps(end).join()).toMatch(/found and repaired/);
  });

  it('fails with exit code 1 over a program that never gives up on a file', async () => {
    using program = changedProgram(
      'src/cache/quarantine.js',
      'suspect.failures < failuresMax',
      'suspect.failures < Number.POSITIVE_INFINITY',
    );
    const end = await drillCommand('rot', program);
    expect(failedSteps(end)).toEqual(expect.arrayContaining(['it is refused', 'it is listed']));
  });
});
