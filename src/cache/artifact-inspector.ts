import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSchema } from '#cache/query/dataset-schema';
import { openDatasetFile } from '#cache/query/open-dataset-file';
import type { DatasetSchema } from '#cache/query/table-schema';
import type { Sha256 } from '#domain/digest';
import { isRegistryError, RegistryError } from '#domain/errors';
import type { TableDeclaration } from '#domain/table-declaration';
import type { Clock } from '#flow/clock';
import { Semaphore } from '#flow/semaphore';
import { writeAll } from '#stores/localfs/durable-files';
import type { Publisher } from '#stores/publisher';

/** Says why an artifact cannot be served with such tables; `undefined` when it can. */
export type ArtifactFault = (tables: readonly TableDeclaration[]) => string | undefined;

export interface ArtifactInspectorOptions {
  readonly publisher: Pick<Publisher, 'read'>;
  /** Gives the artifact's own file, where the store is a folder of this machine; else it is copied for a moment. */
  readonly pathOf: ((sha256: Sha256) => string) | undefined;
  /** For those copies. */
  readonly folder: string;
  readonly clock: Clock;
}

const COPIES_MAX = 2;
const WAITING_MAX = 100;
const MAGIC = 'SQLite format 3\0';

/** Looks into artifacts before they are published, so that no reader finds out first that they cannot be read. */
export class ArtifactInspector {
  readonly #options: ArtifactInspectorOptions;
  readonly #copies: Semaphore;

  constructor(options: ArtifactInspectorOptions) {
    this.#options = options;
    const { clock } = options;
    this.#copies = new Semaphore({
      permits: COPIES_MAX,
      waitingMax: WAITING_MAX,
      clock,
      name: 'inspections',
    });
  }

  /**
   * Opens an artifact that is a SQLite file; any other is fine as long as no tables are declared.
   * @throws ARTIFACT_MISSING, STORE_UNAVAILABLE, BUSY when too many wait, OVERLOADED when the disk takes no copy
   */
  async inspect(sha256: Sha256): Promise<ArtifactFault> {
    if (!(await this.#isSqlite(sha256)))
      return (tables) =>
        tables.length === 0 ? undefined : 'it is no SQLite file, and has no tables';
    const { pathOf } = this.#options;
    if (pathOf !== undefined) return faultOf(pathOf(sha256));
    // Each copy may take as much disk as an artifact may have.
    return await this.#copies.run(async () => this.#copied(sha256, faultOf));
  }

  async #isSqlite(sha256: Sha256): Promise<boolean> {
    const chunks: Uint8Array[] = [];
    const range = { offset: 0, length: MAGIC.length };
    for await (const chunk of this.#options.publisher.read(sha256, range)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('latin1') === MAGIC;
  }

  async #copied<T>(sha256: Sha256, use: (path: string) => T): Promise<T> {
    const { folder, publisher } = this.#options;
    await mkdir(folder, { recursive: true });
    const path = join(folder, randomUUID());
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        for await (const chunk of publisher.read(sha256)) await writeAll(file, chunk);
      } finally {
        await file.close();
      }
      return use(path);
    } catch (error) {
      throw isRegistryError(error) ? error : noCopy(sha256, error);
    } finally {
      await rm(path, { force: true });
    }
  }
}

function noCopy(sha256: Sha256, cause: unknown): RegistryError {
  const is = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError(
    'OVERLOADED',
    `Cannot look into artifact "${sha256}": this node takes no copy of it: ${is} (want room on its disk)`,
    { cause, outcome: 'not-applied', retryAfterSeconds: 30 },
  );
}

/** Reads the schema of a file and closes it again. */
function faultOf(path: string): ArtifactFault {
  let schema: DatasetSchema;
  try {
    const file = openDatasetFile(path);
    try {
      ({ schema } = file);
    } finally {
      file.close();
    }
  } catch (error) {
    const is = reasonOf(error);
    return () => is;
  }
  return (tables) => {
    try {
      checkSchema(schema, tables);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  };
}

/** What is wrong, without the path of a file on this machine. */
function reasonOf(error: unknown): string {
  if (!isRegistryError(error, 'DATASET_UNUSABLE')) throw error;
  const { reason } = error.details;
  return typeof reason === 'string' ? reason : error.message;
}
