import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '#test/support/browser';
import { fillConsole } from '#test/support/console-content';
import { leaveDrillReports } from '#test/support/console-drills';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

/** A registry with something of everything, and a browser. */
export interface ConsoleBed extends AsyncDisposable {
  readonly url: string;
  readonly registry: TestRegistry;
  readonly browser: TestBrowser;
  /** Opens a page of the console; what a page logs as an error is collected. */
  open(path: string, options?: OpenOptions): Promise<OpenPage>;
}

export interface OpenOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly errors: readonly string[];
  /** What was asked of any other host than the registry. */
  readonly foreign: readonly string[];
}

const HEIGHT = 900;

/** Starts a registry that serves the console, fills it, and starts a browser. */
export async function startConsoleBed(): Promise<ConsoleBed> {
  const registry = await startTestRegistry({
    ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
    ATLAS_ENABLE_DEBUG_DATASETS: 'true',
    ATLAS_CLIENT_LIMITS: 'off',
  });
  await fillConsole(registry.api);
  leaveDrillReports(registry.folder);
  const browser = await startBrowser();
  const { url } = registry.registry;
  return {
    url,
    registry,
    browser,
    open: async (path, options = {}) => await openPage(browser, `${url}/console${path}`, options),
    async [Symbol.asyncDispose]() {
      await browser[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

/** Opens an address, as a reader with a fresh browser does. */
export async function openPage(
  { browser }: TestBrowser,
  address: string,
  { colorScheme = 'light', width = 1_280 }: OpenOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: HEIGHT } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const foreign: string[] = [];
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'blob:' && origin !== new URL(address).origin) foreign.push(request.url());
  });
  await page.goto(address);
  return {
    page,
    errors,
    foreign,
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}
