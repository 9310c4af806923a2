import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPicture, seriousFaults } from '#test/support/browser';
import { type ConsoleBed, MARKUP, STRICTER, startConsoleBed } from '#test/support/console-bed';

/** Every page: its name here, its address, its title, and what it shows once it is whole. */
const PAGES = [
  ['home', '', 'Home', 'sales/orders'],
  ['datasets', '/datasets', 'Datasets', 'shop/parts'],
  ['dataset', '/datasets/sales/orders', 'sales/orders', 'Schema fingerprint'],
  ['dataset-history', '/datasets/sales/orders?tab=history', 'sales/orders', 'DatasetRegistered'],
  ['contracts', '/contracts', 'Contracts', 'sales.order-placed'],
  ['contract', '/contracts/sales.order-placed/1.1.0', 'sales.order-placed', 'JSON Schema'],
  [
    'contract-diff',
    '/contracts/sales.order-placed/1.1.0?tab=diff',
    'sales.order-placed',
    'was added',
  ],
  [
    'contract-changelog',
    '/contracts/sales.order-placed?tab=changelog',
    'sales.order-placed',
    'was added',
  ],
  [
    'contract-check',
    '/contracts/sales.order-placed?tab=check',
    'sales.order-placed',
    'It is there already',
  ],
  ['jobs', '/jobs', 'Jobs', 'Check orders'],
  ['run', '/jobs/runs/orders-monday', 'Run orders-monday', 'Metadata'],
  ['definition', '/jobs/definitions/orders.check/1.0.0', 'orders.check', 'Check orders'],
  ['log', '/log', 'Log', 'ContractPublished'],
  ['event', '/log/registry/4', 'Event 4 of registry', 'Effect'],
  ['health', '/health', 'Registry health', 'Hit ratio'],
  ['session', '/session', 'Session', 'Environment'],
  ['missing', '/nowhere', 'Not found', 'There is no such page'],
] as const;

const LOOKS = [
  ['light', { colorScheme: 'light' }],
  ['dark-narrow', { colorScheme: 'dark', width: 360 }],
] as const;

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

  it.each(PAGES)(
    'shows %s by its address, wide and narrow, and axe finds nothing serious',
    async (...row) => {
      const [name, path, title, proof] = row;
      for (const [look, options] of LOOKS) {
        await using opened = await bed.open(path, options);
        const { page, errors } = opened;
        await page.getByText(proof).first().waitFor();
        expect(await page.locator('h1').textContent()).toBe(title);
        await expect.poll(async () => await page.getByText('Loading…').count(), PATIENCE).toBe(0);
        await keepPicture(page, `${name}-${look}`);
        expect(await seriousFaults(page)).toEqual([]);
        const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(beyond).toBe(0);
        expect(errors).toEqual([]);
      }
    },
  );

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

  it('shows a change that happens while the page is open', async () => {
    await using opened = await bed.open('');
    const { page } = opened;
    await page.getByText('Changes appear as they happen.').waitFor();
    await bed.registry.api.post('/registry/datasets', {
      name: 'live/arrival',
      schema_fingerprint: 'sha256:00aa',
    });
    await page.getByRole('link', { name: 'live/arrival' }).waitFor();
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

  it('keeps the place when it is loaded again', async () => {
    await using opened = await bed.open('/datasets');
    const { page } = opened;
    await page.getByLabel('Name holds').fill('returns');
    await expect.poll(() => page.url(), PATIENCE).toContain('q=returns');
    await page.reload();
    await page.getByRole('link', { name: 'sales/returns' }).waitFor();
    expect(await page.getByRole('link', { name: 'sales/orders' }).count()).toBe(0);
    expect(await page.getByLabel('Name holds').inputValue()).toBe('returns');
  });

  it('shows a dataset as it was', async () => {
    await using opened = await bed.open('/datasets/sales/orders?tab=history');
    const { page } = opened;
    await page.getByRole('button', { name: 'Show as of 1' }).click();
    await page.getByText('As of 1').waitFor();
    await page.getByText('120', { exact: true }).waitFor();
  });

  it('shows the log from a position on, and one event with its hash and what it changed', async () => {
    await using opened = await bed.open('/log?from=2');
    const { page } = opened;
    const events = page.getByRole('list', { name: 'Events' });
    await events.getByRole('link', { name: '2', exact: true }).waitFor();
    expect(await events.getByRole('link', { name: '1', exact: true }).count()).toBe(0);
    await events.getByRole('link', { name: '4', exact: true }).click();
    await page.getByText('Hash before').waitFor();
    await page.getByRole('group', { name: 'Before beside After' }).waitFor();
    await page.getByText('"row_count": 121').last().waitFor();
  });

  it('shows markup as the text that it is', async () => {
    await using opened = await bed.open('/contracts/sales.order-placed/1.1.0');
    const { page } = opened;
    await page.getByText(MARKUP, { exact: true }).waitFor();
    expect(await page.locator('main img, main b').count()).toBe(0);
    expect(opened.errors).toEqual([]);
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
