import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsoleBed, startConsoleBed } from '#test/support/console-bed';

describe('what somebody has done through the console', () => {
  let bed: ConsoleBed;

  beforeAll(async () => {
    bed = await startConsoleBed();
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
  });

  it('is done once, however often it is sent after an answer was lost; what is asked for behind an answer is another', async () => {
    const path = '/registry/job-definitions/orders.check/1.0.0/stage';
    for (const stage of ['pending_approval', 'active'])
      expect((await bed.registry.api.post(path, { stage })).status).toBe(200);
    await using opened = await bed.open('/jobs/definitions/orders.check');
    const { page } = opened;
    const keys: (string | undefined)[] = [];
    await page.route('**/registry/job-definitions/*/runs', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      const answer = await route.fetch();
      if (keys.length < 3) await route.abort();
      else await route.fulfill({ response: answer });
    });
    for (const lost of [1, 2]) {
      await press(page);
      await expect.poll(() => keys.length).toBe(lost);
      await page.getByText('The registry does not answer').waitFor();
    }
    await press(page);
    await page.getByRole('heading', { level: 1, name: 'Run ' }).waitFor();
    await page.goBack();
    await press(page);
    await expect.poll(() => keys.length).toBe(4);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    await page.getByRole('heading', { level: 1, name: 'Run ' }).waitFor();
    const found = await bed.registry.api.get('/registry/job-runs?definition=orders.check');
    expect(found.json.job_runs).toHaveLength(2);
  });

  it('is not sent twice while the answer is on its way', async () => {
    await using opened = await bed.open('/contracts/sales.order-placed/1.1.0');
    const { page } = opened;
    let sent = 0;
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/promote', async (route) => {
      sent += 1;
      await answered;
      await route.continue();
    });
    await page.getByText('Promote to another environment').click();
    await page.getByLabel('Environment', { exact: true }).fill('prod');
    const button = page.getByRole('button', { name: 'Promote 1.1.0' });
    // Twice before the page is drawn anew.
    await page.evaluate(
      `(() => { const one = document.querySelector('details button'); one.click(); one.click(); })()`,
    );
    await expect.poll(async () => await button.isDisabled()).toBe(true);
    answer();
    await page.getByText('prod has it now').waitFor();
    expect(sent).toBe(1);
    expect(await button.isDisabled()).toBe(false);
  });

  async function press(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Run it now' }).click();
  }
});
