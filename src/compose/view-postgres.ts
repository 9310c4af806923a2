import { Postgres } from '#clients/postgres';
import type { Setup } from '#compose/setup';
import { isRegistryError, RegistryError } from '#domain/errors';

/**
 * Opens Postgres. Wrong credentials or a missing database end the start; a server that does not answer does not, because
 * everything else can be served without it.
 */
export async function openPostgres(
  { config, logger, meters, releases }: Setup,
  { url, pool }: { readonly url: string; readonly pool: 'views' | 'anchors' },
): Promise<Postgres> {
  const postgres = new Postgres({
    url,
    connectionsMax: config.databaseConnectionsMax,
    connectTimeoutMs: config.databaseConnectTimeoutMs,
    statementTimeoutMs: config.databaseTimeoutMs,
    onIdleError: (error) => logger.warn({ err: error }, 'a connection to Postgres broke'),
  });
  releases.add('postgres', () => postgres.close());
  meters.watch('atlas_postgres_up', () => [[Number(postgres.state.answers), pool]]);
  meters.watch('atlas_postgres_connections', () => [
    [postgres.state.open, pool, 'open'],
    [postgres.state.idle, pool, 'idle'],
  ]);
  meters.watch('atlas_postgres_waiting', () => [[postgres.state.waiting, pool]]);
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
