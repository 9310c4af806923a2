import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPicture } from '#test/support/browser';
import { type ConsoleBed, startConsoleBed } from '#test/support/console-bed';
import { MARKUP, STRICTER } from '#test/support/console-content';

/** The machine may be busy with other tests. */
const PATIENCE = { timeout: 20_000 };

describe('the console', () => {
  let bed: ConsoleBed;

  beforeAll(async () => {
    bed = await startConsoleBed();
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
  });

  it('is worked by keyboard alone: skip link, pages by g and a letter, search by /, help by ?', async () => {
    await using opened = await bed.open('');
    const { page } = opened;
    await page.locator('h1').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    for (const [letter, title] of [
      ['d', 'Datasets'],
      ['c', 'Contracts'],
      ['j', 'Jobs'],
      ['l', 'Log'],
      ['s', 'Registry health'],
      ['h', 'Home'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await expect.poll(async () => await page.locator('h1').textContent(), PATIENCE).toBe(title);
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('/');
    await page.keyboard.type('order-placed');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'sales.order-placed 1.1.0' }).waitFor();
  });

  it('explains as somebody types why a version would be refused, and refuses it', async () => {
    await using opened = await bed.open('/contracts/sales.order-placed?tab=check');
    const { page } = opened;
    await page.getByLabel('Version (empty').fill('1.2.0');
    await page.getByLabel('JSON Schema').fill(JSON.stringify(STRICTER, null, 2));
    await page.getByText('It would be refused').waitFor();
    await page.getByText('became required').first().waitFor();
    await page.getByLabel('Counter-example').first().waitFor();
    await keepPicture(page, 'contract-refused');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByRole('alert').waitFor();
    const found = await bed.registry.api.get('/registry/contracts/sales.order-placed');
    expect(found.json.versions).toHaveLength(2);
  });

  it('shows markup as the text that it is', async () => {
    await using opened = await bed.open('/contracts/sales.order-placed/1.1.0');
    const { page } = opened;
    await page.getByText(MARKUP, { exact: true }).waitFor();
    expect(await page.locator('main img, main b').count()).toBe(0);
    expect(opened.errors).toEqual([]);
  });

  it('shows the last report of each drill, all of them, and one with its steps', async () => {
    await using opened = await bed.open('/health');
    const { page } = opened;
    const last = page.getByRole('group', { name: 'The last of each drill' });
    await last.waitFor();
    expect(await last.locator('tbody tr').count()).toBe(2);
    const all = page.getByRole('group', { name: 'All reports' });
    expect(await all.locator('tbody tr').count()).toBe(3);
    await last.getByText('1 of 2 failed').waitFor();
    await last.getByRole('link', { name: 'rot' }).click();
    await page.getByText('not found within 10 s (want the scrub to find it)').waitFor();
    await page.getByText('10.2 s').first().waitFor();
  });

  it('has the colours of the system, or those that somebody chose, after a reload too', async () => {
    await using opened = await bed.open('/session', { colorScheme: 'light' });
    const { page } = opened;
    const ground = async (): Promise<unknown> =>
      await page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.getByRole('button', { name: 'Colours: system' }).click();
    const light = await ground();
    await page.getByRole('button', { name: 'Colours: light' }).click();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    await expect.poll(ground, PATIENCE).toBe(dark);
  });

  it('promotes a version to another environment', async () => {
    await using opened = await bed.open('/contracts/sales.order-placed/1.0.0');
    const { page } = opened;
    await page.getByText('Promote to another environment').click();
    await page.getByLabel('Environment', { exact: true }).fill('prod');
    await page.getByRole('button', { name: 'Promote 1.0.0' }).click();
    await page.getByText('prod has it now').waitFor();
  });

  it('takes a version through its stages', async () => {
    await using opened = await bed.open('/contracts/sales.order-placed/1.0.0');
    const { page } = opened;
    await page.getByRole('button', { name: 'Deprecate' }).click();
    await page.getByRole('button', { name: 'Deprecate 1.0.0 now' }).click();
    await page.getByRole('button', { name: 'Retire' }).waitFor();
  });
});
