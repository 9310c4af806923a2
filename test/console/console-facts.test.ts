import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsoleBed, startConsoleBed } from '#test/support/console-bed';
import { GENES } from '#test/support/console-content';

/** A schema that JSON.stringify() would write otherwise: as its publisher wrote it, and over lines. */
const WRITTEN =
  '{"properties":{"n":{"type":"integer","maximum":100.0},"any":{}},"required":[],"title":"caf\\u00e9","type":"object"}';
const INDENTED = `{
  "properties": {
    "n": {
      "type": "integer",
      "maximum": 100.0
    },
    "any": {}
  },
  "required": [],
  "title": "caf\\u00e9",
  "type": "object"
}`;

describe('what the console shows', () => {
  let bed: ConsoleBed;

  beforeAll(async () => {
    bed = await startConsoleBed();
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
  });

  async function write(path: string, body: object, headers: Record<string, string> = {}) {
    const answer = await bed.registry.api.post(path, body, headers);
    expect(answer.status).toBeLessThan(300);
    return answer;
  }

  it('of a schema is what its publisher wrote, to the letter, and the editor would publish the same', async () => {
    await write('/registry/contracts', {
      name: 'letter.kept',
      version: '1.0.0',
      jsonSchema: WRITTEN,
    });
    await using opened = await bed.open('/contracts/letter.kept');
    const { page } = opened;
    const text = page.getByRole('group', { name: 'JSON Schema' });
    await text.waitFor();
    expect(await text.textContent()).toBe(INDENTED);
    await page.getByRole('link', { name: 'Would this publish?' }).click();
    expect(await page.getByLabel('JSON Schema').inputValue()).toBe(INDENTED);
    await page.getByText('It is there already').waitFor();
  });

  it('of a run keeps small shares, and no minute has 60 seconds', async () => {
    const run = { id: 'shares', job: 'shares', kind: 'validation', inputs: [] };
    await write('/registry/job-runs', run);
    await write('/registry/job-runs/shares/finish', {
      status: 'succeeded',
      metrics: { null_share: 0.0004, rows_a_second: 1_234_567.5 },
    });
    await write('/registry/job-definitions', {
      id: 'shares.check',
      name: 'Check shares',
      kind: 'validation',
      trigger: { type: 'MANUAL' },
      timeoutMs: 119_600,
    });
    await using opened = await bed.open('/jobs/runs/shares');
    const { page } = opened;
    await page.getByText('0.0004', { exact: true }).waitFor();
    await page.getByText('1,234,567.5', { exact: true }).waitFor();
    await page.goto(`${bed.url}/console/jobs/definitions/shares.check`);
    await page.getByText('2 min 0 s', { exact: true }).waitFor();
  });

  it('of a contract that is called "new" is its own page, and a new one is written elsewhere', async () => {
    await write('/registry/contracts', { name: 'new', version: '1.0.0', jsonSchema: WRITTEN });
    await using opened = await bed.open('/contracts');
    const { page } = opened;
    await page.getByRole('link', { name: 'new', exact: true }).click();
    await page.getByText('Compatibility').waitFor();
    expect(await page.locator('h1').textContent()).toBe('new');
    await page.goto(`${bed.url}/console/contracts`);
    await page.getByRole('link', { name: 'Would this publish?' }).click();
    await page.getByLabel('Name', { exact: true }).waitFor();
  });

  it('as of a position is how it was there; a part that has no past says that it shows what is now', async () => {
    const name = 'moved/on';
    const body = { name, schema_fingerprint: 'sha256:00aa' };
    const before = await write('/registry/datasets', { ...body, row_count: 1_001 });
    await write('/registry/datasets', { ...body, row_count: 1_002 });
    await using opened = await bed.open(`/datasets/${name}?at=${before.position}`);
    const { page } = opened;
    await page.getByText(`As of ${before.position}`).waitFor();
    await page.getByText('1,001', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Query' }).click();
    await page.getByText('This part shows what is now').waitFor();
    const contract = '/registry/contracts/letter.past';
    const schema = { jsonSchema: WRITTEN, name: 'letter.past' };
    const first = await write('/registry/contracts', { ...schema, version: '1.0.0' });
    await write(`${contract}/1.0.0/stage`, { stage: 'deprecated' });
    await page.goto(`${bed.url}/console/contracts/letter.past/1.0.0?at=${first.position}`);
    await page.getByText('approved', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Deprecate' }).count()).toBe(0);
  });

  it('behind the last event of its scope is that there is none, not that it loads', async () => {
    const { position } = await write(
      '/registry/datasets',
      { name: 'elsewhere', schema_fingerprint: 'sha256:00aa' },
      { 'Atlas-Tenant': 'others' },
    );
    await using opened = await bed.open(`/log/registry/${position}`);
    const { page } = opened;
    await page.getByText('No event of this scope from here on').waitFor();
    expect(await page.getByText('Loading…').count()).toBe(0);
  });

  it.each([
    [
      'contract of a dataset',
      `/datasets/${GENES}?tab=contract`,
      '**/registry/dataset-contracts/**',
    ],
    ['files of a dataset', `/datasets/${GENES}?tab=cache`, '**/debug/dataset-health*'],
    ['effect of an event', '/log/registry/4', '**/registry/datasets/*?at=*'],
  ])('never says of the %s that there is none where the answer failed', async (_, path, asked) => {
    await using opened = await bed.open('');
    const { page } = opened;
    await page.route(asked, async (route) => await route.fulfill({ status: 500, body: '{}' }));
    await page.goto(`${bed.url}/console${path}`);
    await page.getByRole('alert').getByText('status 500').waitFor();
    for (const untrue of ['No approved contract', 'does not show its files', 'not there'])
      expect(await page.getByText(untrue).count(), untrue).toBe(0);
  });

  it('stays when something else answers for the node, and nothing is followed while it catches up', async () => {
    await using opened = await bed.open('/session');
    const { page, errors } = opened;
    const followed: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/registry/events')) followed.push(request.url());
    });
    let parts: unknown = 'none';
    await page.route('**/readyz', async (route) => {
      await route.fulfill({ status: 502, json: { status: 'not-ready', version: '1', parts } });
    });
    const asked = async (): Promise<unknown> => await page.waitForResponse('**/readyz');
    await Promise.all([asked(), page.getByRole('link', { name: 'Home' }).click()]);
    await page.getByText('The connection broke').waitFor();
    parts = [{ name: 'catalog', ready: false, detail: 'catching up', position: 0 }];
    await Promise.all([asked(), asked()]);
    await page.getByText('not ready: catching up').waitFor();
    await asked();
    expect(followed).toEqual([]);
    await page.unroute('**/readyz');
    await page.getByText('Changes appear as they happen.').waitFor();
    expect(followed).toHaveLength(1);
    expect(errors.filter((text) => !text.includes('502'))).toEqual([]);
  });
});
