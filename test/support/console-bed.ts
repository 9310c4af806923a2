import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '#test/support/browser';
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
}

/** The version that this schema replaces takes documents without `amount`. */
export const STRICTER = {
  type: 'object',
  required: ['order_id', 'amount'],
  properties: { order_id: { type: 'string' }, amount: { type: 'integer' } },
};

const SCHEMA = {
  type: 'object',
  required: ['order_id'],
  properties: { order_id: { type: 'string' } },
};
/** What would run if it were taken for markup. */
export const MARKUP = '<img src="x" onerror="document.title = 1"><b>bold</b>';

const HEIGHT = 900;

/** Starts a registry that serves the console, fills it, and starts a browser. */
export async function startConsoleBed(): Promise<ConsoleBed> {
  const registry = await startTestRegistry({
    ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
    ATLAS_ENABLE_DEBUG_DATASETS: 'true',
    ATLAS_CLIENT_LIMITS: 'off',
  });
  await fill(registry);
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
  await page.goto(address);
  return {
    page,
    errors,
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}

async function fill({ api }: TestRegistry): Promise<void> {
  for (const name of ['sales/orders', 'sales/returns', 'shop/parts'])
    await api.post('/registry/datasets', {
      name,
      schema_fingerprint: 'sha256:1f0c',
      row_count: 120,
    });
  await api.post('/registry/datasets', {
    name: 'sales/orders',
    schema_fingerprint: 'sha256:1f0c',
    row_count: 121,
  });
  const name = 'sales.order-placed';
  await api.post('/registry/contracts', { name, version: '1.0.0', jsonSchema: SCHEMA });
  const properties = { ...SCHEMA.properties, note: { description: 'For people' } };
  await api.post('/registry/contracts', {
    name,
    version: '1.1.0',
    description: MARKUP,
    jsonSchema: { ...SCHEMA, properties },
  });
  await api.post('/registry/job-definitions', {
    id: 'orders.check',
    name: 'Check orders',
    kind: 'validation',
    datasets: ['sales/orders'],
    trigger: { type: 'MANUAL' },
  });
  await api.post('/registry/job-runs', {
    id: 'orders-monday',
    job: 'orders.check',
    kind: 'validation',
    inputs: ['sales/orders'],
  });
}
