import { join } from 'node:path';
import { type Broker, connectBroker } from '#clients/nats';
import { findEmbeddedNats } from '#clients/nats-process';
import { type Logs, natsAccess, openLogs } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { quote, RegistryError } from '#domain/errors';
import { StandbyCopy } from '#log/standby-copy';
import type { StreamName } from '#log/streams';

/** One of two places that hold the log. */
export interface LogSide {
  readonly broker: Broker;
  readonly logs: Logs;
}

/** The log and its copy in another place. */
export interface StandbySides {
  readonly setup: Setup;
  /** The side that takes appends, or why it cannot be reached. */
  readonly primary: LogSide | Error;
  readonly standby: LogSide;
}

/** Opens both sides. @throws CANNOT_START when the standby cannot be reached; a primary may be away */
export async function openStandbySides(setup: Setup): Promise<StandbySides> {
  const standby = await openStandbySide(setup);
  const primary = await openPrimarySide(setup).catch((error: unknown) => asError(error));
  return { setup, primary, standby };
}

async function openStandbySide(setup: Setup): Promise<LogSide> {
  const { standbyNatsUrl: url, standbyNatsCreds: credsPath } = setup.config;
  if (url === undefined)
    throw new RegistryError(
      'CANNOT_START',
      'Cannot reach the standby: there is no ATLAS_STANDBY_NATS_URL (want the NATS servers of the standby)',
    );
  return await openSide(setup, { url, credentials: { credsPath } });
}

async function openPrimarySide(setup: Setup): Promise<LogSide> {
  const { natsUrl: url, dataDir } = setup.config;
  const { credentials } = natsAccess(setup.config);
  if (url !== undefined) return await openSide(setup, { url, credentials });
  const embedded = findEmbeddedNats(join(dataDir, 'nats'));
  if (embedded !== undefined) return await openSide(setup, { ...embedded, credentials: {} });
  throw new RegistryError(
    'CANNOT_START',
    `Cannot reach the primary: no registry runs with the broker of data folder ${quote(dataDir)} (want NATS_URL, or ATLAS_DATA_DIR of one that runs)`,
  );
}

async function openSide(
  setup: Setup,
  at: Pick<Parameters<typeof connectBroker>[0], 'url' | 'token' | 'credentials'>,
): Promise<LogSide> {
  const { tls, inboxPrefix } = natsAccess(setup.config);
  const connectTimeoutMs = setup.config.natsConnectTimeoutMs;
  const prefix = inboxPrefix === undefined ? {} : { inboxPrefix };
  const name = 'atlas-registry standby';
  const broker = await connectBroker({ ...at, name, tls, connectTimeoutMs, ...prefix });
  setup.releases.add('nats', () => broker.close());
  const opened = { broker, embedded: undefined, description: at.url };
  return { broker, logs: openLogs(setup, opened, undefined) };
}

/** Gives the side that takes appends. @throws why it cannot be reached */
export function reached({ primary }: StandbySides): LogSide {
  if (primary instanceof Error) throw primary;
  return primary;
}

/** Makes what copies one stream. */
export function copyOf(
  { setup, standby }: StandbySides,
  { from, stream, signal }: { from: LogSide; stream: StreamName; signal: AbortSignal },
): StandbyCopy {
  const { broker, logs } = standby;
  const [source, target] = [from.logs[stream], logs[stream]];
  const replicas = setup.config.streamReplicas;
  return new StandbyCopy({ stream, source, target, broker, replicas, signal });
}

/** Gives what was thrown as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
