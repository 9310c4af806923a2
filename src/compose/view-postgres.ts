import { Postgres } from '#clients/postgres';
import type { Setup } from '#compose/setup';
import { isRegistryError, RegistryError } from '#domain/errors';

/**
 * Opens Postgres. Wrong credentials or a missing database end the start; a server that does not answer does not, because
 * everything else can be served without it.
 */
export async function openPostgres(
  { config, logger, meters, releases }: Setup,
  url: string,
): Promise<Postgres> {
  const postgres = new Postgres({
    url,
    connectionsMax: config.databaseConnectionsMax,
    connectTimeoutMs: config.databaseConnectTimeoutMs,
    statementTimeoutMs: config.databaseTimeoutMs,
    onIdleError: (error) => logger.warn({ err: error }, 'a connection to Postgres broke'),
  });
  releases.add('postgres', () => postgres.close());
  meters.watch('atlas_postgres_up', () => postgres.state.answers);
  meters.watch('atlas_postgres_connections', () => [
    [postgres.state.open, 'open'],
    [postgres.state.idle, 'idle'],
  ]);
  meters.watch('atlas_postgres_waiting', () => postgres.state.waiting);
  try {
    await postgres.query('SELECT 1');
  } catch (error) {
    if (!isRegistryError(error, 'VIEW_UNAVAILABLE')) {
      const is = error instanceof Error ? error.message : String(error);
      throw new RegistryError(
        'CANNOT_START',
        `Cannot use Postgres: ${is} (want another DATABASE_URL)`,
        {
          cause: error,
        },
      );
    }
    logger.warn({ part: 'postgres' }, error.message);
  }
  return postgres;
}
