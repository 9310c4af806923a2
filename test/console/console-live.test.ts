import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPicture } from '#test/support/browser';
import { type ConsoleBed, openPage, startConsoleBed } from '#test/support/console-bed';
import { startSlowProxy } from '#test/support/slow-proxy';

/** The machine may be busy with other tests. */
const PATIENCE = { timeout: 20_000 };
/** What a page keeps of the log. */
const KEPT_MAX = 1_000;

describe('what happens while a page of the console is open', () => {
  let bed: ConsoleBed;

  beforeAll(async () => {
    bed = await startConsoleBed();
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
  });

  async function register(name: string): Promise<void> {
    const body = { name, schema_fingerprint: 'sha256:00aa' };
    expect((await bed.registry.api.post('/registry/datasets', body)).status).toBe(201);
  }

  it('is shown once and without a gap after the connection broke', async () => {
    await using proxy = await startSlowProxy(Number(new URL(bed.url).port));
    const address = `http://127.0.0.1:${proxy.port}/console/log`;
    await using opened = await openPage(bed.browser, address);
    const { page } = opened;
    await register('web/visits');
    await page.getByRole('link', { name: 'web/visits' }).waitFor();
    proxy.cut();
    await page.getByText('waiting', { exact: true }).waitFor();
    for (const name of ['web/errors', 'crm/accounts']) await register(name);
    await page.getByRole('link', { name: 'crm/accounts' }).waitFor();
    await register('crm/leads');
    await page.getByRole('link', { name: 'crm/leads' }).waitFor();
    const texts = await page.locator('.events .position').allTextContents();
    const newest = Number(texts[0]);
    expect(texts.map(Number)).toEqual(texts.map((_, index) => newest - index));
  });

  it('takes no connection of the node while nobody sees the page, and is all there afterwards', async () => {
    await using opened = await bed.open('/log');
    const { page } = opened;
    await page.getByText('live', { exact: true }).waitFor();
    const turn = async (hidden: boolean): Promise<void> => {
      await page.evaluate(
        `Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} });
         document.dispatchEvent(new Event('visibilitychange'))`,
      );
    };
    const ended = page.waitForEvent('requestfailed', (one) => one.url().includes('/events'));
    await turn(true);
    await ended;
    await register('hidden/one');
    await register('hidden/two');
    const followed = page.waitForRequest((one) => one.url().includes('/events'));
    await turn(false);
    await followed;
    await page.getByRole('link', { name: 'hidden/two' }).waitFor();
    expect(await page.getByRole('link', { name: 'hidden/one' }).count()).toBe(1);
  });

  it('stands still while somebody holds it, or is among it by keyboard, and is all there when they go on', async () => {
    await using opened = await bed.open('/log');
    const { page } = opened;
    await page.getByRole('link', { name: 'shop/parts' }).waitFor();
    await page.getByRole('button', { name: 'Hold' }).click();
    await register('sales/refunds');
    await page.getByText('Held. 1 came since.').waitFor();
    expect(await page.getByRole('link', { name: 'sales/refunds' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('link', { name: 'sales/refunds' }).focus();
    await register('sales/quotes');
    await page.getByText('Held. 1 came since.').waitFor();
    const focused = await page.evaluate('document.activeElement.textContent');
    expect(focused).toBe('sales/refunds');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('link', { name: 'sales/quotes' }).waitFor();
  });

  it('is kept up to a limit, the newest of it, however much comes', async () => {
    await using opened = await bed.open('/log?stream=jobs');
    const { page } = opened;
    await page.getByRole('link', { name: 'orders-monday' }).waitFor();
    const operations = Array.from({ length: KEPT_MAX }, (_, index) => ({
      op: 'start',
      id: `many-${index}`,
      job: 'many',
    }));
    const sent = await bed.registry.api.post('/registry/job-runs/batch', { operations });
    expect(sent.status).toBe(200);
    await page.getByText('1,005 came, 1,000 are kept here').waitFor();
    const shown = await page.locator('.events li').count();
    expect(shown).toBeLessThan(KEPT_MAX);
  });

  it('is read from a position on, and one event with its hash and what it changed', async () => {
    await using opened = await bed.open('/log?from=2');
    const { page } = opened;
    const events = page.getByRole('list', { name: 'Events' });
    await events.getByRole('link', { name: '2', exact: true }).waitFor();
    expect(await events.getByRole('link', { name: '1', exact: true }).count()).toBe(0);
    await events.getByRole('link', { name: '4', exact: true }).click();
    await page.getByText('Hash before').waitFor();
    await page.getByRole('group', { name: 'Before beside After' }).waitFor();
    await page.getByText('"row_count": 121').last().waitFor();
    await page.reload();
    await page.getByText('"row_count": 121').last().waitFor();
    await expect.poll(() => page.locator('h1').textContent(), PATIENCE).toContain('Event 4');
  });

  it('is shown as it happens', async () => {
    await using opened = await bed.open('');
    const { page } = opened;
    await page.getByText('Changes appear as they happen.').waitFor();
    await register('sales/forecast');
    await page.getByRole('link', { name: 'sales/forecast' }).waitFor();
    // A node looks at its streams every few seconds.
    await page.getByText(/REGISTRY at [1-9]/).waitFor();
    await page.setViewportSize({ width: 1_200, height: 720 });
    await keepPicture(page, 'home');
  });

  it('of a run is shown until its end, also when an answer failed on the way', async () => {
    await using opened = await bed.open('/jobs/runs/orders-monday');
    const { page } = opened;
    await page.getByText('running', { exact: true }).waitFor();
    const path = '**/registry/job-runs/orders-monday';
    await page.route(path, async (route) => await route.fulfill({ status: 503, body: '{}' }));
    await page.waitForResponse(path);
    expect(await page.getByText('running', { exact: true }).count()).toBe(1);
    await page.unroute(path);
    const finish = '/registry/job-runs/orders-monday/finish';
    const { status } = await bed.registry.api.post(finish, { status: 'succeeded' });
    expect(status).toBe(200);
    await page.getByText('succeeded', { exact: true }).waitFor();
  });
});
