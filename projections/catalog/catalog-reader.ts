import type { Database, Statement } from 'better-sqlite3';
import type { ActionProfile } from '#domain/action-profile';
import type { JobDefinition } from '#domain/job-definition';
import { type Position, START, toPosition } from '#domain/position';
import { ActiveSchedules } from '#projections/catalog/active-schedules';
import { ApiKeyQueries } from '#projections/catalog/api-key-queries';
import { ContractQueries } from '#projections/catalog/contract-queries';
import { DatasetHistory } from '#projections/catalog/dataset-history';
import { DatasetQueries } from '#projections/catalog/dataset-queries';
import { DefinitionQueries } from '#projections/catalog/definition-queries';
import { DefinitionUses } from '#projections/catalog/definition-uses';
import { digestOfCatalog } from '#projections/catalog/digest';
import { openCatalogReader } from '#projections/catalog/schema';
import { WebhookQueries } from '#projections/catalog/webhook-queries';
import type { Witness } from '#projections/hash-at';
import type { ProjectionDigest } from '#projections/projection';

/** Answers questions about datasets, contracts, action profiles and job definitions, each as of a position. */
export class CatalogReader {
  readonly #db: Database;
  readonly datasets: DatasetQueries;
  readonly datasetHistory: DatasetHistory;
  readonly contracts: ContractQueries;
  readonly actionProfiles: DefinitionQueries<ActionProfile>;
  readonly jobDefinitions: DefinitionQueries<JobDefinition>;
  readonly apiKeys: ApiKeyQueries;
  readonly webhooks: WebhookQueries;
  /** Which job definitions use a contract or an action profile. */
  readonly uses: DefinitionUses;
  /** Which job definitions schedules start. */
  readonly schedules: ActiveSchedules;
  readonly #recordedAt: Statement<[number]>;
  readonly #last: Statement<[]>;
  readonly #newest: Statement<[]>;

  constructor(path: string) {
    this.#db = openCatalogReader(path);
    this.datasets = new DatasetQueries(this.#db);
    this.datasetHistory = new DatasetHistory(this.#db);
    this.contracts = new ContractQueries(this.#db);
    this.actionProfiles = new DefinitionQueries(this.#db, 'action-profile');
    this.jobDefinitions = new DefinitionQueries(this.#db, 'job-definition');
    this.apiKeys = new ApiKeyQueries(this.#db);
    this.webhooks = new WebhookQueries(this.#db);
    this.uses = new DefinitionUses(this.#db);
    this.schedules = new ActiveSchedules(this.#db);
    this.#recordedAt = this.#db
      .prepare('SELECT recorded_at FROM revision WHERE position = ?')
      .pluck();
    this.#last = this.#db.prepare('SELECT max(position) FROM revision').pluck();
    this.#newest = this.#db.prepare(
      'SELECT position, hash FROM revision ORDER BY position DESC LIMIT 1',
    );
  }

  /**
   * Gives the last position that the broker had stored at a point in time, 0 when there was none. The broker's times rise
   * with the position, so 20 look-ups find one among a million.
   */
  positionAt(timeMs: number): Position {
    let [low, high] = [0, Number(this.#last.get() ?? 0)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (Number(this.#recordedAt.get(middle)) <= timeMs) low = middle;
      else high = middle - 1;
    }
    return low === 0 ? START : toPosition(low);
  }

  /** Gives the newest event that it holds, with its hash; `undefined` before the first. */
  newestEvent(): Witness | undefined {
    return this.#newest.get() as Witness | undefined;
  }

  /** Computes the digest over every row. Lets other work go on in between. */
  async digest(): Promise<ProjectionDigest> {
    return await digestOfCatalog(this.#db);
  }

  close(): void {
    this.#db.close();
  }
}
