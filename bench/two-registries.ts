import { join } from 'node:path';
import { startRegistry } from '#compose/start-registry';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';

// Two registries in one process, one that counts and one that does not: the same compiled code, the same memory, the same moment.
const folder = process.argv[2] ?? '.';
const logger = createLogger('error');
const start = async (metrics: boolean): Promise<string> => {
  const registry = await startRegistry(
    readConfig({
      ...process.env,
      BIND_ADDR: '127.0.0.1:0',
      ATLAS_DATA_DIR: join(folder, `metrics-${metrics}`),
      ATLAS_METRICS: String(metrics),
      ATLAS_CLIENT_LIMITS: 'off',
    }),
    logger,
  );
  await registry.ready(60_000);
  process.once('SIGTERM', () => void registry.close());
  return registry.url;
};
const urls = [await start(true), await start(false)];
process.stdout.write(`at ${urls.join(',')}\n`);
