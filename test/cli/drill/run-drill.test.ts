import { describe, expect, it } from 'vitest';
import type { Drill, DrillHost } from '#cli/drill/drill';
import { reportPage } from '#cli/drill/report-page';
import { runDrill } from '#cli/drill/run-drill';
import type { Config } from '#ops/config/settings';
import { createLogger } from '#ops/logger';

async function outcomeOf(run: Drill['run'], signal = new AbortController().signal) {
  const drill = { name: 'made-up', summary: '', about: '', options: [], run };
  const from = { config: {} as Config, logger: createLogger('silent'), flags: {}, signal };
  let text = '';
  const out = { write: (part: string) => (text += part) };
  const report = await runDrill({ drill, from, version: '1.2.3', out });
  return { report, text };
}

describe('runDrill()', () => {
  it('notes each step with what was seen, and each figure', async () => {
    const { report, text } = await outcomeOf(async (host) => {
      await host.step('count', async (show) => {
        show(1, 2);
        show(2, 2);
        return 'two things';
      });
      host.check('both are there', true, 'two of two');
      host.figure('rate', 12_345.678, 'events/s');
    });
    expect(report).toMatchObject({
      drill: 'made-up',
      registryVersion: '1.2.3',
      outcome: 'succeeded',
      steps: [
        { name: 'count', outcome: 'succeeded', detail: 'two things' },
        { name: 'both are there', outcome: 'succeeded' },
      ],
      figures: [{ name: 'rate', value: 12_345.678, unit: 'events/s' }],
    });
    expect(text).toContain('ok     count: two things\n');
    expect(text).toContain('rate: 12,346 events/s');
  });

  it('has failed with a step that throws, a check that does not hold, or an error after a step', async () => {
    const runs: Drill['run'][] = [
      async (host) => {
        await host.step('one', async () => Promise.reject(new Error('no such thing')));
      },
      async (host) => {
        host.check('equal', false, 'they differ');
        await host.step('after it', async () => 'done');
      },
      async (host) => {
        await host.step('one', async () => 'done');
        throw new Error('in between');
      },
    ];
    for (const run of runs) expect((await outcomeOf(run)).report.outcome).toBe('failed');
  });

  it('did not begin when it throws before its first step', async () => {
    await expect(outcomeOf(async () => Promise.reject(new Error('no broker')))).rejects.toThrow(
      'no broker',
    );
  });

  it('is stopped, not failed, by a signal', async () => {
    const stop = new AbortController();
    const { report } = await outcomeOf(async (host: DrillHost) => {
      await host.step('wait', async () => {
        stop.abort();
        throw new Error('aborted');
      });
    }, stop.signal);
    expect(report.outcome).toBe('stopped');
  });
});

describe('reportPage()', () => {
  it('shows what was seen as text, whatever it holds', async () => {
    const { report } = await outcomeOf(async (host) => {
      host.check('<script>alert(1)</script>', false, `"a" & 'b'`);
    });
    const page = reportPage(report);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('&quot;a&quot; &amp; &#39;b&#39;');
    expect(page).not.toContain('<script');
  });
});
