import { type RunningRegistry, startRegistry } from '#compose/start-registry';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';
import { Api } from '#test/support/api';
import { tempFolder } from '#test/support/temp';

/** A whole registry inside the test's own process, with its own folder and a free port. */
export interface TestRegistry extends AsyncDisposable {
  readonly registry: RunningRegistry;
  readonly api: Api;
  readonly folder: string;
}

/** Starts a registry with embedded parts; settings by their names in the environment. */
export async function startTestRegistry(
  env: Readonly<Record<string, string>> = {},
): Promise<TestRegistry> {
  const folder = tempFolder();
  const config = readConfig({
    PATH: process.env['PATH'],
    BIND_ADDR: '127.0.0.1:0',
    ATLAS_DATA_DIR: folder.path,
    ATLAS_LOG_LEVEL: 'error',
    ...env,
  });
  const registry = await startRegistry(config, createLogger(config.logLevel));
  await registry.ready(20_000);
  return {
    registry,
    api: new Api(registry.url),
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await registry.close();
      folder[Symbol.dispose]();
    },
  };
}
