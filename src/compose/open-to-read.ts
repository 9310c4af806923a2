import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDataFolder } from '#clients/data-folder';
import { connectBroker } from '#clients/nats';
import { findEmbeddedNats } from '#clients/nats-process';
import type { OpenedBroker } from '#clients/open-broker';
import { openOrStartBroker } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { quote, RegistryError } from '#domain/errors';

/**
 * Reaches the broker of an installation: the one that it names, the one that it has started, or one started for this.
 * `client` is how the broker knows this process. @throws CANNOT_START
 */
export async function openBrokerToRead(setup: Setup, client: string): Promise<OpenedBroker> {
  const { config, releases } = setup;
  const data = config.dataDir;
  if (config.natsUrl !== undefined)
    return await openOrStartBroker(setup, { folder: (name) => join(data, name) });
  if (!existsSync(join(data, 'nats'))) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot use data folder ${quote(data)}: no registry has run there (want ATLAS_DATA_DIR or NATS_URL of one)`,
    );
  }
  const running = findEmbeddedNats(join(data, 'nats'));
  if (running === undefined) return await openBrokerAlone(setup);
  const broker = await connectBroker({
    ...running,
    name: client,
    connectTimeoutMs: config.natsConnectTimeoutMs,
  });
  releases.add('nats', () => broker.close());
  return { broker, embedded: undefined, description: running.url };
}

/** Takes the data folder, so that no registry runs in it, and reaches the broker. @throws CANNOT_START when one does */
export async function openBrokerAlone(setup: Setup): Promise<OpenedBroker> {
  const { config, releases } = setup;
  const folder = openDataFolder(config.dataDir, config.diskFreeBytesMin);
  releases.add('data folder', () => folder.release());
  return await openOrStartBroker(setup, folder);
}
