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
