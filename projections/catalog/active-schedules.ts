import type { Database, Statement } from 'better-sqlite3';
import type { ContractVersion } from '#domain/contract-name';
import type { JobDefinitionId } from '#domain/definition';
import { parseScope, type Scope } from '#domain/scope';
import type { TimeZone } from '#domain/time-zone';

/** A job definition that a schedule starts. */
export interface ActiveSchedule {
  readonly scope: Scope;
  readonly id: JobDefinitionId;
  /** The highest active version: another one has no say. */
  readonly version: ContractVersion;
  readonly cron: string;
  readonly timeZone: TimeZone;
  /** When that version became active; RFC 3339, UTC. */
  readonly activatedAt: string;
}

interface ScheduleRow {
  readonly tenant: string;
  readonly environment: string;
  readonly id: JobDefinitionId;
  readonly version: ContractVersion;
  readonly cron: string;
  readonly timeZone: TimeZone;
  readonly activatedAt: string;
}

/** Lists job definitions that schedules start, over all scopes. */
export class ActiveSchedules {
  readonly #rows: Statement<[]>;
  readonly #newest: Statement<[]>;
  #known: { readonly position: unknown; readonly schedules: readonly ActiveSchedule[] } | undefined;

  constructor(db: Database) {
    this.#newest = db.prepare('SELECT max(position) FROM definition_stage').pluck();
    this.#rows = db.prepare(`
      SELECT tenant, environment, name AS id, version, activatedAt,
        trigger ->> '$.cron' AS cron, trigger ->> '$.timeZone' AS timeZone
      FROM (
        SELECT a.tenant, a.environment, a.name, v.version, sr.time AS activatedAt,
          r.data -> '$.definition.trigger' AS trigger,
          row_number() OVER (
            PARTITION BY v.aggregate ORDER BY v.is_release DESC, v.order_key DESC) AS rank
        FROM aggregate a JOIN definition_version v ON v.aggregate = a.id
        JOIN revision r ON r.position = v.position
        JOIN definition_stage s ON s.position = (
          SELECT max(x.position) FROM definition_stage x
          WHERE x.aggregate = v.aggregate AND x.order_key = v.order_key)
        JOIN revision sr ON sr.position = s.position
        WHERE a.kind = 'job-definition' AND s.stage = 'active')
      WHERE rank = 1 AND trigger ->> '$.type' = 'SCHEDULED'
      ORDER BY tenant, environment, id`);
  }

  /** Lists them as the catalog shows them now. Asked again while nothing has changed, it costs one look-up. */
  list(): readonly ActiveSchedule[] {
    const position = this.#newest.get();
    const known = this.#known;
    if (known !== undefined && known.position === position) return known.schedules;
    const rows = this.#rows.all() as ScheduleRow[];
    const schedules = rows.map(({ tenant, environment, ...row }) =>
      Object.assign(row, { scope: parseScope(tenant, environment) }),
    );
    this.#known = { position, schedules };
    return schedules;
  }
}
