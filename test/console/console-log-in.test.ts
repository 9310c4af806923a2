import type { Route } from 'playwright-core';
import { expect, it } from 'vitest';
import { startBrowser } from '#test/support/browser';
import { openPage } from '#test/support/console-bed';
import { goodToken, startGuardedRegistry } from '#test/support/guarded-registry';

it('asks for a token where the registry does, and keeps it in memory alone', async () => {
  await using registry = await startGuardedRegistry();
  await using browser = await startBrowser();
  await using opened = await openPage(browser, `${registry.url}/console/datasets`);
  const { page } = opened;
  const field = page.getByLabel('Token or API key');
  await field.waitFor();
  const token = await goodToken();
  await field.fill(token);
  await page.getByRole('button', { name: 'Use this token' }).click();
  await page.getByText('There are no datasets in this scope').waitFor();
  const kept = await page.evaluate(
    'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
  );
  expect(kept).not.toContain(token);
  await page.reload();
  await field.waitFor();
});

it('shows a reader what the token may see, and says which scopes the rest needs', async () => {
  await using registry = await startGuardedRegistry();
  const registered = await fetch(`${registry.url}/registry/datasets`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${await goodToken()}`,
    },
    body: JSON.stringify({ name: 'seen/by-readers', schema_fingerprint: 'sha256:00aa' }),
  });
  expect(registered.status).toBe(201);
  await using browser = await startBrowser();
  const address = `${registry.url}/console/datasets/seen/by-readers?tab=history`;
  await using opened = await openPage(browser, address);
  const { page } = opened;
  await page.getByLabel('Token or API key').fill(await goodToken({ scope: 'datasets:read' }));
  await page.getByRole('button', { name: 'Use this token' }).click();
  await page.getByText('DatasetRegistered').waitFor();
  await page.getByRole('link', { name: 'Log', exact: true }).click();
  await page.getByText('The token may not follow the log').waitFor();
  await page.getByRole('link', { name: 'Health', exact: true }).click();
  await page.getByText('The token lacks a permission for this').first().waitFor();
});

it('keeps what somebody has typed when the token ends, and goes on with the next one', async () => {
  await using registry = await startGuardedRegistry();
  await using browser = await startBrowser();
  await using opened = await openPage(browser, `${registry.url}/console/contracts`);
  const { page } = opened;
  const logIn = async (): Promise<void> => {
    await page.getByLabel('Token or API key').fill(await goodToken());
    await page.getByRole('button', { name: 'Use this token' }).click();
  };
  expect(await page.getByTitle('Token and scope').textContent()).toBe('default/dev');
  await logIn();
  expect(await page.getByTitle('Token and scope').textContent()).toBe('scope of the token');
  await page.getByRole('link', { name: 'Would this publish?' }).click();
  await page.getByLabel('Name', { exact: true }).fill('typed.long');
  await page.getByText('It would publish as').waitFor();
  const ended = async (route: Route): Promise<void> => {
    const title = 'Log in';
    const json = { title, status: 401, code: 'UNAUTHENTICATED', detail: 'The token has ended' };
    await route.fulfill({ status: 401, json, contentType: 'application/problem+json' });
  };
  await page.route('**/check', ended);
  const typed = '{ "type": "object", "title": "typed for an hour" }';
  await page.getByLabel('JSON Schema').fill(typed);
  await page.getByRole('form').getByText('The token has ended').waitFor();
  expect(await page.getByLabel('JSON Schema').isVisible()).toBe(false);
  await page.unroute('**/check', ended);
  await logIn();
  await page.getByText('It would publish as').waitFor();
  expect(await page.getByLabel('JSON Schema').inputValue()).toBe(typed);
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('typed.long');
});
