import { join } from 'node:path';
import { startRegistry } from '#compose/start-registry';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';

// Several registries in one process, each with settings of its own: the same compiled code, the same memory, the same moment.
const [folder = '.', settings = '{}'] = process.argv.slice(2);
const sides = Object.entries(JSON.parse(settings) as Record<string, Record<string, string>>);
const logger = createLogger('error');
const urls: string[] = [];
for (const [name, own] of sides) {
  const env = { BIND_ADDR: '127.0.0.1:0', ATLAS_DATA_DIR: join(folder, name), ...own };
  const registry = await startRegistry(readConfig({ PATH: process.env['PATH'], ...env }), logger);
  await registry.ready(60_000);
  process.once('SIGTERM', () => void registry.close());
  urls.push(registry.url);
}
process.stdout.write(`at ${urls.join(',')}\n`);
