import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { OpenReset, ResetItem } from '#cli/views';
import { isDataFolder, openDataFolder } from '#clients/data-folder';
import { bucketOptions } from '#compose/bucket-options';
import { messageBytesMax, openOrStartBroker } from '#compose/logs';
import { newSetup, type Setup } from '#compose/setup';
import { openPostgres } from '#compose/view-postgres';
import { quote, RegistryError } from '#domain/errors';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import type { Projection } from '#projections/projection';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';
import { RegistryStores } from '#projections/registry-stores/registry-stores';

/** Finds what a reset of views removes. Holds the data folder until it is released: no node runs there meanwhile. */
export const openReset: OpenReset = async (config, logger, options) => {
  const setup = newSetup(config, logger);
  const { releases } = setup;
  try {
    // Opening one makes it, and a wrong path would seem to hold nothing to remove.
    if (!isDataFolder(config.dataDir))
      throw new RegistryError(
        'CANNOT_START',
        `Cannot reset views in ${quote(resolve(config.dataDir))}: no node has used this folder (want ATLAS_DATA_DIR as the node has it)`,
      );
    const folder = openDataFolder(config.dataDir, 0);
    releases.add('data folder', () => folder.release());
    // What is shared first: should one place not answer, the node still has its own views.
    const items: ResetItem[] = options.postgres ? [...(await postgresViews(setup))] : [];
    if (options.bucket) {
      const opened = await openOrStartBroker(setup, folder);
      const kv = new ContractKv({
        ...bucketOptions(config, opened.broker),
        valueBytesMax: messageBytesMax(opened.broker),
      });
      items.push(cleared(kv, `bucket "${config.kvBucket}" of ${opened.description}`));
    }
    items.push(...localViews(join(folder.path, 'views')));
    return { items, release: () => releases.releaseAll() };
  } catch (error) {
    await releases.releaseAll();
    throw error;
  }
};

function localViews(path: string): readonly ResetItem[] {
  if (!existsSync(path)) return [];
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(path, name)))
    .filter((found) => found.isFile());
  if (files.length === 0) return [];
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const text = `local views: ${path} (${files.length} files, ${(bytes / 1_000_000).toFixed(1)} MB)`;
  return [{ text, remove: async () => rmSync(path, { recursive: true }) }];
}

async function postgresViews(setup: Setup): Promise<readonly ResetItem[]> {
  const { databaseUrl } = setup.config;
  if (databaseUrl === undefined)
    throw new RegistryError(
      'CANNOT_START',
      'Cannot reset views in Postgres: DATABASE_URL is not set (want the database of the registry)',
    );
  const postgres = await openPostgres(setup, { url: databaseUrl, pool: 'views' });
  // A node starts without it; a reset is nothing without it, and must know before it asks.
  await postgres.query('SELECT 1');
  return [
    cleared(
      new RegistryStores(new PostgresDocuments(postgres)),
      'stores of the registries, Postgres',
    ),
    cleared(new PostgresJobRuns(postgres), 'job runs, Postgres'),
  ];
}

function cleared(projection: Projection, text: string): ResetItem {
  return {
    text: `shared view: ${text}`,
    remove: async () => {
      await projection.open();
      await projection.clear();
      await projection.close();
    },
  };
}
