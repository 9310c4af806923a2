import { type Finding, ok, problem, problemOf, warning } from '#cli/doctor/finding';
import type { Migration, Postgres } from '#clients/postgres';
import type { Check } from '#compose/doctor/check';
import { clockFinding } from '#compose/doctor/clock';
import { openPostgres } from '#compose/view-postgres';
import { quote } from '#domain/errors';
import { systemClock } from '#flow/clock';
import type { Config } from '#ops/config/settings';
import { ANCHOR_MIGRATIONS, ANCHOR_SCHEMA } from '#projections/audit-anchors/postgres-anchors';
import { JOB_RUN_MIGRATIONS, VIEW_SCHEMA } from '#projections/job-runs/postgres-schema';
import {
  STORE_MIGRATIONS,
  STORE_SCHEMA,
} from '#projections/registry-stores/postgres-document-schema';

const CHECK = 'postgres';
// Older ones get no repairs any more (https://www.postgresql.org/support/versioning/).
const VERSION_MIN = 140_000;

const SCHEMAS: readonly (readonly [schema: string, migrations: readonly Migration[]])[] = [
  [VIEW_SCHEMA, JOB_RUN_MIGRATIONS],
  [STORE_SCHEMA, STORE_MIGRATIONS],
  [ANCHOR_SCHEMA, ANCHOR_MIGRATIONS],
];

interface Standing {
  readonly version: number;
  readonly database: string;
  readonly account: string;
  readonly creates: boolean;
  readonly standby: boolean;
  readonly connections: number;
  readonly free: number;
  readonly now: string;
}

const STANDING = `
SELECT current_setting('server_version_num')::int AS version, current_database() AS database, current_user AS account,
  has_database_privilege(current_database(), 'CREATE') AS creates, pg_is_in_recovery() AS standby,
  current_setting('max_connections')::int AS connections,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS free,
  (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now`;

/** Looks whether Postgres answers as this user, and whether that may do what the registry does. */
export const checkPostgres: Check = async (setup) => {
  const { databaseUrl } = setup.config;
  if (databaseUrl === undefined) return [];
  const postgres = await openPostgres(setup, { url: databaseUrl, pool: 'views' });
  const askedMs = systemClock.nowMs();
  const [row] = await postgres.query<Standing & Record<string, unknown>>(STANDING);
  if (row === undefined) throw new TypeError('Postgres gave no row');
  const schemas = await Promise.all(
    SCHEMAS.map(async ([schema, migrations]) =>
      schemaFinding(postgres, { schema, migrations, row }),
    ),
  );
  return [
    serverFinding(row),
    connectionsFinding(setup.config, row),
    clockFinding('Postgres', Number(row.now), askedMs),
    ...schemas.flatMap((finding) => finding ?? []),
  ];
};

function serverFinding({ version, database, account, standby }: Standing): Finding {
  const is = `version ${Math.floor(version / 10_000)}, database ${quote(database)} as ${quote(account)}`;
  if (standby)
    return problem(
      CHECK,
      `${is}, a standby that cannot be written`,
      'set DATABASE_URL to the primary',
    );
  return version < VERSION_MIN
    ? warning(CHECK, is, 'use 14 or later: older ones get no repairs any more')
    : ok(CHECK, is);
}

function connectionsFinding(
  { databaseConnectionsMax }: Config,
  { connections, free }: Standing,
): Finding {
  const is = `${free} of ${connections} connections are free, this node may take ${databaseConnectionsMax}`;
  const todo = 'raise max_connections, or lower ATLAS_DATABASE_CONNECTIONS_MAX on every node';
  return free < databaseConnectionsMax ? warning(CHECK, is, todo) : ok(CHECK, is);
}

async function schemaFinding(
  postgres: Postgres,
  of: {
    readonly schema: string;
    readonly migrations: readonly Migration[];
    readonly row: Standing;
  },
): Promise<Finding | undefined> {
  const { schema, migrations, row } = of;
  try {
    const standing = await postgres.standingOf(schema, migrations);
    if (standing === 'current')
      return ok(CHECK, `schema ${quote(schema)} is as this version knows it`);
    if (standing === 'older')
      return ok(CHECK, `schema ${quote(schema)} is brought forward by the next start`);
    if (row.creates)
      return ok(CHECK, `schema ${quote(schema)} is made by the first start that uses it`);
    const todo = `GRANT CREATE ON DATABASE "${row.database}" TO "${row.account}"`;
    return problem(
      CHECK,
      `schema ${quote(schema)} is not there, and ${quote(row.account)} may not make it`,
      todo,
    );
  } catch (error) {
    return problemOf(CHECK, error);
  }
}
