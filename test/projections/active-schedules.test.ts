import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeJobStage } from '#commands/change-job-stage';
import { defineJob } from '#commands/define-job';
import { parseContractVersion } from '#domain/contract-name';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { commandContext } from '#test/support/command-env';
import { type JobBed, openJobBed, UP } from '#test/support/job-bed';
import { jobId, jobOf } from '#test/support/jobs';

let bed: JobBed;
beforeEach(() => {
  bed = openJobBed();
});
afterEach(() => bed[Symbol.dispose]());

const daily = { trigger: { type: 'SCHEDULED', cron: '0 6 * * *', timeZone: 'Europe/Berlin' } };
const hourly = { trigger: { type: 'SCHEDULED', cron: '0 * * * *', timeZone: 'UTC' } };
const listed = () =>
  bed.reader.schedules
    .list()
    .map(({ scope, id, version, cron }) => [scope.environment, id, version, cron]);

describe('ActiveSchedules', () => {
  it('lists the highest active version alone, with the time at which it became active', async () => {
    await bed.job('a.daily', daily, ...UP);
    await bed.job('b.manual', {}, ...UP);
    await bed.job('c.draft', daily);
    expect(listed()).toEqual([['dev', 'a.daily', '1.0.0', '0 6 * * *']]);
    await bed.job('a.daily', hourly, 'pending_approval');
    expect(listed()).toEqual([['dev', 'a.daily', '1.0.0', '0 6 * * *']]);
    await bed.moved('a.daily', '1.0.1', 'active');
    expect(listed()).toEqual([['dev', 'a.daily', '1.0.1', '0 * * * *']]);
    const row = bed.reader.jobDefinitions.find(
      DEFAULT_SCOPE,
      { id: bed.reader.schedules.list()[0]?.id ?? jobId, version: 'latest' },
      bed.reader.positionAt(Number.MAX_SAFE_INTEGER),
    );
    expect(bed.reader.schedules.list()[0]).toEqual({
      scope: DEFAULT_SCOPE,
      id: 'a.daily',
      version: '1.0.1',
      cron: '0 * * * *',
      timeZone: 'UTC',
      activatedAt: row?.staged.time,
    });
  });

  it('falls back to the version before when the highest is retired, and to nothing after the last', async () => {
    await bed.job('a.daily', daily, ...UP);
    await bed.job('a.daily', hourly, ...UP);
    await bed.moved('a.daily', '1.0.1', 'retired');
    expect(listed()).toEqual([['dev', 'a.daily', '1.0.0', '0 6 * * *']]);
    await bed.moved('a.daily', '1.0.0', 'retired');
    expect(listed()).toEqual([]);
  });

  it('is silent where the highest active version has another trigger', async () => {
    await bed.job('a.daily', daily, ...UP);
    await bed.job('a.daily', {}, ...UP);
    expect(listed()).toEqual([]);
  });

  it('lists the schedules of every scope', async () => {
    await bed.job('a.daily', daily, ...UP);
    const scope = parseScope('acme', 'test');
    const context = () => ({ ...commandContext(), scope });
    await defineJob(bed.jobs, context(), { id: jobId, content: jobOf(hourly) });
    for (const to of UP)
      await changeJobStage(bed.jobs, context(), {
        id: jobId,
        version: parseContractVersion('1.0.0'),
        to,
      });
    await bed.catchUp();
    expect(listed()).toEqual([
      ['test', jobId, '1.0.0', '0 * * * *'],
      ['dev', 'a.daily', '1.0.0', '0 6 * * *'],
    ]);
  });
});
