import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPicture } from '#test/support/browser';
import { type ConsoleBed, startConsoleBed } from '#test/support/console-bed';
import { GENES, REGION } from '#test/support/console-content';

/** The machine may be busy with other tests. */
const PATIENCE = { timeout: 20_000 };
/** More than two pages of the list hold. */
const MANY = 330;

/** What a registry says to who asks for too much at once. */
const REFUSED = {
  title: 'Too much',
  detail: 'Cannot read on yet',
  code: 'RATE_LIMITED',
  status: 429,
};

describe('datasets in the console', () => {
  let bed: ConsoleBed;

  beforeAll(async () => {
    bed = await startConsoleBed();
    await registerMany();
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
  });

  async function registerMany(): Promise<void> {
    const numbers = Array.from({ length: MANY }, (_, index) => String(index).padStart(4, '0'));
    const take = numbers.values();
    const work = async (): Promise<void> => {
      for (const number of take) {
        const body = { name: `many/Set-${number}`, schema_fingerprint: 'sha256:00aa' };
        const headers = { 'Atlas-Tenant': 'many' };
        const { status } = await bed.registry.api.post('/registry/datasets', body, headers);
        expect(status).toBe(201);
      }
    };
    await Promise.all(Array.from({ length: 16 }, work));
  }

  it('are searched by name in any case by the registry, and the place is kept when the page is loaded again', async () => {
    await using opened = await bed.open('/datasets?tenant=many');
    const { page } = opened;
    await page.getByText(`${MANY} datasets`).waitFor();
    await page.getByLabel('Name holds').fill('SET-032');
    await page.getByText('10 datasets, each with “SET-032” in its name').waitFor();
    expect(page.url()).toContain('q=SET-032');
    await page.reload();
    await page.getByText('10 datasets, each with “SET-032” in its name').waitFor();
    await page.getByRole('link', { name: 'many/Set-0329' }).waitFor();
    expect(await page.getByRole('link', { name: 'many/Set-0001' }).count()).toBe(0);
    expect(await page.getByLabel('Name holds').inputValue()).toBe('SET-032');
    await page.getByLabel('Name holds').fill('nowhere');
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByText(`${MANY} datasets`).waitFor();
  });

  it('are read as far as somebody looks, and the list is where it was for who comes back or loads it again', async () => {
    await using opened = await bed.open('/datasets?tenant=many');
    const { page } = opened;
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('cursor=')) asked.push(request.url());
    });
    const list = page.getByRole('group', { name: 'Datasets' });
    await list.getByRole('link', { name: 'many/Set-0000' }).waitFor();
    await list.focus();
    await page.keyboard.press('End');
    const last = list.getByRole('link', { name: `many/Set-0${MANY - 1}` });
    await last.click();
    await page.getByText('Schema fingerprint').waitFor();
    await page.goBack();
    await last.waitFor();
    await page.reload();
    await last.waitFor();
    expect(await list.getByRole('link').count()).toBeLessThan(50);
    expect(asked.length).toBeGreaterThan(0);
  });

  it('are filtered by status, and show the past', async () => {
    await using opened = await bed.open('/datasets');
    const { page } = opened;
    await page.getByRole('link', { name: 'sales/orders' }).waitFor();
    await page.getByLabel('Status').selectOption('published');
    await page.getByText('1 dataset', { exact: true }).waitFor();
    await page.getByRole('link', { name: GENES }).waitFor();
    await page.getByLabel('Status').selectOption('');
    await page.getByLabel('As of (position or time)').fill('2');
    await page.keyboard.press('Enter');
    await page.getByText('2 datasets', { exact: true }).waitFor();
    await page.getByLabel('As of (position or time)').fill('yesterday');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
  });

  it('are shown as they were', async () => {
    await using opened = await bed.open('/datasets/sales/orders?tab=history');
    const { page } = opened;
    await page.getByRole('button', { name: 'Show as of 1' }).click();
    await page.getByText('As of 1').waitFor();
    await page.getByText('120', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('120', { exact: true }).waitFor();
  });

  it('give their rows by the columns that they declare, and a picture of the genes of a region', async () => {
    await using opened = await bed.open(`/datasets/${GENES}?tab=query`);
    const { page } = opened;
    await page.getByLabel('seqid', { exact: true }).fill(REGION.seqid);
    await page.getByLabel('from start', { exact: true }).fill('43000000');
    await page.getByLabel('to end', { exact: true }).fill('43200000');
    await page.keyboard.press('Enter');
    const picture = page.getByRole('img', { name: 'genes between 43,000,000 and 43,200,000' });
    await picture.waitFor();
    const rows = await page.getByRole('group', { name: 'Rows' }).locator('tbody tr').count();
    expect(await picture.locator('rect').count()).toBe(rows);
    await picture.getByText('BRCA1', { exact: true }).waitFor();
    await keepPicture(page, 'region');
    await page.reload();
    await picture.waitFor();
    const row = page.getByRole('row').filter({ hasText: 'BRCA1' }).first();
    const id = /ENSG\d+/.exec((await row.textContent()) ?? '')?.[0] ?? '';
    await page.getByLabel('Rows by').selectOption('gene_id');
    await page.getByLabel('gene_id', { exact: true }).fill(id);
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('1 row', { exact: true }).waitFor();
    expect(await picture.count()).toBe(0);
  });

  it('are kept by a node as it says, which reads them again and lets go of them when it is told to', async () => {
    const rows = `/v1/datasets/${GENES}/rows/gene_summary?limit=1`;
    expect((await bed.registry.api.get(rows)).status).toBe(200);
    await using opened = await bed.open(`/datasets/${GENES}?tab=cache`);
    const { page } = opened;
    await page.getByText('This node keeps it').waitFor();
    await page.getByRole('button', { name: 'Check against their digests' }).click();
    await page.getByText('All are as they should be.').waitFor();
    await page.getByRole('button', { name: 'Remove from this node' }).click();
    await keepPicture(page, 'dataset-cache-remove');
    await page.getByRole('button', { name: 'Remove what nobody uses' }).click();
    await page.getByText(/1 file removed, .* are free again/).waitFor();
    await page.getByText('This node does not keep it').waitFor();
    expect(await page.getByRole('button', { name: 'Remove from this node' }).count()).toBe(0);
  });

  it('have all of their rows under an address of its own, and no more is asked for while more is on its way', async () => {
    await using opened = await bed.open(`/datasets/${GENES}?tab=query`);
    const { page } = opened;
    await page.getByLabel('Rows by').selectOption('all');
    const row = { gene_id: 'g', start: 1 };
    await page.route('**/rows/**', async (route) => {
      const isFirst = !route.request().url().includes('cursor=');
      if (isFirst) await route.fulfill({ json: { rows: [row], next_cursor: 'next' } });
    });
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('button', { name: 'More' }).click();
    await expect
      .poll(async () => await page.getByRole('button', { name: 'More' }).isDisabled(), PATIENCE)
      .toBe(true);
    // Another question ends the one that has no answer.
    const ended = page.waitForEvent('requestfailed', (one) => one.url().includes('cursor='));
    await page.getByRole('button', { name: 'Ask' }).click();
    await ended;
    await page.reload();
    await page.getByText('1 row, and there are more').waitFor();
    expect(await page.getByLabel('Rows by').inputValue()).toBe('all');
  });

  it('keep what a check of their files has found when the rest is refused', async () => {
    const rows = `/v1/datasets/${GENES}/rows/gene_summary?limit=1`;
    expect((await bed.registry.api.get(rows)).status).toBe(200);
    await using opened = await bed.open(`/datasets/${GENES}?tab=cache`);
    const { page } = opened;
    const found = { checked_count: 3, bytes: 10, damaged: [], unread: [], next_cursor: 'next' };
    await page.route('**/registry/cache/verify', async (route) => {
      const isFirst = route.request().postData()?.includes('next') !== true;
      await route.fulfill(isFirst ? { json: found } : { status: 429, json: REFUSED });
    });
    await page.getByRole('button', { name: 'Check against their digests' }).click();
    await page.getByText('Not whole: 3 files checked').waitFor();
    await page.getByRole('alert').getByText(REFUSED.detail).waitFor();
  });

  it('say why a range cannot be asked for', async () => {
    await using opened = await bed.open(`/datasets/${GENES}?tab=query`);
    const { page } = opened;
    await page.getByLabel('seqid', { exact: true }).fill(REGION.seqid);
    await page.getByLabel('from start', { exact: true }).fill('500');
    await page.getByLabel('to end', { exact: true }).fill('400');
    await page.getByRole('button', { name: 'Ask' }).click();
    await expect
      .poll(async () => await page.getByRole('alert').textContent(), PATIENCE)
      .toContain('Cannot');
  });
});
